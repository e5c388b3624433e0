"""The form of a repository: from a record to what stands in its fields, and back from what was typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from jobs import command_lines, errors
from jobs.redact import masked, unmasked
from jobs.repository import Repository
from worker.gateway.repository_actions import NEW, version

Values = Mapping[str, str]

_TEXTS = ("alias", "url", "full_name", "default_branch", "validation_mode")
_NUMBERS = ("repair_attempts", "command_timeout", "priority")
_OPTIONAL = ("provider", "model", "max_parallel", "daily_usd")
_COMMANDS = ("setup_commands", "validation_commands")
_NAMES = ("allowed_commands", "providers_allowed", "models_allowed")
_CHECKS = ("enabled", "labels_allowed")

CHECKED = "yes"


@dataclass(frozen=True)
class Form:
    """What stands in the fields, and what is wrong with it."""

    values: Values
    """The text of each field as it was typed; `yes` where a box is ticked."""
    version: str
    """What the form was filled from; `new` for a repository that is to be added."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """One sentence for each field that cannot be used; under an empty name, for the form as a whole."""


def of(repository: Repository) -> Form:
    """The form of a repository as it is."""
    values = {name: str(getattr(repository, name)) for name in (*_TEXTS, *_NUMBERS)}
    values |= {name: _spelled(getattr(repository, name)) for name in (*_NUMBERS, *_OPTIONAL)}
    values |= {name: command_lines.write(getattr(repository, name)) for name in _COMMANDS}
    values |= {name: "\n".join(getattr(repository, name)) for name in _NAMES}
    values |= {name: CHECKED if getattr(repository, name) else "" for name in _CHECKS}
    return Form(values | {"url": masked(repository.url)}, version(repository))


def blank() -> Form:
    """The form of a repository that is to be added."""
    untold = of(Repository(alias="x", url="/"))
    return Form(dict(untold.values) | {"alias": "", "url": ""}, NEW)


def typed(fields: Mapping[str, Any]) -> Form:
    """The form as it was sent."""
    names = (*_TEXTS, *_NUMBERS, *_OPTIONAL, *_COMMANDS, *_NAMES, *_CHECKS)
    return Form({name: str(fields.get(name, "")) for name in names}, str(fields.get("version", "")))


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
        found = {str(fault["loc"][0]): _sentence(fault) for fault in reversed(error.errors(include_url=False))}
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


def _optional(text: str) -> str | None:
    return text.strip() or None


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def _spelled(number: object) -> str:
    if number is None:
        return ""
    return f"{number:g}" if isinstance(number, float) else str(number)


_READERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys((*_TEXTS, *_NUMBERS), str.strip),
    **dict.fromkeys(_OPTIONAL, _optional),
    **dict.fromkeys(_COMMANDS, command_lines.read),
    **dict.fromkeys(_NAMES, _names),
    **dict.fromkeys(_CHECKS, lambda text: text == CHECKED),
}

_NAMED = "Small letters, digits and . _ - only, beginning and ending with a letter or digit; at most 64."
_SENTENCES = {
    "string_pattern_mismatch": _NAMED,
    "string_too_short": _NAMED,
    "int_parsing": "Give a whole number.",
    "int_from_float": "Give a whole number.",
    "float_parsing": "Give a number.",
    "greater_than": "Give more than {gt:g}.",
    "greater_than_equal": "Give at least {ge:g}.",
    "less_than_equal": "Give at most {le:g}.",
    "enum": "Choose one of {expected}.",
}


def _sentence(fault: ErrorDetails) -> str:
    """What is wrong with a field, for the person who typed it."""
    if fault["input"] == "" and fault["type"] != "enum":
        return "This cannot be empty."
    if fault["type"] == "value_error":
        said = fault["msg"].removeprefix("Value error, ")
        return f"{said[0].upper()}{said[1:]}."
    template = _SENTENCES.get(fault["type"], fault["msg"])
    return template.format(**fault.get("ctx", {})) if fault["type"] in _SENTENCES else f"{template}."
