"""The scripted endpoint as a process of its own: `python -m tests.support.slow_model PORT DELAY`."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.demo.model import create_model_app


def main() -> None:
    """Serve until killed, each completion after DELAY seconds."""
    port, delay = int(sys.argv[1]), float(sys.argv[2])

    @web.middleware
    async def slowly(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == "POST" and b"ticket" in await request.read():  # a self-test is not held up
            await asyncio.sleep(delay)
        return await handler(request)

    app = create_model_app()
    app.middlewares.append(slowly)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    main()
