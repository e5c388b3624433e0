"""What our client asks of GitHub and what our fake answers, by GitHub's own description of its REST interface."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from tests.fakes.github.faults import Fault
from tests.fakes.github.server import FakeGitHub
from tests.vendors.conftest import GRAPHQL
from tests.vendors.node import judged
from tests.vendors.openapi import described_routes, matches, route
from tests.vendors.tap import Exchange, Tap

pytestmark = [pytest.mark.vendors, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]

GRAPHQL_SCHEMA = ("@octokit/graphql-schema", "15.26.1")


async def test_every_route_of_the_fake_is_one_of_githubs_and_of_enterprise_servers(
    fake: FakeGitHub, descriptions: Path
) -> None:
    served = {route(*one) for one in fake.routes}
    files = [descriptions / "api.github.com.json", *descriptions.glob("ghes-*[0-9].json")]

    assert len(files) > 3
    for file in files:
        assert served - described_routes(json.loads(file.read_bytes())) == {("POST", GRAPHQL)}, file


async def test_everything_the_fake_can_answer_was_asked(fake: FakeGitHub, exchanges: list[Exchange]) -> None:
    asked = {of for seen in exchanges for of in fake.routes if _is(of, seen)}

    assert set(fake.routes) - asked == {("POST", GRAPHQL)}


async def test_our_requests_are_what_github_describes(exchanges: list[Exchange]) -> None:
    assert [wrong for seen in exchanges if not _probes(seen) for wrong in seen.wrong("request")] == []


async def test_a_probe_lacks_what_github_requires_so_that_nothing_comes_of_it(exchanges: list[Exchange]) -> None:
    probes = [seen for seen in exchanges if _probes(seen)]

    assert {seen.path.removeprefix("/repos/acme/payments") for seen in probes} == {"/git/refs", "/issues", "/pulls"}
    assert all("required property" in " ".join(seen.wrong("request")) for seen in probes)
    assert {seen.status for seen in probes} == {422}


async def test_the_answers_of_the_fake_are_what_github_describes(exchanges: list[Exchange]) -> None:
    """304 answers a conditional request everywhere, but is described in some places only:
    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    """
    described = [seen for seen in exchanges if seen.status != HTTPStatus.NOT_MODIFIED]

    assert [wrong for seen in described for wrong in seen.wrong("response")] == []


async def test_what_is_broken_on_purpose_is_found_on_every_route(
    fake: FakeGitHub, tap: Tap, exchanges: list[Exchange]
) -> None:
    """A schema that Prism cannot compile judges nothing; each of those we rely on is seen to refuse something."""
    broken = [seen for seen in _one_of_each(fake, exchanges) if seen.sent or seen.answered]
    before = len(tap.exchanges)
    async with httpx.AsyncClient(base_url=tap.url, headers={"Content-Type": "application/json"}) as client:
        for seen in broken:
            fake.faults.add(Fault(rf"^{seen.method} ", status=seen.status, body="neither object nor list"))
            sent = {name: {"no": "such"} for name in json.loads(seen.sent)} if seen.sent else None
            await client.request(seen.method, seen.path, json=sent)
    found = tap.exchanges[before:]

    assert len(found) == len(broken) > 15
    unseen = [
        (seen.method, seen.path, side)
        for seen, again in zip(broken, found, strict=True)
        for side, there in (("request", seen.sent), ("response", seen.answered))
        if there and not again.wrong(side)
    ]
    assert unseen == []


@pytest.mark.parametrize("question", ["pulls?state=bogus", "issues/seven", "issues?per_page=many"])
async def test_an_address_that_is_broken_on_purpose_is_found(tap: Tap, question: str) -> None:
    async with httpx.AsyncClient() as client:
        await client.get(f"{tap.url}/repos/acme/payments/{question}")

    assert tap.exchanges[-1].wrong("request")


async def test_our_query_is_one_of_githubs_schema(fake: FakeGitHub, exchanges: list[Exchange]) -> None:
    assert exchanges
    (query,) = {seen.body["query"] for seen in fake.asked("POST", GRAPHQL)}
    broken = query.replace("lastEditedAt", "lastEditedBy")

    ours, told = judged("graphql_judge.mjs", GRAPHQL_SCHEMA, [query, broken])
    assert ours == []
    assert ["lastEditedBy" in wrong for wrong in told] == [True]


def _probes(seen: Exchange) -> bool:
    """Whether it is one of the requests by which `examine` finds out what a token may do."""
    return seen.method == "POST" and seen.sent == b"{}"


def _one_of_each(fake: FakeGitHub, exchanges: list[Exchange]) -> list[Exchange]:
    """Of each route an exchange that went well."""
    well = {of: seen for seen in exchanges for of in fake.routes if _is(of, seen) and 200 <= seen.status < 300}
    return list(well.values())


def _is(served: tuple[str, str], seen: Exchange) -> bool:
    method, path = served
    return method == seen.method and matches(path, seen.path) is not None
