"""Who somebody is to a project: account, groups and roles, for the list of those who may start jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from jobs import errors
from jobs.jira_user import User
from jobs.ticket import Person
from worker.trackers.addresses import segment
from worker.trackers.jira import wire
from worker.trackers.jira.client import Call, Jira

_USER = TypeAdapter(User)
_GROUPS = TypeAdapter(tuple[wire.Group, ...])
_EXPANDED = TypeAdapter(wire.ExpandedUser)
_ROLES = TypeAdapter(dict[str, str])
_ROLE = TypeAdapter(wire.Role)
_PERMISSIONS = TypeAdapter(wire.Permissions)

NEEDED: Mapping[str, str] = {
    "BROWSE_PROJECTS": "Browse Projects",
    "ADD_COMMENTS": "Add Comments",
    "EDIT_OWN_COMMENTS": "Edit Own Comments",
    "EDIT_ISSUES": "Edit Issues",
    "TRANSITION_ISSUES": "Transition Issues",
    "ASSIGN_ISSUES": "Assign Issues",
    "LINK_ISSUES": "Link Issues",
}
"""What our account needs in a project, by Jira's key, as its administration names it."""


@dataclass(frozen=True)
class Allowed:
    """Who may start jobs of a project. Groups and roles are compared without regard to case."""

    accounts: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    """By name, or in Cloud by `groupId`."""
    roles: frozenset[str] = frozenset()
    """Names of project roles, held by oneself or through a group."""


@dataclass(frozen=True)
class Admitted:
    """The person is on the list."""

    because: str


@dataclass(frozen=True)
class NotAdmitted:
    """The person is not on the list."""

    reason: str


async def myself(jira: Jira) -> Person:
    """Our own account.

    Raises:
        errors.NotReady: Jira takes us for nobody.
        errors.JcaError: as `Jira.get`.
    """
    person = (await _ourselves(jira)).person()
    if person is None:
        raise errors.NotReady("Jira does not know our account.", remedy="Look at the token in the source's settings.")
    return person


async def own_ids(jira: Jira) -> tuple[str, ...]:
    """Everything Jira may call our own account in a delivery: the account id in Cloud, name and key in Data Center.

    Raises:
        errors.JcaError: as `Jira.get`.
    """
    user = await _ourselves(jira)
    return tuple(dict.fromkeys(name for name in (user.account_id, user.name, user.key) if name))


async def _ourselves(jira: Jira) -> User:
    return await jira.get(_USER, Call("/myself", "see who we are"))


async def judge(jira: Jira, project: str, person: Person, allowed: Allowed) -> Admitted | NotAdmitted:
    """Decide whether somebody is on the list of a project; asks Jira no more than it takes.

    Raises:
        errors.JcaError: as `Jira.get`; whoever cannot be looked up is not admitted.
    """
    if person.id in allowed.accounts:
        return Admitted(f"the account {person.id} is listed")
    if not (allowed.groups or allowed.roles):
        return NotAdmitted("the account is not listed")
    groups = await groups_of(jira, person)
    if hit := _common(groups, allowed.groups):
        return Admitted(f"the group {hit} is listed")
    if allowed.roles and (role := await _role(jira, project, person, groups, allowed.roles)):
        return Admitted(f"the project role {role} is listed")
    return NotAdmitted("neither the account nor one of its groups and project roles is listed")


async def groups_of(jira: Jira, person: Person) -> frozenset[str]:
    """Names of somebody's groups, in Cloud their identifiers as well.

    Raises:
        errors.JcaError: as `Jira.get`.
    """
    doing, needs = f"read the groups of {person.id}", "Browse users and groups"
    if jira.site.is_cloud:
        call = Call("/user/groups", doing, needs, {"accountId": person.id})
        found = await jira.get(_GROUPS, call)
    else:
        call = Call("/user", doing, needs, {"username": person.id, "expand": "groups"})
        found = (await jira.get(_EXPANDED, call)).groups.items
    return frozenset(name for group in found for name in (group.name, group.group_id) if name)


async def missing_permissions(jira: Jira, project: str = "") -> tuple[str, ...]:
    """What our account may not do in a project but should, as Jira's administration names it; empty: in no project.

    Raises:
        errors.JcaError: as `Jira.get`.
    """
    params = {"permissions": ",".join(NEEDED)} | ({"projectKey": project} if project else {})
    doing = f"see what we may do in {project or 'any project'}"
    told = await jira.get(_PERMISSIONS, Call("/mypermissions", doing, params=params))
    held = {key for key, permission in told.permissions.items() if permission.held}
    return tuple(name for key, name in NEEDED.items() if key not in held)


async def _role(jira: Jira, project: str, person: Person, groups: frozenset[str], wanted: frozenset[str]) -> str:
    """The first wanted role that somebody has; empty for none."""
    path, doing = f"/project/{segment(project)}/role", f"read the roles of {project}"
    names = {name.casefold() for name in wanted}
    for name, address in (await jira.get(_ROLES, Call(path, doing, "Administer Projects"))).items():
        number = address.rpartition("/")[2]
        if name.casefold() not in names or not (number.isascii() and number.isdigit()):
            continue
        role = await jira.get(_ROLE, Call(f"{path}/{number}", doing, "Administer Projects"))
        if any(_is(actor, person, groups) for actor in role.actors):
            return name
    return ""


def _is(actor: wire.Actor, person: Person, groups: frozenset[str]) -> bool:
    if actor.type == "atlassian-group-role-actor":
        names = {actor.name, *((actor.group.name, actor.group.group_id) if actor.group else ())}
        return bool(_common(groups, frozenset(names)))
    # in Cloud `name` is what somebody calls himself
    return person.id == (actor.user.id if actor.user else actor.name)


def _common(held: frozenset[str], listed: frozenset[str]) -> str:
    folded = {name.casefold() for name in held}
    return next((name for name in sorted(listed) if name and name.casefold() in folded), "")
