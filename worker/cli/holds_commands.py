"""`jca jobs pause`, `resume` and `holds`: what waiting jobs may not be started, and why."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from jobs import errors, holds
from worker.cli import terminal
from worker.cli.client import Gateway

Account = Annotated[str, typer.Option(metavar="NAME", help="Only jobs of this provider account.")]
Repo = Annotated[str, typer.Option(metavar="ALIAS", help="Only jobs of this repository.")]


def pause(
    *,
    account: Account = "",
    repo: Repo = "",
    note: Annotated[str, typer.Option(help="Why, for those who wait.")] = "",
) -> None:
    """Start no more jobs until `jca jobs resume`; what runs goes on."""
    with Gateway.here() as gateway:
        hold = gateway.post("holds", {"subject": _subject(account, repo), "note": note})
    terminal.write(f"◔ {holds.named(hold['subject'])}: {hold['reason']['sentence']} What runs goes on.")


def resume(*, account: Account = "", repo: Repo = "") -> None:
    """Let jobs be started again that were paused, or that wait for a provider's limit to be reset."""
    subject = _subject(account, repo)
    with Gateway.here() as gateway:
        resumed = gateway.delete(f"holds/{quote(subject, safe='')}")
    terminal.write(f"✓ {holds.named(subject)}: resumed.")
    for hold in resumed["left"]:
        terminal.write(f"◔ {hold['reason']['sentence']} {hold['reason']['next_step']}")


def list_holds(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """List what is held, why, and until when."""
    with Gateway.here() as gateway:
        found = gateway.get("holds")["holds"]
    if as_json:
        terminal.write_json(found)
        return
    terminal.table(["what", "since", "until", "why"], [_row(hold) for hold in found], empty="Nothing is held.")


def _subject(account: str, repo: str) -> str:
    if account and repo:
        raise errors.BadInput("--account and --repo cannot be used together.", remedy="Run it once for each.")
    if account:
        return holds.account(account)
    return holds.repository(repo) if repo else holds.EVERYTHING


def _row(hold: dict[str, Any]) -> list[str]:
    until = f"{hold['until'][:16].replace('T', ' ')} UTC" if hold["until"] else "resumed"
    return [holds.named(hold["subject"]), f"{terminal.ago(hold['since'])} ago", until, hold["reason"]["sentence"]]
