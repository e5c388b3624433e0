"""The life of a job, as its transitions allow it."""

from __future__ import annotations

import pytest

from jobs import errors
from jobs.job import ENDED, TRANSITIONS, Job, Status, advance
from jobs.reasons import Code, because
from jobs.ticket import Ticket


def _job(status: Status = Status.RECEIVED) -> Job:
    return Job(ticket=Ticket(source="local", key="K-1", title="t"), status=status)


def test_every_status_has_its_transitions() -> None:
    assert set(TRANSITIONS) == set(Status)


@pytest.mark.parametrize("status", Status)
def test_only_allowed_transitions_happen(status: Status) -> None:
    for to in Status:
        if to in TRANSITIONS[status]:
            assert advance(_job(status), to).status is to
        else:
            with pytest.raises(errors.Conflict, match=f"is {status}, which cannot become {to}"):
                advance(_job(status), to)


def test_what_ended_goes_on_only_through_a_retry() -> None:
    for status in ENDED:
        assert TRANSITIONS[status] <= {Status.RECEIVED, Status.PUBLISHING, Status.CANCELLED}


def test_times_follow_the_status() -> None:
    running = advance(advance(_job(), Status.QUEUED), Status.RUNNING)
    failed = advance(running, Status.FAILED, because(Code.NO_CHANGES, "Nothing changed."))
    retried = advance(failed, Status.RECEIVED)

    assert running.started_at is not None
    assert running.ended_at is None
    assert failed.ended_at is not None
    assert failed.reason is not None
    assert (retried.started_at, retried.ended_at, retried.reason) == (None, None, None)


def test_ids_sort_by_time_of_arrival() -> None:
    first, second = _job(), _job()

    assert first.id[:10] <= second.id[:10]
    assert first.id == first.id.lower()
    assert len(first.id) == 26
