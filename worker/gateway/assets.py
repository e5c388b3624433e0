"""Static files under addresses that carry their content's hash, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """One file, held in memory: there are few and they are small."""

    name: str
    body: bytes

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"/static/{hashlib.sha256(self.body).hexdigest()[:12]}/{self.name}"


class Assets:
    """Every file of a directory."""

    def __init__(self, directory: Path) -> None:
        found = [Asset(path.name, path.read_bytes()) for path in directory.iterdir() if path.suffix in TYPES]
        self._by_name = {asset.name: asset.url for asset in found}
        self._by_url = {asset.url: asset for asset in found}

    def url(self, name: str) -> str:
        """The address of a file; a KeyError is a mistake in a template."""
        return self._by_name[name]

    async def serve(self, request: web.Request) -> web.Response:
        """Answer with a file; an address with another hash does not exist."""
        asset = self._by_url.get(request.path)
        if asset is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        kind = TYPES[Path(asset.name).suffix]
        return web.Response(body=asset.body, content_type=kind, charset="utf-8", headers=headers)
