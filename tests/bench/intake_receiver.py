"""The receiver of `make bench-intake`: as it runs in production, or with a ledger that keeps nothing.

`intake_receiver PORT LEDGER REDIS_URL durable|null`
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from jobs.catalog import Workspace
from jobs.ledger.database import Ledger
from jobs.queue import connection
from jobs.queue.doorbell import Doorbell
from jobs.settings import Settings
from jobs.vault import Vault
from tests.support.deliveries import SECRET
from webhooks.app import create_app, serving
from webhooks.intake import Answer, Taking
from worker import logs
from worker.serving import until_stopped


class NullLedger(Ledger):
    """Says of every ticket that its job is recorded."""

    async def write_together(self, _work: Callable[..., Any], item: Any) -> Any:  # noqa: ANN401 - as it overrides
        """Nothing."""
        assert isinstance(item, Taking)
        return Answer("accepted", job_id=item.job.id)


async def main(port: int, file: str, redis_url: str, kind: str) -> None:
    """Receive until stopped."""
    ledger = {"durable": Ledger, "null": NullLedger}[kind].open(f"sqlite:///{file}")
    redis = connection.connect(redis_url)
    settings = Settings.model_validate({"state_dir": Path(file).parent, "github_webhook_secret": SECRET})

    async def workspace() -> Workspace:
        await asyncio.sleep(0)
        return Workspace()

    app = create_app(ledger, settings, Vault(["the-key-of-this-run"]), Doorbell(redis).ring, workspace)
    async with serving(app, "127.0.0.1", port):
        await until_stopped()
    await redis.aclose(close_connection_pool=True)
    await ledger.close()


if __name__ == "__main__":
    logs.configure("info")
    uvloop.run(main(int(sys.argv[1]), *sys.argv[2:5]))
