"""What is odd about a repository's configuration although nothing forbids it: said when it is saved. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from jobs import offers
from jobs.catalog import Catalog, ProviderProfile
from jobs.command_advice import needs_network, needs_shell
from jobs.nearest import listed, nearest
from jobs.redact import without_credentials
from jobs.repository import Repository, Role, ValidationMode


class Advice(BaseModel):
    """One thing that is probably not meant."""

    model_config = ConfigDict(frozen=True)

    field: str
    """Of the repository: `validation_commands`, `provider`, …"""
    sentence: str
    """What it leads to and what to do, in plain sentences."""


_FULL_NAME = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_PREFIXES = ("refs/heads/", "refs/remotes/", "refs/tags/", "remotes/", "origin/", "heads/")


def advise(repository: Repository, catalog: Catalog) -> tuple[Advice, ...]:
    """Everything odd about a repository, in the order its fields are shown."""
    return tuple(found for check in _CHECKS for found in check(repository, catalog))


def _address(repository: Repository, _catalog: Catalog) -> Iterator[Advice]:
    if without_credentials(repository.url) != repository.url:
        sentence = "The address holds a credential, which is kept readable and lent to every job. "
        yield Advice(
            field="url", sentence=f"{sentence}The access of a source, or the worker's git, is the better place."
        )


def _full_name(repository: Repository, catalog: Catalog) -> Iterator[Advice]:
    name = repository.full_name
    if not name and not repository.url.startswith("/") and repository.role is Role.WORK:
        here = _path(repository.url)
        proposal = f" From the address it would be {here}." if _FULL_NAME.match(here) else ""
        sentence = f"Without a full name no GitHub ticket finds its way here by itself.{proposal}"
        yield Advice(field="full_name", sentence=sentence)
    if name and not _FULL_NAME.match(name):
        yield Advice(field="full_name", sentence=f"{name} is not like owner/name, so no ticket will match it.")
    others = [one.alias for one in catalog.repositories if one.alias != repository.alias]
    same = [alias for alias in others if name and _is_of(catalog, alias, name)]
    if same:
        sentence = f"{listed(same)} has the same full name: its tickets must say which one they mean."
        yield Advice(field="full_name", sentence=sentence)


def _branch(repository: Repository, _catalog: Catalog) -> Iterator[Advice]:
    branch = repository.default_branch
    prefix = next((prefix for prefix in _PREFIXES if branch.startswith(prefix)), "")
    if prefix:
        sentence = f"A branch is named without {prefix}: probably {branch.removeprefix(prefix)} is meant."
        yield Advice(field="default_branch", sentence=sentence)
    elif branch == "HEAD" or _COMMIT.match(branch):
        sentence = f"{branch[:12]} is no name of a branch, and a pull request needs one to go to."
        yield Advice(field="default_branch", sentence=sentence)
    elif branch in {"Main", "Master", "MAIN", "MASTER"}:
        sentence = f"Branches differ by case: {branch} is not {branch.lower()}."
        yield Advice(field="default_branch", sentence=sentence)


def _role(repository: Repository, _catalog: Catalog) -> Iterator[Advice]:
    if repository.role is not Role.CONTEXT:
        return
    for field, name in (("setup_commands", "Setup"), ("validation_commands", "Validation")):
        if getattr(repository, field):
            yield Advice(field=field, sentence=f"{name} commands are never run here: the repository is only read.")


def _commands(repository: Repository, _catalog: Catalog) -> Iterator[Advice]:
    for field in ("setup_commands", "validation_commands"):
        for command in getattr(repository, field):
            for found in (needs_shell(command), needs_network(command)):
                if found:
                    yield Advice(field=field, sentence=f"`{shlex.join(command)}` {found}")


def _validation(repository: Repository, _catalog: Catalog) -> Iterator[Advice]:
    if repository.role is Role.CONTEXT:
        return
    if repository.validation_mode is ValidationMode.OFF:
        yield Advice(field="validation_mode", sentence="Validation is off: nothing is proven.")
    elif not repository.validation_commands:
        sentence = "There is no validation command: nothing is proven."
        yield Advice(field="validation_commands", sentence=sentence)
    programs = dict.fromkeys(command[0] for command in repository.validation_commands if command)
    for program in programs:
        if program not in repository.allowed_commands:
            sentence = (
                f"Validation uses {program}, which is not allowed: the agent may repeat the validation command, "
                f"and run {program} in no other way."
            )
            yield Advice(field="allowed_commands", sentence=sentence)


def _allowed(repository: Repository, _catalog: Catalog) -> Iterator[Advice]:
    for name in repository.allowed_commands:
        if "/" in name or not name.strip() or name.split() != [name]:
            sentence = f"{name} allows nothing: give the name of a program alone, such as pytest."
            yield Advice(field="allowed_commands", sentence=sentence)


def _provider(repository: Repository, catalog: Catalog) -> Iterator[Advice]:
    known = {profile.name: profile for profile in catalog.providers}
    fields = (("provider", (repository.provider,)), ("providers_allowed", repository.providers_allowed))
    for field, names in fields:
        effect = "this default is passed over" if field == "provider" else "allowing it allows nothing"
        for name in filter(None, names):
            if name not in known:
                sentence = f"There is no provider {name}, so {effect}.{_hint(name, list(known))}"
                yield Advice(field=field, sentence=sentence)
            elif not known[name].enabled:
                yield Advice(field=field, sentence=f"The provider {name} is disabled, so {effect}.")
    if repository.provider and repository.providers_allowed and repository.provider not in repository.providers_allowed:
        sentence = f"The default provider {repository.provider} is not among those that are allowed."
        yield Advice(field="providers_allowed", sentence=sentence)


def _model(repository: Repository, catalog: Catalog) -> Iterator[Advice]:
    profile = catalog.provider(repository.provider) if repository.provider else None
    profiles = [profile] if profile else list(catalog.providers)
    where = f"The provider {profile.name} has no" if profile else "No provider has the"
    for field, names in (("model", (repository.model,)), ("models_allowed", repository.models_allowed)):
        for name in names:
            if name and not any(offers.model_of(one, name) for one in profiles):
                effect = "this default is passed over" if field == "model" else "allowing it allows nothing"
                said = f"{where} model {name}, so {effect}.{_hint(name, _models(profiles))}"
                yield Advice(field=field, sentence=said)


def _models(profiles: list[ProviderProfile]) -> list[str]:
    return [
        name
        for profile in profiles
        for name in (profile.default_model, *(word for model in profile.models for word in (model.id, *model.aliases)))
    ]


def _hint(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    return f" Did you mean {near}?" if near else f" Known: {listed(dict.fromkeys(known))}."


def _is_of(catalog: Catalog, alias: str, full_name: str) -> bool:
    other = catalog.repository(alias)
    return other is not None and other.full_name.casefold() == full_name.casefold()


def _path(url: str) -> str:
    """`owner/name` of an address, as far as it has one."""
    path = urlsplit(url).path if "://" in url else url.partition(":")[2]
    return path.strip("/").removesuffix(".git")


_CHECKS: tuple[Callable[[Repository, Catalog], Iterator[Advice]], ...] = (
    _address,
    _full_name,
    _branch,
    _role,
    _commands,
    _validation,
    _allowed,
    _provider,
    _model,
)
