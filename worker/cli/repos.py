"""`jca repos`: the repositories jobs may write or read."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Annotated

import typer

from jobs import errors
from jobs.guidance import FILES
from jobs.redact import without_credentials
from jobs.repository import Role, ValidationMode
from worker.cli import errands, terminal
from worker.cli.client import Gateway

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The repositories jobs may write or read.")


Alias = Annotated[str, typer.Argument(help="The name people write in tickets.")]
Url = Annotated[str, typer.Argument(help="https://…, ssh://…, git@host:path or an absolute path.")]
Branch = Annotated[str, typer.Option(help="The branch work starts from.")]
FullName = Annotated[str, typer.Option(help="OWNER/NAME on the code host, to match its tickets.")]
Validate = Annotated[
    list[str] | None,
    typer.Option(help='A command that proves the work, such as "python3 -m pytest -q"; may be repeated.'),
]
Setup = Annotated[list[str] | None, typer.Option(help="A command to run before the agent; may be repeated.")]
Allow = Annotated[list[str] | None, typer.Option(help="A program the agent may run; may be repeated.")]
Mode = Annotated[ValidationMode, typer.Option(help="What a failing validation means.")]
Provider = Annotated[str | None, typer.Option(help="The provider jobs here use by default.")]
Model = Annotated[str | None, typer.Option(help="The model jobs here use by default.")]
RoleOption = Annotated[
    Role, typer.Option("--role", help="work: jobs write it. context: jobs that work elsewhere only read it.")
]
Guidance = Annotated[
    list[str] | None,
    typer.Option(
        "--guidance-file",
        help=f"A file with its rules for agents, such as docs/agents.md; repeatable. Not given: {', '.join(FILES)}.",
    ),
]
Priority = Annotated[int, typer.Option(min=0, max=9, help="9 goes first; a step is worth an hour of waiting.")]
MaxParallel = Annotated[int | None, typer.Option(min=1, help="How many of its jobs may run at the same time.")]
DailyUsd = Annotated[float | None, typer.Option(min=0, help="What its jobs may spend per day (UTC), in USD.")]


@app.command("list")
def list_repositories(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """List the repositories."""
    with Gateway.here() as gateway:
        answer = gateway.get("repositories")
    if as_json:
        terminal.write_json(answer["repositories"])
        return
    rows = [
        [
            repository["alias"],
            without_credentials(repository["url"]),
            repository["role"],
            repository["default_branch"],
            "; ".join(shlex.join(command) for command in repository["validation_commands"]),
            repository["validation_mode"],
            "/".join(filter(None, (repository["provider"], repository["model"]))),
            ", ".join(repository["guidance_files"]),
        ]
        for repository in answer["repositories"]
    ]
    headings = ["alias", "url", "role", "branch", "validation", "mode", "provider/model", "guidance"]
    terminal.table(headings, rows, empty="No repository yet. Add one with `jca repos add ALIAS URL`.")


@app.command("add")
def add_repository(  # noqa: PLR0913 - each is an option on the command line
    *,
    alias: Alias,
    url: Url,
    branch: Branch = "main",
    full_name: FullName = "",
    validate: Validate = None,
    setup: Setup = None,
    allow: Allow = None,
    mode: Mode = ValidationMode.REQUIRED,
    role: RoleOption = Role.WORK,
    guidance_file: Guidance = None,
    provider: Provider = None,
    model: Model = None,
    priority: Priority = 5,
    max_parallel: MaxParallel = None,
    daily_usd: DailyUsd = None,
) -> None:
    """Add a repository, or replace the one with this alias."""
    where = {"alias": alias, "url": url, "default_branch": branch, "full_name": full_name, "role": role.value}
    proof = {"setup_commands": _each(setup), "validation_commands": _each(validate), "validation_mode": mode.value}
    agent = {
        "allowed_commands": allow or [],
        "guidance_files": guidance_file or [],
        "provider": provider,
        "model": model,
    }
    _put({**where, **proof, **agent, "priority": priority, "max_parallel": max_parallel, "daily_usd": daily_usd})


@app.command("remove")
def remove_repository(alias: Alias) -> None:
    """Remove a repository that no unfinished job uses."""
    with Gateway.here() as gateway:
        gateway.delete(f"repositories/{alias}")
    terminal.write(f"✓ Repository {alias} is removed.")


@app.command("test")
def fetch_repository(
    *,
    alias: Alias,
    worker: Annotated[str, typer.Option(help="Where to fetch it; any worker when not given.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Let a worker fetch a repository as a job would; nothing of it is run."""
    errands.see_through(f"repositories/{alias}/test", {"worker": worker}, as_json=as_json)


def _put(wanted: Mapping[str, object]) -> None:
    with Gateway.here() as gateway:
        alias = gateway.post("repositories", wanted)["alias"]
        view = gateway.get(f"repositories/{alias}")
    use = "can be named as context" if view["repository"]["role"] == Role.CONTEXT else "is ready for jobs"
    terminal.write(f"✓ Repository {alias} {use}: {without_credentials(view['repository']['url'])}")
    for advice in view["advice"]:
        terminal.write(f"◔ {advice['sentence']}")


def _each(commands: list[str] | None) -> list[list[str]]:
    return [split(command) for command in commands or []]


def split(command: str) -> list[str]:
    """A command line as its argument list, by the quoting rules of a shell.

    Raises:
        errors.BadInput: it is empty or a quotation is not closed.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise errors.BadInput(f"{command!r} is not a command: {error}.") from error
    if not words:
        raise errors.BadInput("An empty command cannot be run.")
    return words
