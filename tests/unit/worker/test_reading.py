"""Reading a ticket while people edit it: the history must be of the words that were read."""

from __future__ import annotations

import pytest

from jobs import errors
from jobs.job import Job
from jobs.reasons import Code, Reason
from jobs.ticket import Person, Ticket
from worker.duties import reading
from worker.duties.approval import Asked
from worker.duties.reading import Reading
from worker.trackers.protocol import Act, Fetched, History
from worker.trackers.record import RecordTracker

ANN, EVE = Person(id="ann"), Person(id="eve")
TICKET = Ticket(source="s", key="K-1", title="Fix", body="It", labels=("jca",))


class Edited(RecordTracker):
    """A tracker whose ticket reads differently at each look; the last words stay."""

    def __init__(self, *bodies: str) -> None:
        self._bodies = list(bodies)

    async def fetch(self, ticket: Ticket) -> Fetched:
        body = self._bodies.pop(0) if len(self._bodies) > 1 else self._bodies[0]
        return Fetched(ticket.model_copy(update={"body": body}))

    async def history(self, ticket: Ticket) -> History:
        del ticket
        return History(title=Act(EVE), body=Act(ANN), labels={"jca": Act(ANN)})


async def test_a_ticket_that_is_edited_while_its_history_is_read_is_read_again_later() -> None:
    job = Job(ticket=TICKET, actor=ANN)

    with pytest.raises(errors.TryAgain, match="being edited"):
        await reading.read(Edited("By eve", "By ann"), job, "jca")


async def test_a_ticket_that_stays_as_it_is_belongs_to_whoever_changed_it() -> None:
    job = Job(ticket=TICKET, actor=EVE)

    read = await reading.read(Edited("By ann"), job, "jca")

    assert isinstance(read, Reading)
    assert (read.ticket.body, read.asked) == ("By ann", Asked(EVE, (ANN,)))


async def test_where_nobody_can_be_asked_the_delivered_words_and_their_sender_are_all_there_is() -> None:
    read = await reading.read(RecordTracker(), Job(ticket=TICKET, actor=ANN), "jca")

    assert read == Reading(TICKET, Asked(ANN))


async def test_where_nobody_can_be_asked_a_ticket_without_a_sender_is_denied() -> None:
    read = await reading.read(RecordTracker(), Job(ticket=TICKET), "jca")

    assert isinstance(read, Reason)
    assert read.code is Code.ACTOR_NOT_ALLOWED
