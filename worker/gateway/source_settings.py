"""What a person may set about a source that is there: who may start jobs, where, and what is asked of its tickets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from jobs import errors, intake_rules
from jobs.catalog import Catalog, Source
from jobs.intake_rules import IntakeRules
from jobs.ledger import audit, configuration
from jobs.ledger.database import Transaction
from jobs.sources import StoredSource
from worker.gateway.services import Services
from worker.gateway.stored_sources import check_unlocked, get


class SourceSettings(BaseModel):
    """Everything about a source but its name, its kind and its secrets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repositories: tuple[str, ...] = ()
    """Aliases it may write; empty: all for `github`, none for `jira`, refused for `local`."""
    actors: tuple[str, ...] = ()
    """Logins or account ids that may start jobs; `*` allows everybody who can reach the source."""
    rules: IntakeRules = IntakeRules()
    """What it asks of its tickets and shows on them."""

    @classmethod
    def of(cls, source: Source | StoredSource) -> SourceSettings:
        """Those of a source."""
        return cls(repositories=source.repositories, actors=source.actors, rules=source.rules)

    @property
    def version(self) -> str:
        """What a form was filled from; another one means that somebody changed the source meanwhile."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class Unusable(errors.BadInput):
    """Settings do not fit their source. Correct the fields that are named."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = faults
        """One sentence for each field, by its place: `repositories`, `projects`, `labels.working`."""
        super().__init__(" ".join(f"{field}: {sentence}" for field, sentence in faults.items()))


def check(settings: SourceSettings, kind: str, catalog: Catalog) -> None:
    """Let settings pass that fit a kind of source.

    Raises:
        Unusable: they do not.
    """
    known = {repository.alias for repository in catalog.repositories}
    unknown = [alias for alias in settings.repositories if alias not in known]
    faults = intake_rules.faults(settings.rules, kind, catalog.workspace.managed_label)
    if unknown:
        faults["repositories"] = f"There is no repository {unknown[0][:80]}. Add it first with `jca repos add`."
    elif kind == "local" and not settings.repositories:
        faults["repositories"] = "A local source must name the repositories it may write."
    if faults:
        raise Unusable(faults)


async def save(services: Services, name: str, wanted: SourceSettings, who: str, *, over: str) -> None:
    """Put settings in place of those whose `version` is `over`.

    Raises:
        Unusable: they do not fit the source.
        errors.NotFound: there is none of that name.
        errors.Conflict: it has other settings meanwhile.
        errors.Refused: the environment or the provisioned file sets it.
    """

    def replaced(present: SourceSettings) -> SourceSettings:
        if present.version != over:
            message = f"Source {name} was changed by somebody else meanwhile."
            raise errors.Conflict(message, remedy="Look at it in another tab, then save again to replace it.")
        return wanted

    await _write(services, name, replaced, who)


async def change(services: Services, name: str, patch: Mapping[str, Any], who: str) -> StoredSource:
    """Change some settings of a source and leave the others as they are.

    Args:
        services: the gateway's parts.
        name: of the source.
        patch: a JSON merge patch (RFC 7396) of its `SourceSettings`; null takes a setting back to its default.
        who: does it.

    Raises:
        errors.BadInput: a field is unknown or cannot be used; the message names it.
        errors.NotFound: there is none of that name.
        errors.Refused: the environment or the provisioned file sets it.
    """
    return await _write(services, name, lambda present: patched(present, patch), who)


def patched(present: SourceSettings, patch: Mapping[str, Any]) -> SourceSettings:
    """Settings with a JSON merge patch applied.

    Raises:
        errors.BadInput: a field is unknown or cannot be used; the message names it.
    """
    try:
        return SourceSettings.model_validate(_merged(present.model_dump(mode="json"), patch))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise errors.BadInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None


def _merged(present: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(present)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(present.get(name), Mapping):
            merged[name] = _merged(present[name], value)
        else:
            merged[name] = value
    return merged


async def _write(
    services: Services, name: str, make: Callable[[SourceSettings], SourceSettings], who: str
) -> StoredSource:
    check_unlocked(services, name)
    return await services.ledger.write(_put, name, make, await services.catalog(), who)


def _put(
    tx: Transaction, name: str, make: Callable[[SourceSettings], SourceSettings], catalog: Catalog, who: str
) -> StoredSource:
    stored = get(tx, name)
    present = SourceSettings.of(stored)
    wanted = make(present)
    check(wanted, stored.kind, catalog)
    if wanted == present:
        return stored
    changed = stored.model_copy(update={field: getattr(wanted, field) for field in SourceSettings.model_fields})
    configuration.put_source(tx, changed)
    audit.note(tx, actor=who, action="source.set", subject=name, detail=_difference(present, wanted))
    return changed


def described(settings: SourceSettings) -> list[tuple[str, str]]:
    """What is set beside the defaults, for people: each setting with its value, lists with commas."""
    return [
        (field.replace("_", " ").replace(".", " "), _spelled(value))
        for field, value in _flat(settings.model_dump(exclude_defaults=True))
        if field not in {"repositories", "actors"}
    ]


def _difference(before: SourceSettings, after: SourceSettings) -> str:
    old, new = dict(_flat(before.model_dump())), dict(_flat(after.model_dump()))
    changed = [field for field in new if new[field] != old[field]]
    return "; ".join(f"{field}: {_spelled(old[field])} → {_spelled(new[field])}" for field in changed)


def _flat(record: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """The fields of nested records, `labels.working` for one within another; rules stand at the top."""
    found: list[tuple[str, object]] = []
    for name, value in record.items():
        inner = "" if name == "rules" else f"{prefix}{name}."
        found += _flat(value, inner) if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
    return found


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "none"
    return str(value) or "none"
