"""The supervisor: starts every part in order, says where each is, and ends them all when one dies or a person asks."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jobs import errors
from jobs.ledger import migrate
from jobs.settings import Settings
from worker import state
from worker.up import child, valkey

Say = Callable[[str, str], None]
"""Receives the name of a part and one line about it."""

DECIDED = {"state_dir", "config_file", "host", "port", "webhook_host", "webhook_port", "worker_name"} | {
    "redis_url",
    "database_url",
    "gateway_url",
}
"""Settings that the supervisor's own caller may have decided; its children get them as variables."""

KILL_AFTER = 12.0  # seconds beyond its own grace before a part is killed; a stopped run keeps its change within eight

KEYLESS = ("queue", "webhooks")
"""Parts that never talk to a provider; one of them is reached from the internet."""

PROVIDER_KEY = re.compile(r"JCA_.+_API_KEY(_FILE)?")

TRACKER_ACCESS = re.compile(
    r"JCA_(?:SECRET_KEY|GITHUB_(?:TOKEN|APP_ID|APP_PRIVATE_KEY|API_URL)|JIRA_(?:URL|EMAIL|API_TOKEN))(?:_FILE)?"
)
"""What trackers are reached with: for the gateway alone."""


@dataclass
class Running:
    """The parts that are up."""

    children: list[child.Child] = field(default_factory=list)

    async def first_death(self) -> child.Child:
        """Wait until any part ends by itself."""
        waits = {asyncio.ensure_future(one.process.wait()): one for one in self.children}
        done, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in rest:
            wait.cancel()
        return waits[done.pop()]


async def run(settings: Settings, say: Say) -> None:
    """Run every part until a person stops it.

    Raises:
        errors.NotReady: a part cannot start; the message says which and why.
        errors.JcaError: a part died.
    """
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    async with up(settings, say) as running:
        say("", "Ctrl-C stops")
        waiting = asyncio.ensure_future(asked.wait())
        dying = asyncio.ensure_future(running.first_death())
        await asyncio.wait({waiting, dying}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if dying.done() and not asked.is_set():
            dead = dying.result()
            raise errors.JcaError(
                f"{dead.name} {dead.describe_end()}; the other parts were stopped.\n{dead.last_words()}".rstrip(),
                remedy=f"Nothing is lost: `jca up` continues where it was. Its log is {dead.log}.",
            )
        dying.cancel()
        say("", f"stopping; running jobs have {settings.drain_seconds:g} s to end, then they wait for the next start")


@asynccontextmanager
async def up(settings: Settings, say: Say) -> AsyncIterator[Running]:
    """Every part, started in order and ended in the opposite one."""
    directory = state.prepare(settings.state_dir)
    with state.lock(directory, "up", "JCA"):
        _check_address(settings.host, settings.port, "JCA_PORT")
        _check_address(settings.webhook_host, settings.webhook_port, "JCA_WEBHOOK_PORT")
        running = Running()
        try:
            await _start_all(settings, directory, running, say)
            yield running
        finally:
            for one in reversed(running.children):
                await one.stop(settings.drain_seconds + KILL_AFTER)


async def _start_all(settings: Settings, directory: Path, running: Running, say: Say) -> None:
    logs = directory / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    if settings.redis_url:
        say("queue", "JCA_REDIS_URL")
    else:
        socket_path = directory / "valkey.sock"
        argv = valkey.command(directory, socket_path)
        server = await child.start("queue", argv, logs / "queue.log", environment_of(settings, "queue"))
        running.children.append(server)
        await _until_listening(server, socket_path)
        say("queue", f"Valkey on {socket_path}")
    revision = await asyncio.to_thread(migrate.upgrade, settings.ledger_url)
    say("ledger", f"{'PostgreSQL' if settings.database_url else directory / 'ledger.db'} (schema {revision})")
    for name in ("webhooks", "gateway", "executor"):  # started at once, since each takes a second to import its parts
        environment = environment_of(settings, name)
        part = await child.start(name, child.own_command(name), logs / f"{name}.log", environment)
        running.children.append(part)
    for part in running.children:
        if part.name != "queue":
            say(part.name, await part.until_ready())


def environment_of(settings: Settings, part: str) -> dict[str, str]:
    """This process's environment with what was decided on the command line, but only the keys that the part needs."""
    decided = settings.model_dump(include=DECIDED)
    whole = os.environ | {f"JCA_{name.upper()}": str(value) for name, value in decided.items() if value is not None}
    kept_from = {PROVIDER_KEY: part in KEYLESS, TRACKER_ACCESS: part != "gateway"}
    hidden = [pattern for pattern, hide in kept_from.items() if hide]
    return {name: value for name, value in whole.items() if not any(each.fullmatch(name) for each in hidden)}


async def _until_listening(server: child.Child, path: Path) -> None:
    for _ in range(200):
        if server.process.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_unix_connection(path)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            await writer.wait_closed()
            return
    raise errors.NotReady(
        f"The Valkey server did not start.\n{server.last_words()}", remedy=f"Its log is {server.log}."
    )


def _check_address(host: str, port: int, variable: str) -> None:
    """Fail before anything is started when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            remedy = f"Stop what uses it, or set {variable} to another port."
            raise errors.NotReady(f"Nothing can listen on {host}:{port}: {error.strerror}.", remedy=remedy) from error
