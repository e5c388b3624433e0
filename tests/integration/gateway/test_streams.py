"""Streams resume, are counted, and end at once when the server stops."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gateway import pages
from tests.support.gateway.pages import Gateway
from worker.gateway import streams


@pytest.fixture
def gateway(tmp_path: Path, valkey_url: str) -> Iterator[Gateway]:
    with pages.running(tmp_path, valkey_url) as gateway:
        yield gateway


class Reader:
    """Reads events until the connection ends."""

    def __init__(self, gateway: Gateway, path: str, headers: dict[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
        self._connection.request("GET", path, headers=headers or {})
        self.answer = self._connection.getresponse()

    def until(self, text: str) -> str:
        seen = ""
        while text not in seen:
            line = self.answer.readline().decode()
            assert line, f"the stream ended before {text!r}: {seen}"
            seen += line
        return seen

    def has_ended(self) -> bool:
        """Whether nothing more comes; a stream that goes on runs into the time limit instead."""
        with contextlib.suppress(http.client.HTTPException):
            while self.answer.readline():
                continue
        return True

    def close(self) -> None:
        self._connection.close()


def test_a_reader_gets_what_came_after_its_last_event(gateway: Gateway) -> None:
    job_id = gateway.jobs["running"].id
    kept = gateway.run(gateway.services.logs.tail(job_id, 100))
    reader = Reader(gateway, f"/jobs/{job_id}/stream", {"Last-Event-ID": kept[-2].id})
    seen = reader.until("event: log")
    reader.close()

    assert f"id: {kept[-1].id}\n" in seen
    assert kept[-2].id not in seen


@pytest.mark.parametrize("last", ["x", "", "-1", "99999999999999999999999-0", "1-1\u00e9"])
def test_a_forged_id_begins_with_the_tail(gateway: Gateway, last: str) -> None:
    job_id = gateway.jobs["running"].id
    reader = Reader(gateway, f"/jobs/{job_id}/stream", {"Last-Event-ID": last})
    seen = reader.until("event: log")
    reader.close()

    assert reader.answer.status == 200
    assert "id: " in seen


def test_a_job_that_does_not_exist_has_no_stream(gateway: Gateway) -> None:
    reader = Reader(gateway, "/jobs/00000000000000000000000000/stream")
    reader.close()

    assert reader.answer.status == 404


def test_open_streams_end_at_once_when_the_server_stops(gateway: Gateway) -> None:
    readers = [Reader(gateway, "/queue/stream") for _ in range(5)]
    for reader in readers:
        reader.until("event: tick")

    assert gateway.stop() < 5
    for reader in readers:
        assert reader.has_ended()
        reader.close()


def test_there_are_never_more_streams_than_the_limit(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LIMIT", 2)
    readers = [Reader(gateway, "/queue/stream") for _ in range(3)]

    assert [reader.answer.status for reader in readers] == [200, 200, 503]
    assert readers[-1].answer.headers["Retry-After"] == "5"
    for reader in readers:
        reader.close()
