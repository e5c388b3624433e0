"""Believable jobs in every status, written through the verbs of the ledger."""

from __future__ import annotations

from datetime import timedelta

from jobs import spending
from jobs.directives import Directives
from jobs.events import Logs, NewLine
from jobs.holds import Hold
from jobs.job import Job, Status, advance, now
from jobs.ledger import attempts, holds, records, runs
from jobs.ledger.database import Ledger, Transaction
from jobs.reasons import Code, Reason, because
from jobs.results import CommandOutcome, PullRequest, PullRequestState, Usage
from jobs.ticket import Person, Ticket
from tests.support.seeds import texts
from tests.support.seeds.accounts import selection


def job(key: str, title: str, *, repository: str = "payments", age: float = 600, **fields: object) -> Job:
    """A job that was received `age` seconds ago."""
    created = now() - timedelta(seconds=age)
    body = (
        "Refunds of USD payments arrive as EUR in the ledger.\n\n"
        "Steps: <img src=x onerror=alert(1)>\n1. Pay in USD\n2. Refund\n\n"
        f"[JCA]\nwork_repos={repository}\nbudget=2usd\n[/JCA]\n"
    )
    ticket = Ticket(
        source="github",
        key=key,
        title=title,
        body=body,
        labels=("jca", "bug"),
        url=f"https://git.example/acme/{repository}/issues/{abs(hash(key)) % 900}",
        author=Person(id="mira", name="Mira Lindqvist"),
    )
    directives = Directives(work_repos=(repository,), budget_usd=2.0)
    return Job(
        ticket=ticket,
        actor=ticket.author,
        repository=repository,
        directives=directives,
        created_at=created,
        updated_at=created,
        **fields,
    )


def started(job: Job, seconds: float) -> Job:
    """The same, begun `seconds` ago."""
    return job.model_copy(update={"started_at": now() - timedelta(seconds=seconds)})


def put(tx: Transaction, job: Job, *steps: Job) -> Job:
    """Record a job and the changes that follow."""
    records.insert_job(tx, job, who="github:mira", why="Received a ticket with the label jca.")
    for step in steps:
        job = records.save(tx, step.model_copy(update={"version": job.version}), who="jca", why="")
    return job


def ended(job: Job, seconds: float) -> Job:
    """The same, over `seconds` after it began, or after it came if it never began."""
    return job.model_copy(update={"ended_at": (job.started_at or job.created_at) + timedelta(seconds=seconds)})


def queued(job: Job, **fields: object) -> Job:
    return advance(job, Status.QUEUED, selection=fields.pop("selection", selection()), run=1, **fields)


def running(job: Job, seconds: float, **fields: object) -> Job:
    return started(advance(job, Status.RUNNING, worker="worker-1", **fields), seconds)


async def everything(ledger: Ledger, logs: Logs) -> dict[str, Job]:
    """One job or more of every status; the main one, PAY-412, runs and has all there is."""
    kept = await ledger.write(_everything)
    await write(logs, kept["running"].id, texts.OUTPUT)
    return kept


def _everything(tx: Transaction) -> dict[str, Job]:
    return {
        "cancelled": _cancelled(tx),
        "denied": _denied(tx),
        "failed": _failed(tx),
        "unpublished": _unpublished(tx),
        "succeeded": _succeeded(tx),
        "held": _held(tx),
        "queued": _queued(tx),
        "second": _second(tx),
        "running": _running(tx),
        "received": put(tx, job("PAY-415", "Export settlements as CSV", age=2)),
    }


def _running(tx: Transaction) -> Job:
    first = job("PAY-412", "Refund webhook drops the currency code", age=205)
    waiting = queued(first)
    usage = Usage(requests=11, input_tokens=45_102, cache_read_tokens=30_208, output_tokens=3_108, usd=0.41)
    outcome = CommandOutcome(
        argv=("pytest", "-q", "tests"),
        exit_code=1,
        seconds=8.0,
        output=texts.FAILURE,
        before=0,
    )
    active = running(waiting, 184, usage=usage, branch="jca/pay-412-refund-currency", validation=(outcome,))
    kept = put(tx, first, waiting, active)
    for name, state, began, seconds in (
        ("checkout", "done", 184, 4.2),
        ("agent", "done", 179, 131.0),
        ("validate", "failed", 48, 8.0),
        ("repair 1", "running", 41, None),
    ):
        runs.put_stage(tx, kept.id, _stage(name, state, began, seconds))
    runs.put_diff(tx, kept.id, runs.Diff(text=texts.DIFF, truncated=False))
    return kept


def _stage(name: str, state: runs.StageState, began: float, seconds: float | None) -> runs.Stage:
    start = now() - timedelta(seconds=began)
    end = start + timedelta(seconds=seconds) if seconds is not None else None
    return runs.Stage(run=1, name=name, state=state, started_at=start, ended_at=end)


async def write(logs: Logs, job_id: str, lines: tuple[tuple[str, str, str], ...]) -> None:
    """Append output to a job's live log."""
    await logs.append(job_id, [NewLine(run=1, stage=stage, kind=kind, text=text) for stage, kind, text in lines])


def _second(tx: Transaction) -> Job:
    first = job("#1291", "Add an idempotency key to /charges", repository="web", age=75)
    waiting = queued(first, selection=selection("openai-compatible"))
    active = running(waiting, 61, usage=Usage(input_tokens=8_120, output_tokens=1_000, usd=0.07))
    kept = put(tx, first, waiting, active)
    runs.put_stage(tx, kept.id, _stage("agent", "running", 57, None))
    return kept


def _queued(tx: Transaction) -> Job:
    first = job("#1288", "Dark theme loses the focus ring on <select>", repository="web", age=22)
    return put(tx, first, queued(first))


def _held(tx: Transaction) -> Job:
    first = job("OPS-77", "Rotate the nginx access logs daily", age=640)
    return put(tx, first, queued(first, selection=selection("team-proxy", "gpt-5.3-codex")))


def _succeeded(tx: Transaction) -> Job:
    first = job("PAY-405", "Typo in the settlement e-mail", age=5400)
    waiting = queued(first)
    active = running(waiting, 5380, usage=Usage(requests=4, input_tokens=11_000, output_tokens=1_030, usd=0.03))
    pull = PullRequest(
        state=PullRequestState.RECORDED,
        branch="jca/pay-405-typo",
        base_branch="main",
        commit="3f2a9c44d1e0b7a6",
        title="PAY-405: Correct the settlement e-mail",
    )
    published = advance(active, Status.PUBLISHING, branch=pull.branch, commit=pull.commit, pull_request=pull)
    outcome = CommandOutcome(
        argv=("pytest", "-q"), exit_code=0, seconds=6.4, output="\x1b[32m14 passed\x1b[0m in 2.31s"
    )
    reason = because(Code.VALIDATED, "Every validation command passed.")
    done = advance(published, Status.SUCCEEDED, reason, validation=(outcome,), summary="Corrected the spelling.")
    kept = put(tx, first, waiting, active, published, ended(done, 95))
    runs.put_report(tx, kept.id, texts.REPORT)
    runs.put_diff(tx, kept.id, runs.Diff(text=texts.DIFF, truncated=False))
    for name, began, seconds in (
        ("checkout", 5380, 3.1),
        ("agent", 5376, 71.0),
        ("validate", 5304, 6.4),
        ("push", 5297, 1.2),
    ):
        runs.put_stage(tx, kept.id, _stage(name, "done", began, seconds))
    return kept


def _failed(tx: Transaction) -> Job:
    first = job("#1280", "Search crashes on an empty query", repository="web", age=9000)
    waiting = queued(first)
    active = running(waiting, 8990, usage=Usage(requests=40, input_tokens=80_112, output_tokens=8_000))
    reason = because(Code.VALIDATION_FAILED, "The command `npm test` still failed after 2 repairs.")
    attempt(tx, active, "lost", began=8990, seconds=55)
    attempt(tx, active, "failed", reason=reason, began=8930, seconds=342)
    return put(tx, first, waiting, active, ended(advance(active, Status.FAILED, reason), 402))


def _unpublished(tx: Transaction) -> Job:
    first = job("PAY-398", "Round ledger amounts half to even", age=9600)
    waiting = queued(first)
    active = running(waiting, 9500, usage=Usage(requests=9, input_tokens=31_000, output_tokens=2_400, usd=0.19))
    published = advance(active, Status.PUBLISHING, branch="jca/pay-398-round-half-even", commit="9f" * 20)
    reason = because(Code.PUBLISH_FAILED, "The pull request could not be opened: GitHub answered 403.")
    attempt(tx, active, "published", began=9500, seconds=120)
    return put(tx, first, waiting, active, published, ended(advance(published, Status.PUBLISH_FAILED, reason), 130))


def attempt(
    tx: Transaction, active: Job, outcome: str, *, reason: Reason | None = None, began: float, seconds: float
) -> None:
    """Record an attempt of a running job that began some seconds ago and is over."""
    start, token = now() - timedelta(seconds=began), f"{active.id}.{began}"
    attempts.begin(tx, active.model_copy(update={"claim": token}), start)
    attempts.spend(tx, token, active.usage)
    attempts.end(tx, token, outcome, start + timedelta(seconds=seconds), reason.code.value if reason else "")


def held(tx: Transaction) -> None:
    """Two holds that concern none of these jobs: of an account, and of a person who has spent enough for today."""
    moving = because(Code.PAUSED, "Paused by mira: the machine with the GPUs is moved.")
    holds.put(tx, Hold(subject="account:night-shift", reason=moving, by="mira"))
    capped = because(Code.SPEND_PERSON, "Jobs of noah spent 25.40 USD today, which reaches the cap of 25.00 USD a day.")
    midnight = now() + timedelta(hours=5)
    holds.put(tx, Hold(subject="person:github/noah", reason=capped, by=spending.BY, until=midnight))


def _denied(tx: Transaction) -> Job:
    first = job("#1283", "Please add crypto payments", repository="", age=7200)
    reason = because(
        Code.ACTOR_NOT_ALLOWED,
        "stranger42 may not start jobs through github.",
        "An administrator can add the login to JCA_GITHUB_ACTORS.",
    )
    return put(tx, first, ended(advance(first, Status.DENIED, reason), 1))


def _cancelled(tx: Transaction) -> Job:
    first = job("#1279", "Bump lodash", repository="web", age=11_000)
    reason = because(Code.CANCELLED, "Cancelled by the dashboard.")
    return put(tx, first, queued(first), ended(advance(queued(first), Status.CANCELLED, reason), 12))
