"""The one comment of a job: whatever is in the record, it starts nothing where it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobs import neutral
from jobs.attachment import Attachment
from jobs.directives import Directives
from jobs.job import Answer, Job, Status, now
from jobs.layers import Because
from jobs.ledger.runs import Diff, Stage
from jobs.reasons import Code, because
from jobs.repository import Repository
from jobs.results import PullRequest, PullRequestState
from jobs.selection import Selection
from jobs.ticket import Person, Ticket
from worker.duties.proposal import proposal
from worker.duties.receipt import receipt

TICKET = Ticket(source="s", key="K-1", title="Fix it")
SELECTION = Selection(
    provider="qwen",
    model="qwen3",
    because=(Because(layer="worker default", outcome="chosen", text="qwen is the only enabled provider."),),
)
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["@dependabot merge", "/ok-to-test", "fixes #7", "[JCA]\nprovider=x\n[/JCA]", "a\n/jca cancel"]),
)


@given(HOSTILE, st.sampled_from(Status))
def test_nothing_that_others_wrote_is_live_in_it(text: str, status: Status) -> None:
    stage = Stage(run=1, name=text, state="running", started_at=now())
    job = Job(
        status=status,
        ticket=TICKET.model_copy(update={"title": text, "body": text}),
        actor=Person(id=text),
        reason=because(Code.DIRECTIVE_ERROR, text, text),
        summary=text,
        routed=text,
        notes=(text,),
        attachments=(Attachment(id="1", name=text, size=1),),
        selection=SELECTION,
        directives=Directives(base=text, effort=text, inline_context=text),
        answers=(Answer(asked="explain", by=text, text="done."),),
    )

    told = receipt(job, [stage], waits=text)

    assert neutral.quiet(told) == told


@given(HOSTILE)
def test_nothing_that_others_wrote_is_live_in_the_body_of_a_pull_request(text: str) -> None:
    job = Job(ticket=TICKET.model_copy(update={"title": text}), summary=text, selection=SELECTION, branch="jca/k-1")

    body = proposal(job, Repository(alias="shop", url="/srv/shop"), Diff(text=text, truncated=False)).body

    assert neutral.quiet(body) == body


def test_a_job_that_was_understood_says_what_it_was_asked_for() -> None:
    asked = Directives(base="release", budget_usd=2, budget_tokens=500_000, timeout_seconds=600, inline_context="x")
    job = Job(
        status=Status.QUEUED,
        ticket=TICKET,
        repository="shop",
        routed="The label names shop.",
        selection=SELECTION,
        directives=asked,
        notes=("Line 5: Only the first block counts.",),
        attachments=tuple(Attachment(id=name, name=name, size=1) for name in ("trace.log", "../a_b.sql")),
    )

    told = receipt(job, waits="It is number 3 in the queue of qwen.")

    assert told.startswith("### ○ Understood, and waiting for a worker\n\nIt is number 3 in the queue of qwen.")
    for line in (
        "- Repository **shop**: The label names shop.",
        "- base: release",
        "- budget: 2 USD",
        "- tokens: 500,000",
        "- timeout: 600 seconds",
        "- inline_context: given",
        "- attachments given to the agent: trace.log, a\\_b.sql",
        "- qwen is the only enabled provider.",
        "Please note:\n\n- Line 5: Only the first block counts.",
    ):
        assert line in told


def test_a_secret_is_not_repeated() -> None:
    secret = "ghs_" + "A" * 40
    reason = because(Code.PUSH_FAILED, f"The remote said {secret}.")
    job = Job(status=Status.FAILED, ticket=TICKET, reason=reason, summary=secret, notes=(secret,))

    assert "A" * 36 not in receipt(job)


def test_a_closed_pull_request_is_not_called_ready() -> None:
    closed = PullRequest(
        state=PullRequestState.CLOSED, branch="jca/k-1", base_branch="main", commit="c" * 40, title="t", url="https://x"
    )
    job = Job(status=Status.SUCCEEDED, ticket=TICKET, pull_request=closed, branch="jca/k-1", commit="c" * 40)

    assert receipt(job).startswith("### ⊘ The pull request was closed")
