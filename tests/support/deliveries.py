"""Deliveries as their senders write and sign them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

SECRET = "a-secret-of-the-acceptance-tests"


def written(key: str, title: str = "Discounts are rounded down", body: str = "") -> dict[str, Any]:
    """A ticket as the local source takes it."""
    ticket = {"key": key, "title": title, "body": body, "labels": ["jca"], "repository": "shop"}
    return {"version": 1, "ticket": ticket, "actor": {"id": "alice"}}


def signed(source: str, body: dict[str, Any], delivery: str, event: str = "issues") -> tuple[bytes, dict[str, str]]:
    """A delivery: its bytes and its headers."""
    raw = json.dumps(body).encode()
    signature = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    headers = {
        "github": {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": signature},
        "local": {"X-JCA-Delivery": delivery, "X-JCA-Signature-256": signature},
    }[source]
    return raw, headers | {"Content-Type": "application/json"}
