"""The forms of a source: the one that adds it, and the one for its settings. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from jobs.intake_rules import FIELDS, Marks
from worker.gateway.form import CHECKED, Form, is_checked, lines, names, sentence
from worker.gateway.repository_actions import NEW
from worker.gateway.source_actions import WantedSource
from worker.gateway.source_settings import SourceSettings

_Record = TypeVar("_Record", bound=BaseModel)

_NAMES = ("repositories", "actors")
_LINES = ("projects", "ready_states", "assignees", "groups", "roles")
_TEXTS = ("assign", "poll_seconds")
_CHECKS = ("require_assignee",)
_MARKS = tuple(f"{rule}.{point}" for rule in ("labels", "states") for point in Marks.model_fields)

_READERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(_NAMES, names),
    **dict.fromkeys(_LINES, lines),
    **dict.fromkeys((*_TEXTS, *_MARKS), str.strip),
    **dict.fromkeys(_CHECKS, is_checked),
}

_UNFIT = "One of these is longer than 255 characters, or holds some that cannot be written."


def of(settings: SourceSettings) -> Form:
    """The form of a source's settings as they are."""
    record = {**settings.model_dump(exclude={"rules"}), **settings.rules.model_dump()}
    values = {name: "\n".join(record[name]) for name in (*_NAMES, *_LINES)}
    values |= {name: str(record[name]) for name in _TEXTS}
    values |= {name: CHECKED if record[name] else "" for name in _CHECKS}
    for name in _MARKS:
        rule, _, point = name.partition(".")
        values[name] = record[rule][point]
    return Form(values, settings.version)


def typed(fields: Mapping[str, Any]) -> Form:
    """The form of settings as it was sent."""
    return Form({name: str(fields.get(name, "")) for name in _READERS}, str(fields.get("version", "")))


def read(form: Form, earlier: SourceSettings, kind: str) -> SourceSettings | Form:
    """The settings that a form describes, or the form with what is wrong.

    Args:
        form: as it was typed.
        earlier: what it replaces; rules that mean nothing for this kind of source are kept of it.
        kind: of the source.
    """
    rules = earlier.rules.model_dump()
    for name, read_text in _READERS.items():
        rule, _, point = name.partition(".")
        if rule not in FIELDS[kind]:
            continue
        place, key = (rules[rule], point) if point else (rules, rule)
        place[key] = read_text(form.values[name])
    given = {name: _READERS[name](form.values[name]) for name in _NAMES}
    return _validated(SourceSettings, given | {"rules": rules}, form)


def blank() -> Form:
    """The form of a source that is to be added."""
    return Form({"kind": "github", "name": "", "repositories": "", "actors": ""}, NEW)


def typed_new(fields: Mapping[str, Any]) -> Form:
    """The same as it was sent."""
    return Form({name: str(fields.get(name, "")) for name in blank().values}, NEW)


def read_new(form: Form) -> WantedSource | Form:
    """The source that a form asks for, or the form with what is wrong."""
    given = {name: _READERS[name](form.values[name]) for name in _NAMES}
    name = form.values["name"].strip() or None
    return _validated(WantedSource, given | {"kind": form.values["kind"], "name": name}, form)


def _validated(model: type[_Record], record: Mapping[str, Any], form: Form) -> _Record | Form:
    try:
        return model.model_validate(record)
    except ValidationError as error:
        problems = {}
        for fault in reversed(error.errors(include_url=False)):
            place = ".".join(str(part) for part in fault["loc"] if isinstance(part, str) and part != "rules")
            unfit = fault["type"] == "string_pattern_mismatch" and place != "name" and place not in _NAMES
            problems[place] = _UNFIT if unfit else sentence(fault)
        return Form(form.values, form.version, problems)
