"""`python -m tests.fakes.jira PORT [--data-center] [--receiver URL] [--secret SECRET]`."""

from __future__ import annotations

import argparse
import asyncio

from tests.fakes.jira.server import serving
from tests.fakes.jira.state import User


async def _serve(port: int, receiver: str, secret: str, *, data_center: bool) -> None:
    deployment = "data_center" if data_center else "cloud"
    async with serving(deployment, port, receiver=receiver, secret=secret) as fake:
        fake.state.add_user(User("jca", "JCA", "jca-token", "jca@acme.example"))
        fake.state.add_user(User("ann", "Ann Lee", "ann-token", "ann@acme.example", groups={"developers"}))
        print(
            f"{deployment} at {fake.url}; tokens: jca-token (jca@acme.example), ann-token (ann@acme.example)",
            flush=True,
        )
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--data-center", action="store_true")
    parser.add_argument("--receiver", default="")
    parser.add_argument("--secret", default="")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.receiver, given.secret, data_center=given.data_center))


if __name__ == "__main__":
    main()
