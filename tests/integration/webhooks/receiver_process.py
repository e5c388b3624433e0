"""A receiver that a test may kill. `receiver_process PORT LEDGER`"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from jobs.catalog import Workspace
from jobs.ledger.database import Ledger
from jobs.settings import Settings
from jobs.vault import Vault
from tests.integration.webhooks.senders import GITHUB_SECRET
from webhooks.app import create_app, serving


async def main(port: int, file: Path) -> None:
    """Receive until killed."""
    settings = Settings.model_validate({"state_dir": file.parent, "github_webhook_secret": GITHUB_SECRET})
    ledger = Ledger.open(f"sqlite:///{file}")

    async def wake() -> None:
        await asyncio.sleep(0)

    async def workspace() -> Workspace:
        await asyncio.sleep(0)
        return Workspace()

    async with serving(
        create_app(ledger, settings, Vault(["the-key-of-this-test"]), wake, workspace), "127.0.0.1", port
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2])))
