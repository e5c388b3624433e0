"""The receiver process."""

from __future__ import annotations

from jobs import errors
from jobs.catalog import Workspace
from jobs.queue.doorbell import Doorbell
from jobs.settings import Settings
from webhooks.app import create_app, serving
from worker.compose import common
from worker.serving import until_stopped
from worker.up import child


async def run(settings: Settings) -> None:
    """Receive webhooks until stopped.

    Raises:
        errors.NotReady: the address is taken.
    """
    async with common.opened(settings) as parts:

        async def workspace() -> Workspace:
            return (await parts.catalog()).workspace

        app = create_app(parts.ledger, settings, parts.vault, Doorbell(parts.redis).ring, workspace)
        host, port = settings.webhook_host, settings.webhook_port
        try:
            async with serving(app, host, port) as listening:
                child.say_ready(f"http://{host}:{listening}/webhooks/{{source}}")
                await until_stopped()
        except OSError as error:
            raise errors.NotReady(f"Nothing can listen on {host}:{port}: {error.strerror}.") from error
