"""`jca jobs`: find, read, follow, stop, retry and pause jobs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from worker.cli import follow, holds_commands, terminal
from worker.cli.client import Gateway

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Find, read, follow, stop, retry and pause jobs.")

Id = Annotated[str, typer.Argument(metavar="JOB", help="Its id, as `jca jobs list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

app.command("pause")(holds_commands.pause)
app.command("resume")(holds_commands.resume)
app.command("holds")(holds_commands.list_holds)

TRUNCATED = "JCA-Truncated"
"""Response header of a diff that was too long to be kept whole."""


@app.command("list")
def list_jobs(
    *,
    status: Annotated[str, typer.Option(help="running, queued, held, succeeded, failed, cancelled, …")] = "",
    search: Annotated[str, typer.Option(help="Words in ticket, title, repository, branch or id.")] = "",
    provider: Annotated[str, typer.Option(help="Only jobs of this provider.")] = "",
    repo: Annotated[str, typer.Option(help="Only jobs of this repository.")] = "",
    before: Annotated[str, typer.Option(help="Only jobs older than this one.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most this many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    wanted = {"status": status, "q": search, "provider": provider, "repository": repo, "before": before}
    with Gateway.here() as gateway:
        page = gateway.get("jobs", limit=limit, **wanted)
    if as_json:
        terminal.write_json(page["jobs"])
        return
    nothing = "No job matches." if any(wanted.values()) else "No job yet. Send a ticket, or try `jca demo`."
    terminal.table(["id", "status", "age", "ticket"], _rows(page["jobs"]), empty=nothing)
    if page["next"]:
        terminal.write(f"More: jca jobs list --before {page['next']}")


def _rows(lines: list[dict[str, Any]]) -> list[list[Any]]:
    return [
        [
            line["id"],
            terminal.status(line["shown"]),
            terminal.ago(line["created_at"]),
            "\n".join(filter(None, (f"{line['ticket']} {line['title']}", _second_line(line)))),
        ]
        for line in lines
    ]


def _second_line(line: dict[str, Any]) -> str:
    return ": ".join(filter(None, (line["repository"], line["note"])))


@app.command("show")
def show_job(*, job: Id, as_json: AsJson = False) -> None:
    """Show everything about a job but its log and diff."""
    with Gateway.here() as gateway:
        record = gateway.get(f"jobs/{job}")
    if as_json:
        terminal.write_json(record)
        return
    _show(record)


@app.command("log")
def show_log(
    *,
    job: Id,
    follow_it: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job ends.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON record per line of output.")] = False,
) -> None:
    """Print what a job said."""
    with Gateway.here() as gateway:
        if follow_it:
            status = follow.follow(gateway, job, as_json=as_json)
            terminal.note(f"Job {job} is {status}.")
            return
        for line in gateway.get(f"jobs/{job}/log", format="json"):
            follow.write_line(line, as_json=as_json)


@app.command("diff")
def show_diff(job: Id) -> None:
    """Print the change a job made, as unified diff."""
    with Gateway.here() as gateway:
        answer = gateway.text(f"jobs/{job}/diff")
    terminal.write(answer.text.removesuffix("\n"))
    if TRUNCATED in answer.headers:
        terminal.note("The diff was too long to be kept whole; the rest is missing here.")


@app.command("cancel")
def cancel_job(job: Id) -> None:
    """Stop a job. One that runs keeps what it made so far."""
    with Gateway.here() as gateway:
        answer = gateway.post(f"jobs/{job}/cancel")
    if answer["status"] == "stopping":
        terminal.write(f"● Job {job} was told to stop; {answer['job']['worker']} reports the end.")
    else:
        terminal.write(f"⊘ Job {job} is cancelled.")


@app.command("retry")
def retry_job(job: Id) -> None:
    """Start an ended job again; where only its publishing failed, that alone is repeated."""
    with Gateway.here() as gateway:
        again = gateway.post(f"jobs/{job}/retry")
    if again["status"] == "publishing":
        terminal.write(f"● Job {job} is published again, from the commit that is pushed.")
    else:
        terminal.write(f"○ Job {job} starts again. Follow it with: jca jobs log --follow {job}")


def _show(job: dict[str, Any]) -> None:
    selection, pull_request = job["selection"] or {}, job["pull_request"] or {}
    chosen = [step["text"] for step in selection.get("because", []) if step["outcome"] == "chosen"]
    terminal.write(f"{job['ticket']['key']}  {job['ticket']['title']}")
    terminal.facts(
        [
            ("status", terminal.status(job["shown"])),
            ("", job["note"]),
            ("next", ((job["held_by"] or {}).get("reason") or job["reason"] or {}).get("next_step", "")),
            ("ticket", job["ticket"]["url"]),
            ("repository", job["repository"]),
            ("branch", job["branch"]),
            ("pull request", pull_request.get("url", "") or pull_request.get("state", "")),
            ("provider", "/".join(filter(None, (selection.get("provider"), selection.get("model"))))),
            ("because", " ".join(chosen)),
            ("worker", job["worker"]),
            ("run", str(job["run"] or "")),
            ("tokens", _tokens(job["usage"])),
        ],
    )
    _show_attempts(job["attempts"])
    rows = [[stage["name"], terminal.status(stage["state"]), stage["detail"]] for stage in job["stages"]]
    if rows:
        terminal.table(["stage", "state", "detail"], rows, empty="")


def _show_attempts(attempts: list[dict[str, Any]]) -> None:
    """A table of them, unless there was but one that goes or went well."""
    if len(attempts) > 1 or any(attempt["outcome"] not in {"running", "published"} for attempt in attempts):
        rows = [
            [
                attempt["started_at"][:19].replace("T", " "),
                attempt["worker"],
                "/".join((attempt["account"], attempt["model"])),
                terminal.status(attempt["outcome"]),
                attempt["reason"].replace("_", " "),
                f"${attempt['usd']:.2f}" if attempt["usd"] else "",
            ]
            for attempt in attempts
        ]
        terminal.table(["began (UTC)", "worker", "with", "ended", "why", "cost"], rows, empty="")


def _tokens(usage: dict[str, Any]) -> str:
    if not usage["requests"]:
        return ""
    cost = f", ${usage['usd']:.2f}" if usage["usd"] is not None else ""
    return f"{usage['input_tokens']:,} in, {usage['output_tokens']:,} out{cost}"
