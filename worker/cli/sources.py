"""`jca sources`: who may send tickets."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs import errors, reach
from worker.cli import source_access, source_settings, terminal
from worker.cli.client import Gateway
from worker.cli.source_settings import AsJson, Name

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Who may send tickets.")


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
            source["address"],
            source["access"] or _unreached(source["kind"]),
            reach.spelled(source["kind"], source["repositories"]),
            ", ".join(source["actors"]) or _nobody(source),
            source_settings.asked(source),
            source["source"] or "here",
        ]
        for source in answer["sources"]
    ]
    headings = ["name", "kind", "webhook address", "access", "repositories", "people", "asks of tickets", "set by"]
    terminal.table(headings, rows, empty="No source yet. Add one with `jca sources add github`.")


@app.command("add")
def add_source(  # noqa: PLR0913 - options of the command line
    *,
    kind: Annotated[Kind, typer.Argument(help="What sends the tickets.")],
    name: Annotated[str | None, typer.Option(help="Its name; the kind when not given.")] = None,
    repo: Annotated[list[str] | None, typer.Option(help="Alias it may write; may be repeated.")] = None,
    actor: Annotated[list[str] | None, typer.Option(help="Login that may start jobs, * for all; repeatable.")] = None,
    app_id: Annotated[str, typer.Option(help="GitHub: number or client id of the App.")] = "",
    private_key_file: Annotated[Path | None, typer.Option(help="GitHub: the App's private key, as PEM.")] = None,
    api_url: Annotated[str, typer.Option(help="GitHub Enterprise Server: https://HOST/api/v3.")] = "",
    url: Annotated[str, typer.Option(help="Jira: https://COMPANY.atlassian.net, or a Data Center's address.")] = "",
    email: Annotated[str, typer.Option(help="Jira Cloud: the account the token belongs to.")] = "",
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read a token from standard input.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a source, or let more people and repositories use the one that is there.

    With an App or a token JCA reads the tickets itself, opens pull requests and reports; `jca sources test` tries it.
    """
    github = source_access.github(app_id, private_key_file, api_url, token_stdin=token_stdin and kind is not Kind.JIRA)
    jira = source_access.jira(url, email, token_stdin=token_stdin and kind is Kind.JIRA)
    wanted: dict[str, Any] = {"kind": kind.value, "name": name, "repositories": repo or [], "actors": actor or []}
    if access := github or jira:
        wanted["access"] = access
    with Gateway.here() as gateway:
        answer = gateway.post("sources", wanted)
    if as_json:
        terminal.write_json(answer)
    else:
        _show_added(answer)


def _show_added(answer: dict[str, Any]) -> None:
    source = answer["source"]
    terminal.write(f"✓ Source {source['name']} may send tickets.")
    pairs = [
        ("webhook address", source["address"]),
        ("secret", answer["secret"] or ""),
        ("access", source["access"] or _unreached(source["kind"])),
        ("repositories", reach.spelled(source["kind"], source["repositories"])),
        ("people", ", ".join(source["actors"]) or _nobody(source)),
    ]
    terminal.facts(pairs)
    if answer["secret"]:
        terminal.write("Enter address and secret where the tickets come from now: the secret is not shown again.")
    if not source["repositories"] and source["kind"] == Kind.JIRA:
        name = source["name"]
        terminal.write(f"◔ Its tickets may lead to no repository yet: `jca sources set {name} --repo ALIAS`.")
    if source["access"]:
        terminal.write(f"Try the access with `jca sources test {source['name']}`: JCA then knows its own account, too.")
    terminal.write(f"Say what it asks of tickets with `jca sources set {source['name']}`.")


app.command("set", help=source_settings.HELP)(source_settings.set_source)
app.command("show")(source_settings.show_source)


@app.command("test")
def examine_source(*, name: Name, as_json: AsJson = False) -> None:
    """Try the access to a source's tracker: reach, authenticate, and each permission by its name.

    Exits with 3 when something is missing.
    """
    with Gateway.here() as gateway:
        steps = gateway.post(f"sources/{name}/test")["steps"]
    if as_json:
        terminal.write_json(steps)
    else:
        for step in steps:
            terminal.write(f"{'✓' if step['ok'] else '✕'} {step['name']}: {step['detail']}")
            if step["remedy"]:
                terminal.write(f"  → {step['remedy']}")
    if not all(step["ok"] for step in steps):
        raise typer.Exit(errors.NotReady.exit_code)


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
    """Remove a source; its deliveries are no longer taken. Says what becomes of its unfinished jobs."""
    with Gateway.here() as gateway:
        stakes = gateway.delete(f"sources/{name}")
    terminal.write(f"✓ Source {name} is removed. What it sends from now on finds nothing.")
    for sentence in stakes["consequences"]:
        terminal.write(f"◔ {sentence}")


def _nobody(source: dict[str, Any]) -> str:
    """Who may start jobs where nobody is named."""
    if source["kind"] == Kind.LOCAL:
        return "whoever holds the secret"
    if source["kind"] == Kind.GITHUB and source["access"]:
        return "whoever may write the repository"
    return "nobody yet: add them with --actor"


def _unreached(kind: str) -> str:
    """What it means that a source's tracker is reached with nothing."""
    return "" if kind == Kind.LOCAL else "none: tickets are taken as they are sent, reports are kept here"
