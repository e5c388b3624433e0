"""How Jira says no."""

from __future__ import annotations

import json

from aiohttp import web


def refuse(kind: type[web.HTTPException], message: str, **fields: str) -> web.HTTPException:
    body = {"errorMessages": [message] if message else [], "errors": fields}
    return kind(text=json.dumps(body), content_type="application/json")
