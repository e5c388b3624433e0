"""`jca sources`: who may send tickets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from worker.cli import terminal
from worker.cli.client import Gateway

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Who may send tickets.")

Name = Annotated[str, typer.Argument(help="Name of the source, as in /webhooks/NAME.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


class Kind(StrEnum):
    """What can send tickets."""

    GITHUB = "github"
    JIRA = "jira"
    LOCAL = "local"


@app.command("list")
def list_sources(*, as_json: AsJson = False) -> None:
    """List the sources. Secrets are never shown again."""
    with Gateway.here() as gateway:
        answer = gateway.get("sources")
    if as_json:
        terminal.write_json(answer["sources"])
        return
    rows = [
        [
            source["name"],
            source["kind"],
            source["path"],
            ", ".join(source["repositories"]) or "all",
            ", ".join(source["actors"]) or _nobody(source["kind"]),
            source["source"] or "here",
        ]
        for source in answer["sources"]
    ]
    headings = ["name", "kind", "webhook path", "repositories", "people", "set by"]
    terminal.table(headings, rows, empty="No source yet. Add one with `jca sources add github`.")


@app.command("add")
def add_source(
    *,
    kind: Annotated[Kind, typer.Argument(help="What sends the tickets.")],
    name: Annotated[str | None, typer.Option(help="Its name; the kind when not given.")] = None,
    repo: Annotated[list[str] | None, typer.Option(help="Alias it may write; may be repeated.")] = None,
    actor: Annotated[list[str] | None, typer.Option(help="Login that may start jobs, * for all; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a source, or let more people and repositories use the one that is there."""
    wanted = {"kind": kind.value, "name": name, "repositories": repo or [], "actors": actor or []}
    with Gateway.here() as gateway:
        answer = gateway.post("sources", wanted)
    if as_json:
        terminal.write_json(answer)
        return
    source = answer["source"]
    terminal.write(f"✓ Source {source['name']} may send tickets.")
    pairs = [
        ("webhook path", source["path"]),
        ("secret", answer["secret"] or ""),
        ("repositories", ", ".join(source["repositories"]) or "all"),
        ("people", ", ".join(source["actors"]) or _nobody(source["kind"])),
    ]
    terminal.facts(pairs)
    if answer["secret"]:
        terminal.write("Enter path and secret where the tickets come from now: the secret is not shown again.")


@app.command("rotate")
def rotate_source(
    *,
    name: Name,
    drop_previous: Annotated[bool, typer.Option(help="Refuse the last secret at once; use it when it leaked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Replace the secret of a source; the last one still verifies until the next rotation."""
    with Gateway.here() as gateway:
        answer = gateway.post(f"sources/{name}/rotate", {"keep_previous": not drop_previous})
    if as_json:
        terminal.write_json(answer)
        return
    terminal.facts([("secret", answer["secret"])])
    terminal.write("Enter it where the tickets come from now: it is not shown again.")


@app.command("remove")
def remove_source(name: Name) -> None:
    """Remove a source; its deliveries are no longer taken."""
    with Gateway.here() as gateway:
        gateway.delete(f"sources/{name}")
    terminal.write(f"✓ Source {name} is removed.")


def _nobody(kind: str) -> str:
    """Who may start jobs where nobody is named."""
    return "whoever holds the secret" if kind == Kind.LOCAL else "nobody yet: add them with --actor LOGIN"
