"""Publishing a run's change, exactly once at the remote.

A check before an act is not enough: the push carries a lease on what the ref must be, and a run begins by asking
whether the branch already carries this job.
"""

from __future__ import annotations

import textwrap

from jobs import errors, neutral, redact
from jobs.reasons import Code, because
from jobs.run_result import RunResult
from jobs.ticket import Ticket
from worker.executor import push
from worker.executor.stage import stage
from worker.executor.work import Work
from worker.sandbox.checkout import committed

SUBJECT = 72  # characters, the usual width of a commit message
BODY = 20  # lines


async def already_published(work: Work) -> RunResult | None:
    """Choose the branch; the finished result if an earlier run of this job has pushed it already.

    A branch of that name that belongs to another job is left alone: this one gets the end of its job id as a suffix.
    """
    for branch in (work.order.branch, f"{work.order.branch}-{work.order.job[-6:]}"):
        work.branch = branch
        found = await _published(work, branch)
        if found is None:
            return None
        if found.trailers.get("Job") == work.order.job:
            return await _as_result(work, found)
    raise errors.RunStopped(Code.PUSH_FAILED, f"The branches {work.order.branch} and {work.branch} are both taken.")


async def _published(work: Work, branch: str) -> push.Published | None:
    try:
        return await push.published(work.order.repository.url, branch, mirrors=work.desk.mirrors)
    except errors.JcaError as error:
        raise errors.RunStopped(Code.CHECKOUT_FAILED, error.message, remedy=error.remedy) from error


async def commit_and_push(work: Work, verdict: Code) -> None:
    """Commit the change and push it to the run's branch."""
    if work.checkout is None:
        raise errors.JcaError
    async with stage(work, "push"):
        name, address = work.desk.author
        message = commit_message(work, verdict)
        work.commit = await work.checkout.commit(work.changes, message, author_name=name, author_email=address)
        if not await work.desk.lease.current():
            raise errors.LostLease
        try:
            await push.push(
                work.checkout,
                work.commit,
                work.order.repository.url,
                work.branch,
                expected=None,
                forbidden=(work.order.repository.default_branch, work.order.base_branch),
            )
        except errors.JcaError as error:
            raise errors.RunStopped(Code.PUSH_FAILED, error.message, remedy=error.remedy) from error
        await work.note("note", f"pushed {work.commit[:12]} to {work.branch}")


def commit_message(work: Work, verdict: Code) -> str:
    """Title, the agent's summary, and trailers that tie the commit to its job."""
    order = work.order
    trailers = {
        "Ticket": order.ticket.key,
        "Job": order.job,
        "Provider": order.provider,
        "Model": order.model,
        "Verdict": verdict.value,
    }
    lines = [f"{key}: {' '.join(value.split())}" for key, value in trailers.items()]
    return "\n\n".join((_subject(order.ticket), _body(work.summary), "\n".join(lines))) + "\n"


def _subject(ticket: Ticket) -> str:
    subject = f"{_plain(ticket.title)} ({_plain(ticket.key)})"
    return subject if len(subject) <= SUBJECT else f"{subject[: SUBJECT - 1]}…"


def _body(summary: str) -> str:
    """The agent's words as one wrapped paragraph. Trailers are read from the last paragraph only, which is ours."""
    words = textwrap.wrap(_plain(summary), SUBJECT, max_lines=BODY, placeholder=" …")
    return "\n".join(words)


def _plain(text: str) -> str:
    """Words of others on one line: no credential, nothing that a code host would act on."""
    return neutral.quiet(" ".join(redact.redact(text).split())) or "-"


async def _as_result(work: Work, found: push.Published) -> RunResult:
    """The result that the earlier run could not report any more; its verdict is in the commit."""
    sentence = "An earlier run of this job had already pushed its branch, so it was not run again."
    code = Code.VALIDATED if found.trailers.get("Verdict") == Code.VALIDATED else Code.UNVALIDATED
    work.commit, work.changes = found.commit, await committed(found.mirror, found.commit)
    await work.desk.sink.stage("push", "done", sentence)
    return work.published(because(code, sentence))
