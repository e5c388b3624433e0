"""The guard as a stranger meets it: raw requests to the real server."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from tests.support.gateway import pages
from tests.support.gateway.pages import Gateway
from tests.support.gateway.parts import API_TOKEN

BEARER = {"Authorization": f"Bearer {API_TOKEN}"}
SAME = {"Sec-Fetch-Site": "same-origin"}
CROSS = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, valkey_url: str) -> Iterator[Gateway]:
    with pages.running(tmp_path_factory.mktemp("gateway"), valkey_url) as gateway:
        yield gateway


def ask(
    gateway: Gateway,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    *,
    host: str = "",
    body: str = "",
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))} if body else {}
    for name, value in {"Host": host or f"127.0.0.1:{gateway.port}", **form, **(headers or {})}.items():
        connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    answer.body = b"" if "event-stream" in answer.headers.get("Content-Type", "") else answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "LOCALHOST:{port}", "[::1]:{port}", "localhost", "jca.example"])
def test_our_own_names_are_answered(gateway: Gateway, host: str) -> None:
    assert ask(gateway, "GET", "/queue", host=host.format(port=gateway.port)).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8010", "evil.example@127.0.0.1", "jca.example."],
)
@pytest.mark.parametrize("path", ["/queue", "/queue/stream", "/static/x/app.css", "/healthz", "/api/v1/jobs", "/none"])
def test_every_other_name_is_misdirected_whatever_the_path(gateway: Gateway, host: str, path: str) -> None:
    assert ask(gateway, "GET", path, BEARER, host=host).status == 421


@pytest.mark.parametrize("headers", [CROSS, {}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://127.0.0.1:1"}])
def test_a_form_from_elsewhere_changes_nothing(gateway: Gateway, headers: dict[str, str]) -> None:
    job = gateway.jobs["failed"]

    assert ask(gateway, "POST", "/queue/actions", headers, body=f"do=retry:{job.id}").status == 403
    assert job.id.encode() in ask(gateway, "GET", "/queue?status=failed").body  # type: ignore[attr-defined]


def test_a_form_of_our_own_page_is_done_and_leads_back(gateway: Gateway) -> None:
    body = f"do=retry:{gateway.jobs['denied'].id}&back=/queue?q=x"
    answer = ask(gateway, "POST", "/queue/actions", SAME, body=body)

    assert (answer.status, answer.headers["Location"]) == (303, "/queue?q=x&notice=retried.1.0")


def test_a_form_never_leads_to_another_place(gateway: Gateway) -> None:
    for back in ("//evil.example", "https://evil.example", "/queue\r\nX: y", "/queue@evil.example", "/\\evil.example"):
        answer = ask(gateway, "POST", "/queue/actions", SAME, body=f"do=retry&back={back}")
        assert answer.headers["Location"] == "/queue?notice=retried.0.0"


def test_the_exact_origin_stands_in_for_missing_fetch_metadata(gateway: Gateway) -> None:
    origin = {"Origin": f"http://127.0.0.1:{gateway.port}"}

    assert ask(gateway, "POST", "/queue/actions", origin, body="do=retry").status == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Sec-Fetch-Site": "none"}, 401),
        ({"Sec-Fetch-Site": "cross-site"}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic " + API_TOKEN}, 401),
        ({"Authorization": "Bearer wrong", **SAME}, 401),
        (BEARER, 200),
        (SAME, 200),
    ],
)
def test_the_api_wants_its_token_or_our_own_page(gateway: Gateway, headers: dict[str, str], status: int) -> None:
    answer = ask(gateway, "GET", "/api/v1/jobs", headers)

    assert answer.status == status
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert answer.headers["Content-Type"].startswith("application/json")


def test_a_write_to_the_api_needs_the_token_whatever_it_claims_to_come_from(gateway: Gateway) -> None:
    path = f"/api/v1/jobs/{gateway.jobs['succeeded'].id}/retry"

    assert ask(gateway, "POST", path, CROSS).status == 401
    assert ask(gateway, "POST", path, SAME).status == 401
    assert ask(gateway, "POST", path, {**BEARER, **CROSS}).status == 409


@pytest.mark.parametrize("path", ["/queue", "/jobs/{job}", "/api/v1/jobs", "/nothing", "/queue/stream", "/readyz"])
def test_every_answer_carries_the_security_headers(gateway: Gateway, path: str) -> None:
    answer = ask(gateway, "GET", path.format(job=gateway.jobs["running"].id), BEARER)

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_for_long_and_only_under_their_hash(gateway: Gateway) -> None:
    page = ask(gateway, "GET", "/queue").body.decode()  # type: ignore[attr-defined]
    url = page.split('rel="stylesheet" href="')[1].split('"')[0]

    assert ask(gateway, "GET", url).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert ask(gateway, "GET", "/static/000000000000/app.css").status == 404
    assert ask(gateway, "GET", "/static/x/..%2f..%2fapp.py").status == 404


def test_a_failure_is_a_readable_page_or_json(gateway: Gateway) -> None:
    page = ask(gateway, "GET", "/jobs/00000000000000000000000000")
    data = ask(gateway, "GET", "/api/v1/jobs/00000000000000000000000000", BEARER)

    assert (page.status, data.status) == (404, 404)
    assert b"There is no job" in page.body  # type: ignore[attr-defined]
    assert b'"error":"not_found"' in data.body  # type: ignore[attr-defined]
