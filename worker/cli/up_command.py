"""`jca up` and the single processes it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from jobs.settings import Settings


def up(
    port: Annotated[int | None, typer.Option(help="Port of the user interface and API.", show_default="8010")] = None,
    webhook_port: Annotated[int | None, typer.Option(help="Port of the webhook receiver.", show_default="8011")] = None,
) -> None:
    """Run everything on this machine: queue, ledger, receiver, gateway and one executor. Ctrl-C stops it."""
    from jobs import settings as settings_module  # noqa: PLC0415 - `jca --help` must not load the parts
    from worker.cli import say  # noqa: PLC0415
    from worker.up import supervisor  # noqa: PLC0415

    settings = settings_module.load()
    given = {"port": port, "webhook_port": webhook_port}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    say.title()
    asyncio.run(supervisor.run(settings, say.part))


def run_webhooks() -> None:
    """Run only the webhook receiver."""
    from worker.compose import receiver  # noqa: PLC0415

    _run(receiver.run)


def run_gateway() -> None:
    """Run only the gateway: user interface, API and duties."""
    from worker.compose import gateway  # noqa: PLC0415

    _run(gateway.run)


def run_executor() -> None:
    """Run only an executor: it claims jobs whose provider is ready here, and runs them."""
    from worker.compose import executor  # noqa: PLC0415

    _run(executor.run)


def _run(process: Callable[[Settings], Coroutine[None, None, None]]) -> None:
    """Run one process on the fast event loop, its log as lines on standard error."""
    import uvloop  # noqa: PLC0415 - see up

    from jobs import settings as settings_module  # noqa: PLC0415
    from worker import logs  # noqa: PLC0415

    settings = settings_module.load()
    logs.configure(settings.log_level)
    uvloop.run(process(settings))
