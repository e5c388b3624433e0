from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime

import pytest
from arq.jobs import deserialize_job_raw
from arq.worker import Worker
from hypothesis import given
from hypothesis import strategies as st

from jobs.order import WorkOrder
from jobs.queue import record
from jobs.repository import Repository
from jobs.ticket import Ticket


def order(title: str = "A title", body: str = "") -> WorkOrder:
    return WorkOrder(
        job="one",
        run=2,
        ticket=Ticket(source="local", key="ONE", title=title, body=body),
        repository=Repository(alias="payments", url="/srv/payments.git"),
        base_branch="main",
        branch="jca/one",
        provider="claude",
        model="some-model",
    )


@given(title=st.text(), body=st.text())
def test_any_order_comes_back_through_arq_as_it_went(title: str, body: str) -> None:
    sent = order(title, body)
    function, arguments, keywords, _, at = deserialize_job_raw(
        record.write_order(sent, 1_763_679_000_000), deserializer=record.deserialize
    )

    assert (function, keywords, at) == (record.FUNCTION, {}, 1_763_679_000_000)
    assert [WorkOrder.model_validate(argument) for argument in arguments] == [sent]


@given(st.text(st.characters(codec=None)))
def test_what_is_written_is_always_json_in_valid_utf8(text: str) -> None:
    assert json.loads(record.to_json({"text": text}).decode("utf-8"))["text"] == text.encode("utf-8", "replace").decode(
        "utf-8"
    )


def test_an_exception_is_kept_as_its_class_and_a_short_message_without_secrets() -> None:
    error = ValueError("sk-abcdefghijklmnop1234 " + "x" * 5000)
    kept = json.loads(record.serialize({"r": error}))["r"]

    assert kept["error"] == "ValueError"
    assert kept["message"].startswith("••• xxx")
    assert len(kept["message"]) == 2000


def test_what_json_cannot_say_is_refused_instead_of_pickled() -> None:
    with pytest.raises(TypeError, match="datetime has no place"):
        record.serialize({"at": datetime.now(UTC)})


@pytest.mark.parametrize("blob", [b"[]", b"1", b"", b"\x80\x04}."])
def test_what_is_not_a_json_object_is_no_job(blob: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON object|Expecting value|invalid start byte"):
        record.deserialize(blob)


def test_arq_still_calls_the_names_that_the_worker_replaces() -> None:
    """The worker depends on these; a version of arq that changes them must not go unnoticed."""
    assert list(inspect.signature(Worker.finish_job).parameters)[:3] == ["self", "job_id", "finish"]
    assert list(inspect.signature(Worker.finish_failed_job).parameters) == ["self", "job_id", "result_data"]
    assert list(inspect.signature(Worker.run_job).parameters) == ["self", "job_id", "score"]
    ending = inspect.getsource(Worker.run_job)
    assert "self.finish_job(" in ending
    assert "self.finish_failed_job(" in ending
