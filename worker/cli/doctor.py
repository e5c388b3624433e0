"""`jca doctor`: what is missing here, and how to add it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from worker.compose.finding import Finding

NOT_READY = 3  # exit code


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array; nothing else on stdout.")] = False,
) -> None:
    """Check everything a job needs on this machine and name what is missing, with the remedy."""
    findings = asyncio.run(_examine(show=not as_json))
    if as_json:
        typer.echo(json.dumps([vars(finding) for finding in findings]))
    if any(not finding.ok and not finding.optional for finding in findings):
        raise typer.Exit(NOT_READY)


async def _examine(*, show: bool) -> list[Finding]:
    from jobs import settings  # noqa: PLC0415 - `jca --help` must not load the parts
    from worker.cli import say  # noqa: PLC0415
    from worker.compose import checkup  # noqa: PLC0415

    findings = []
    async for finding in checkup.examine(settings.load()):
        findings.append(finding)
        if show:
            glyph = "ok" if finding.ok else "warn" if finding.optional else "bad"
            say.line(glyph, f"{finding.name}: {finding.detail}")
            if finding.remedy:
                say.line("", f"→ {finding.remedy}")
    return findings
