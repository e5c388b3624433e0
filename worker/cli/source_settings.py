"""`jca sources set` and `show`: who may use a source, what it asks of its tickets, what they show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from jobs import errors
from jobs.nearest import listed, nearest
from worker.cli import terminal
from worker.cli.client import Gateway

Name = Annotated[str, typer.Argument(help="Name of the source, as in /webhooks/NAME.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

HELP = """Set who may use a source, what it asks of its tickets, and what they show.

What is given replaces what was set; what is not given stays. `jca sources show NAME` shows what holds.

jca sources set jira --project PAY --ready-state "To Do" --label-working jca-working

jca sources set jira --clear ready-state
"""

_PLACES: Mapping[str, tuple[str, ...]] = {
    "repo": ("repositories",),
    "actor": ("actors",),
    "group": ("rules", "groups"),
    "role": ("rules", "roles"),
    "project": ("rules", "projects"),
    "ready_state": ("rules", "ready_states"),
    "require_assignee": ("rules", "require_assignee"),
    "assignee": ("rules", "assignees"),
    "poll_seconds": ("rules", "poll_seconds"),
    "label_working": ("rules", "labels", "working"),
    "label_review": ("rules", "labels", "review"),
    "label_blocked": ("rules", "labels", "blocked"),
    "state_working": ("rules", "states", "working"),
    "state_review": ("rules", "states", "review"),
    "state_blocked": ("rules", "states", "blocked"),
    "assign": ("rules", "assign"),
}
"""Where each option stands in the settings of a source."""

_OPTIONS = {name.replace("_", "-"): name for name in _PLACES}


def _who(text: str) -> Any:  # noqa: ANN401 - as typer types it
    return typer.Option(help=text, rich_help_panel="Who, and where", show_default=False)


def _which(text: str, *names: str) -> Any:  # noqa: ANN401 - as typer types it
    return typer.Option(*names, help=text, rich_help_panel="Which tickets", show_default=False)


def _shown(text: str) -> Any:  # noqa: ANN401 - as typer types it
    return typer.Option(help=text, rich_help_panel="What a ticket shows", show_default=False)


Several = list[str] | None
Word = str | None
Repo = Annotated[Several, _who("Alias of a repository it may write; repeatable.")]
Actor = Annotated[Several, _who("Login or account id that may start jobs, * for all; repeatable.")]
Group = Annotated[Several, _who("Jira group whose members may start jobs; repeatable.")]
Role = Annotated[Several, _who("Jira project role, such as Developers, whose holders may start jobs; repeatable.")]
Project = Annotated[Several, _which("Key of a Jira project (PAY), or OWNER/NAME on GitHub; repeatable.")]
ReadyState = Annotated[Several, _which('Status in which work starts, such as "To Do"; repeatable.')]
Assigned = Annotated[bool | None, _which("Whether a ticket must be assigned.", "--require-assignee/--any-assignee")]
Assignee = Annotated[Several, _which("Who that may be, with --require-assignee; repeatable.")]
Poll = Annotated[int | None, _which("Seconds between two looks for tickets that no delivery told.")]
LabelWorking = Annotated[Word, _shown("Label while it is worked on.")]
LabelReview = Annotated[Word, _shown("Label when its pull request is open.")]
LabelBlocked = Annotated[Word, _shown("Label when it ended without one.")]
StateWorking = Annotated[Word, _shown('Jira status while it is worked on, such as "In Progress".')]
StateReview = Annotated[Word, _shown("Jira status when its pull request is open.")]
StateBlocked = Annotated[Word, _shown("Jira status when it ended without one.")]
Assign = Annotated[Word, _shown("Whom to assign it to when its pull request is open.")]
Clear = Annotated[
    Several,
    typer.Option(metavar="OPTION", help="Take a setting back to its default: project, label-review, …; repeatable."),
]


def set_source(  # noqa: PLR0913 - options of the command line
    *,
    name: Name,
    repo: Repo = None,
    actor: Actor = None,
    group: Group = None,
    role: Role = None,
    project: Project = None,
    ready_state: ReadyState = None,
    require_assignee: Assigned = None,
    assignee: Assignee = None,
    poll_seconds: Poll = None,
    label_working: LabelWorking = None,
    label_review: LabelReview = None,
    label_blocked: LabelBlocked = None,
    state_working: StateWorking = None,
    state_review: StateReview = None,
    state_blocked: StateBlocked = None,
    assign: Assign = None,
    clear: Clear = None,
    as_json: AsJson = False,
) -> None:
    """Set what is given, take back what is to be cleared, and show the source."""
    options = locals()
    patch = _patch({option: options[option] for option in _PLACES}, clear or [])
    with Gateway.here() as gateway:
        source = gateway.patch(f"sources/{name}", patch)
    _show(source, f"✓ Source {name} is set. Tickets that are read from now on see it.", as_json=as_json)


def show_source(*, name: Name, as_json: AsJson = False) -> None:
    """Show a source: who may use it, what it asks of its tickets, and where it is set."""
    with Gateway.here() as gateway:
        source = gateway.get(f"sources/{name}")
    _show(source, "", as_json=as_json)


def asked(source: Mapping[str, Any]) -> str:
    """What a source asks of its tickets, in a few words."""
    rules = source["rules"]
    anybody = ["anybody"] if rules["require_assignee"] else []
    parts = {
        "projects": rules["projects"],
        "ready": rules["ready_states"],
        "assigned to": rules["assignees"] or anybody,
        "groups": rules["groups"],
        "roles": rules["roles"],
    }
    return "; ".join(f"{name}: {', '.join(values)}" for name, values in parts.items() if values)


def _patch(given: Mapping[str, Any], clear: list[str]) -> dict[str, Any]:
    """The JSON merge patch that the options ask for.

    Raises:
        errors.BadInput: there is nothing to do, a setting is unknown, or it is set and cleared at once.
    """
    changes = {option: value for option, value in given.items() if value is not None}
    for word in clear:
        option = _OPTIONS.get(word.removeprefix("--"), "")
        if not option:
            near = nearest(word, list(_OPTIONS))
            raise errors.BadInput(
                f"There is no setting {word}.",
                remedy=f"Did you mean {near}?" if near else f"Known: {listed(_OPTIONS)}.",
            )
        if option in changes:
            raise errors.BadInput(f"--{word.removeprefix('--')} cannot be set and cleared at once.")
        changes[option] = None
    if not changes:
        raise errors.BadInput("Nothing to set is given.", remedy="`jca sources set --help` lists the settings.")
    patch: dict[str, Any] = {}
    for option, value in changes.items():
        *outer, field = _PLACES[option]
        place = patch
        for part in outer:
            place = place.setdefault(part, {})
        place[field] = value
    return patch


def _show(source: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        terminal.write_json(source)
        return
    if sentence:
        terminal.write(sentence)
    fixed = [(name, source[name]) for name in ("name", "kind", "address", "access")]
    set_by = ("set by", source["source"] or "here")
    settings = [(option.replace("_", " "), _at(source, place)) for option, place in _PLACES.items()]
    pairs = [*fixed, ("own account", source["accounts"]), set_by, *settings]
    terminal.facts([(name, _spelled(value)) for name, value in pairs])


def _at(source: Mapping[str, Any], place: tuple[str, ...]) -> object:
    found: Any = source
    for part in place:
        found = found[part]
    return found


def _spelled(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value)
