"""The peer of the receiver: an aiohttp server that reads what it is sent and keeps nothing. `bare PORT`."""

from __future__ import annotations

import sys

import uvloop
from aiohttp import web

from worker.serving import serving, until_stopped


async def take(request: web.Request) -> web.Response:
    """Read the body and answer like the receiver."""
    await request.read()
    return web.json_response({"status": "accepted"}, status=202)


async def main(port: int) -> None:
    """Serve until stopped."""
    app = web.Application()
    app.router.add_post("/webhooks/{source}", take)
    async with serving(app, host="127.0.0.1", port=port):
        await until_stopped()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
