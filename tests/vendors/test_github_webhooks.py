"""What our fake of GitHub sends, by GitHub's own description of its webhooks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from tests.support import npm
from tests.vendors.conftest import Delivery
from tests.vendors.tap import Exchange

pytestmark = [pytest.mark.vendors, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]

PACKAGE = ("@octokit/openapi-webhooks", "12.1.0")
SENT = {
    "issues-opened",
    "issues-labeled",
    "issues-unlabeled",
    "issues-assigned",
    "issues-edited",
    "issues-closed",
    "issue-comment-created",
    "issue-comment-edited",
}


class Judge:
    """Says what is wrong with a delivery."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._described = described
        self._validators: dict[str, Draft202012Validator] = {}

    def wrong(self, delivery: Delivery) -> list[str]:
        headers, body = delivery
        name = kind(delivery)
        told = self._described["webhooks"][name]["post"]
        needed = [given["name"] for given in told["parameters"] if given["in"] == "header" and given["required"]]
        missing = [f"{name}: no header {header}" for header in needed if header not in headers]
        return missing + [
            f"{name}: {'.'.join(map(str, error.instance_path))}: {error.message:.300}"
            for error in self._validator(name, told).iter_errors(json.loads(body))
        ]

    def _validator(self, name: str, told: dict[str, Any]) -> Draft202012Validator:
        if name not in self._validators:
            schema = told["requestBody"]["content"]["application/json"]["schema"]
            whole = schema | {"components": self._described["components"]}
            self._validators[name] = Draft202012Validator(whole, validate_formats=True)
        return self._validators[name]


def kind(delivery: Delivery) -> str:
    """The name that the description has for it."""
    headers, body = delivery
    return f"{headers['X-GitHub-Event']}-{json.loads(body)['action']}".replace("_", "-")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(json.loads((npm.package(*PACKAGE) / "generated" / "api.github.com.json").read_bytes()))


async def test_the_webhooks_of_the_fake_are_what_github_describes(
    exchanges: list[Exchange], delivered: list[Delivery], judge: Judge
) -> None:
    assert exchanges
    one_of_each = {kind(delivery): delivery for delivery in delivered}

    assert set(one_of_each) == SENT
    assert [wrong for delivery in one_of_each.values() for wrong in judge.wrong(delivery)] == []


async def test_what_is_broken_on_purpose_is_found(
    exchanges: list[Exchange], delivered: list[Delivery], judge: Judge
) -> None:
    assert exchanges
    for headers, body in {kind(delivery): delivery for delivery in delivered}.values():
        payload = json.loads(body)
        unsigned: Mapping[str, str] = {name: value for name, value in headers.items() if "Signature" not in name}
        assert judge.wrong((unsigned, body))
        for member in ("issue", "repository", "sender"):
            without = {**payload, member: {name: told for name, told in payload[member].items() if name != "node_id"}}
            assert judge.wrong((headers, json.dumps(without).encode()))
