"""What a person sees while the demo plays."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from rich.markup import escape

from worker.cli import say, terminal
from worker.demo import play
from worker.demo.stage import Stage


class Programme:
    """Tells the play to a terminal; with `quiet` it says nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def introduce(self, stage: Stage) -> None:
        """Say what is about to be played, and by whom."""
        self._print("[bold]JCA demo[/bold]: from a ticket to a pull request")
        actor = "a script that ships with JCA. It is not an AI" if stage.is_scripted else "a real endpoint"
        self._print(f"  The model is {actor}: [bold]{escape(stage.model)}[/bold]. Everything else is the real thing.")

    def part(self, name: str, text: str) -> None:
        """One component and where it is."""
        if not self._quiet:
            say.part(name, text)

    async def follow(self, stage: Stage) -> dict[str, Any]:
        """Send the ticket and watch its job; returns the job as it ended."""
        self._print(f"\n[bold]Ticket[/bold] {escape(play.ticket(stage)['ticket']['title'])}")
        job_id = await play.send(stage)
        self._print(f"  signed, sent, answered with 202: job {job_id}")
        audience = play.Audience(stage, job_id)
        try:
            async for line in audience.watch():
                self._line(line)
            job = await audience.job()
            await self._curtain(audience, job)
        finally:
            await audience.close()
        return job

    async def stay(self, stage: Stage) -> None:
        """Leave everything running until a person stops it."""
        self._print(f"\n  Look around: [bold]http://127.0.0.1:{stage.settings.port}[/bold]   Ctrl-C ends it.")
        asked = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, asked.set)
        await asked.wait()

    async def _curtain(self, audience: play.Audience, job: dict[str, Any]) -> None:
        selection = job["selection"] or {"because": ()}
        self._print("\n[bold]Why this provider and model[/bold]")
        for step in selection["because"]:
            self._print(f"  {step['outcome']}: {escape(step['text'])}")
        self._print("\n[bold]The change[/bold]")
        for line in (await audience.text("diff")).splitlines():
            self._print(f"  {_coloured(terminal.clean(line))}")
        self._print(f"\n[bold]{escape(job['status'])}[/bold]  {escape(_sentence(job))}")
        if pull_request := job["pull_request"]:
            into = f"{pull_request['branch']} into {pull_request['base_branch']}"
            self._print(f"  pull request, recorded: {escape(pull_request['title'])}\n  {escape(into)}")
            self._print("  [dim]No code host takes part in the demo, so the record stands for the pull request.[/dim]")

    def _line(self, line: dict[str, Any]) -> None:
        if not self._quiet:
            say.output(line["kind"], line["text"])

    def _print(self, text: str) -> None:
        if not self._quiet:
            say.console().print(text)


def _sentence(job: dict[str, Any]) -> str:
    reason = job["reason"]
    return f"{reason['sentence']} {reason['next_step']}".strip() if reason else ""


def _coloured(line: str) -> str:
    colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
    return f"[{colour}]{escape(line)}[/{colour}]" if colour else escape(line)
