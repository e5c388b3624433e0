"""Routes about people: who we are, groups, roles, permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.fakes.jira.answers import refuse
from tests.fakes.jira.state import User

if TYPE_CHECKING:
    from tests.fakes.jira.server import FakeJira


class PeopleRoutes:
    """Handlers over one fake."""

    def __init__(self, fake: FakeJira, login: web.RequestKey[User]) -> None:
        self._fake = fake
        self._login = login

    def routes(self) -> dict[tuple[str, str], Handler]:
        found: dict[tuple[str, str], Handler] = {
            ("GET", "/myself"): self.myself,
            ("GET", "/mypermissions"): self.permissions,
            ("GET", "/project/{project}/role"): self.roles,
            ("GET", "/project/{project}/role/{role}"): self.role,
        }
        if self._fake.state.deployment == "cloud":
            return found | {("GET", "/user/groups"): self.groups}
        return found | {("GET", "/user"): self.user}

    async def myself(self, request: web.Request) -> web.Response:
        return web.json_response(self._fake.state.shown(request[self._login]))

    async def permissions(self, request: web.Request) -> web.Response:
        wanted = request.query["permissions"].split(",")
        told = {key: {"key": key, "name": key.title(), "havePermission": self._fake.allows(key)} for key in wanted}
        return web.json_response({"permissions": told})

    async def groups(self, request: web.Request) -> web.Response:
        user = self._found(request.query["accountId"])
        at = f"{self._fake.url}/rest/api/3/group?groupId="
        shown = [{"name": name, "groupId": f"id-{name}", "self": f"{at}id-{name}"} for name in sorted(user.groups)]
        return web.json_response(shown)

    async def user(self, request: web.Request) -> web.Response:
        user = self._found(request.query["username"])
        shown = self._fake.state.shown(user)
        if request.query.get("expand") == "groups":
            items = [{"name": name} for name in sorted(user.groups)]
            shown["groups"] = {"size": len(items), "items": items}
        return web.json_response(shown)

    async def roles(self, _request: web.Request) -> web.Response:
        if not self._fake.allows("ADMINISTER_PROJECTS"):
            raise refuse(web.HTTPForbidden, "You do not have permission to access project roles.")
        base = f"{self._fake.url}/rest/api/2/project/10000/role"
        return web.json_response({name: f"{base}/{index}" for index, name in enumerate(self._fake.state.roles)})

    async def role(self, request: web.Request) -> web.Response:
        name = list(self._fake.state.roles)[int(request.match_info["role"])]
        actors = [self._actor(member) for member in sorted(self._fake.state.roles[name])]
        return web.json_response({"name": name, "actors": actors})

    def _actor(self, member: str) -> dict[str, object]:
        """Cloud has no `name`: somebody is known there by the identifier in `actorUser`."""
        kind, _, name = member.rpartition(":")
        cloud = self._fake.state.deployment == "cloud"
        named = "displayName" if cloud else "name"
        if kind == "group":
            group = {"actorGroup": {"name": name, "groupId": f"id-{name}"}}
            return {"type": "atlassian-group-role-actor", named: name} | group
        if cloud:
            user = {"displayName": self._fake.state.users[name].name, "actorUser": {"accountId": name}}
            return {"type": "atlassian-user-role-actor"} | user
        return {"type": "atlassian-user-role-actor", "name": name}

    def _found(self, user_id: str) -> User:
        if not self._fake.allows("BROWSE_USERS"):
            raise refuse(web.HTTPForbidden, "Access denied. You do not have permission to browse users.")
        if user_id not in self._fake.state.users:
            raise refuse(web.HTTPNotFound, "The user does not exist.")
        return self._fake.state.users[user_id]
