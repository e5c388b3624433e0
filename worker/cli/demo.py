"""`jca demo`: the whole way from a signed webhook to a pull request, on this machine, with no account."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer


def demo(
    *,
    real: Annotated[bool, typer.Option("--real", help="Use a configured endpoint, or Ollama on port 11434.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object; nothing else on stdout.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running until Ctrl-C, to look around.")
    ] = False,
) -> None:
    """Watch a ticket become a pull request. No account, no network: the model is a small script that says so."""
    directory = Path(tempfile.mkdtemp(prefix="jca-demo-"))
    try:
        result = asyncio.run(_perform(directory, real=real, quiet=as_json, keep=keep))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    if as_json:
        typer.echo(json.dumps(result))
    if result["status"] != "succeeded":
        raise typer.Exit(1)


async def _perform(directory: Path, *, real: bool, quiet: bool, keep: bool) -> dict[str, Any]:
    from worker.cli.programme import Programme  # noqa: PLC0415 - `jca --help` must not load the parts
    from worker.demo import stage as staging  # noqa: PLC0415
    from worker.up import supervisor  # noqa: PLC0415

    programme = Programme(quiet=quiet)
    started = time.monotonic()
    async with staging.set_stage(directory, real=real) as stage:
        programme.introduce(stage)
        async with supervisor.up(stage.settings, programme.part):
            job = await programme.follow(stage)
            result = _summary(job, time.monotonic() - started)
            if keep:
                await programme.stay(stage)
    return result


def _summary(job: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What a script wants to know about the play."""
    selection, pull_request = job["selection"] or {}, job["pull_request"]
    return {
        "status": job["status"],
        "job_id": job["id"],
        "branch": job["branch"],
        "commit": job["commit"],
        "pull_request": pull_request
        and {key: pull_request[key] for key in ("state", "title", "branch", "base_branch")},
        "validation": [
            {"command": outcome["argv"], "exit_code": outcome["exit_code"], "seconds": outcome["seconds"]}
            for outcome in job["validation"]
        ],
        "provider": selection.get("provider"),
        "model": selection.get("model"),
        "seconds": round(seconds, 2),
    }
