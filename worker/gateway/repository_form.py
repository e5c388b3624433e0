"""The form of a repository: from a record to what stands in its fields, and back from what was typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from jobs import command_lines, errors
from jobs.redact import masked, unmasked
from jobs.repository import Repository
from worker.gateway.form import CHECKED, Form, Values, is_checked, lines, names, optional, sentence
from worker.gateway.repository_actions import NEW, version

_TEXTS = ("alias", "url", "full_name", "default_branch", "role", "validation_mode")
_NUMBERS = ("repair_attempts", "command_timeout", "priority")
_OPTIONAL = ("provider", "model", "max_parallel", "daily_usd")
_COMMANDS = ("setup_commands", "validation_commands")
_NAMES = ("allowed_commands", "providers_allowed", "models_allowed")
_PATHS = ("guidance_files",)
_CHECKS = ("enabled", "labels_allowed")


def of(repository: Repository) -> Form:
    """The form of a repository as it is."""
    values = {name: str(getattr(repository, name)) for name in (*_TEXTS, *_NUMBERS)}
    values |= {name: _spelled(getattr(repository, name)) for name in (*_NUMBERS, *_OPTIONAL)}
    values |= {name: command_lines.write(getattr(repository, name)) for name in _COMMANDS}
    values |= {name: "\n".join(getattr(repository, name)) for name in (*_NAMES, *_PATHS)}
    values |= {name: CHECKED if getattr(repository, name) else "" for name in _CHECKS}
    return Form(values | {"url": masked(repository.url)}, version(repository))


def blank() -> Form:
    """The form of a repository that is to be added."""
    untold = of(Repository(alias="x", url="/"))
    return Form(dict(untold.values) | {"alias": "", "url": ""}, NEW)


def typed(fields: Mapping[str, Any]) -> Form:
    """The form as it was sent."""
    known = (*_TEXTS, *_NUMBERS, *_OPTIONAL, *_COMMANDS, *_NAMES, *_PATHS, *_CHECKS)
    return Form({name: str(fields.get(name, "")) for name in known}, str(fields.get("version", "")))


def read(form: Form, earlier: Repository | None = None) -> Repository | Form:
    """The repository that a form describes, or the form with what is wrong.

    Args:
        form: as it was typed.
        earlier: what it replaces; kept of it are the alias, what the form does not ask for, and the credential in the
            address where that was left as it was shown.
    """
    record, problems = _values(form.values)
    if earlier:
        record = earlier.model_dump() | record | {"alias": earlier.alias}
    try:
        record["url"] = unmasked(record["url"], earlier.url if earlier else "")
    except errors.BadInput as error:
        problems["url"] = str(error)
    try:
        repository = Repository.model_validate(record)
    except ValidationError as error:
        found = {str(fault["loc"][0]): sentence(fault) for fault in reversed(error.errors(include_url=False))}
        return Form(form.values, form.version, found | problems)
    return Form(form.values, form.version, problems) if problems else repository


def _values(values: Values) -> tuple[dict[str, Any], dict[str, str]]:
    record: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, text in values.items():
        try:
            record[name] = _READERS[name](text)
        except errors.BadInput as error:
            problems[name] = error.message
    return record, problems


def _spelled(number: object) -> str:
    if number is None:
        return ""
    return f"{number:g}" if isinstance(number, float) else str(number)


_READERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys((*_TEXTS, *_NUMBERS), str.strip),
    **dict.fromkeys(_OPTIONAL, optional),
    **dict.fromkeys(_COMMANDS, command_lines.read),
    **dict.fromkeys(_NAMES, names),
    **dict.fromkeys(_PATHS, lines),
    **dict.fromkeys(_CHECKS, is_checked),
}
