"""Publishing a run's change, exactly once at the remote.

A check before an act is not enough: the push carries a lease on what the ref must be, and a run begins by asking
whether the branch already carries this job. What was validated is stored before it is pushed, so that a remote that is
away costs no second run of the agent.
"""

from __future__ import annotations

import asyncio
import json
import textwrap

from pydantic import ValidationError

from jobs import errors, neutral, redact
from jobs.reasons import Code, Reason, because
from jobs.run_result import RunResult
from jobs.ticket import Ticket
from worker.executor import push
from worker.executor.stage import stage
from worker.executor.work import Work
from worker.sandbox import checkpoints
from worker.sandbox.checkout import Checkout, committed
from worker.sandbox.checkpoints import Kept

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
            result = await _as_result(work, found)
            await _forget(work)
            return result
    raise errors.RunStopped(Code.PUSH_FAILED, f"The branches {work.order.branch} and {work.branch} are both taken.")


async def _published(work: Work, branch: str) -> push.Published | None:
    url, mirrors = work.order.repository.url, work.desk.mirrors
    try:
        return await push.published(url, branch, mirrors=mirrors, credential=await work.git(work.order.repository))
    except errors.LostLease:
        raise
    except errors.JcaError as error:
        raise errors.RunStopped(Code.CHECKOUT_FAILED, error.message, remedy=error.remedy) from error


async def validated_earlier(work: Work) -> Reason | None:
    """Take up what an earlier run validated and could not push; returns what that run could say about it."""
    mirror = work.desk.mirrors.place(work.order.repository.url)
    try:
        kept = await checkpoints.find(mirror, work.order.job)
        evidence = _evidence(kept) if kept and kept.validated else None
        if kept is None or evidence is None or evidence.base_branch != work.order.base_branch:
            return None
        work.changes = await committed(mirror, kept.parent)
    except errors.TryAgain as error:
        raise errors.RunStopped(Code.CHECKOUT_FAILED, error.message, remedy=error.remedy) from error
    work.commit, work.base, work.stored = kept.parent, kept.base, True
    work.summary, work.validation = evidence.summary, evidence.validation
    await work.note("note", "An earlier run had validated this change and could not push it: only that is repeated.")
    return evidence.reason


async def publish(work: Work, verdict: Reason) -> RunResult:
    """Store the change as a commit, unless it is stored already, and push it to the run's branch.

    Raises:
        errors.LostLease: another run has the job now.
        errors.RunStopped: it could not be pushed; where it is stored, the next run only pushes.
    """
    async with stage(work, "push"):
        if work.checkout and not work.stored:
            await _prove(work)
            await _store(work, work.checkout, verdict)
        try:
            await _push(work)
            await _prove(work)  # whoever has the job by now reports what the branch carries
            result = work.published(verdict)
        except errors.Conflict as conflict:
            result = await _settled(work, conflict)
        except (errors.LostLease, errors.RunStopped):
            raise
        except errors.JcaError as error:
            raise await _unpublished(work, error) from error
        await _forget(work)
    return result


async def _prove(work: Work) -> None:
    if not await work.desk.lease.current():
        raise errors.LostLease


async def _store(work: Work, checkout: Checkout, verdict: Reason) -> None:
    """Make the commit, and keep it with its evidence until it is pushed."""
    name, address = work.desk.author
    people = {"author_name": name, "author_email": address}
    try:
        work.commit = await checkout.commit(work.changes, commit_message(work, verdict.code), **people)
        kept = await checkout.commit(work.changes, _record(work, verdict), parent=work.commit, **people)
        await checkpoints.keep(checkout, kept, work.order.job)
    except errors.JcaError as error:
        sentence = f"The commit could not be stored on this worker: {error.message}"
        raise errors.RunStopped(Code.PUSH_FAILED, sentence, remedy=error.remedy) from error
    work.stored = True


async def _push(work: Work) -> None:
    """Push, again and again while the remote does not answer and the job is ours."""
    repository = work.order.repository
    never = (repository.default_branch, work.order.base_branch)
    mirror = work.desk.mirrors.place(repository.url)
    for pause in (*work.desk.pauses, None):
        await _prove(work)
        try:
            lent = await work.git(
                work.order.repository, write=True
            )  # an agent may have worked for longer than any earlier one is good
            await push.push(
                mirror, work.commit, repository.url, work.branch, expected=None, forbidden=never, credential=lent
            )
            break
        except errors.TryAgain as error:
            if pause is None:
                raise
            await work.note("note", f"{error.message} Trying again in {pause:g} s.")
            await asyncio.sleep(pause)
    await work.note("note", f"pushed {work.commit[:12]} to {work.branch}")


async def _unpublished(work: Work, error: errors.JcaError) -> errors.RunStopped:
    """The end of a run that could not push. A change that is refused a second time is given up: another is needed."""
    pushed_again = work.checkout is None
    if isinstance(error, errors.Refused) and pushed_again:
        await _forget(work)
        work.stored = False
        return errors.RunStopped(Code.PUSH_FAILED, error.message, remedy=error.remedy)
    return errors.RunStopped(Code.PUBLISH_FAILED, error.message, remedy=error.remedy)


async def _settled(work: Work, conflict: errors.Conflict) -> RunResult:
    """What it means that the branch is there meanwhile: this job's own push is the result, anybody else's is not."""
    await _prove(work)
    try:
        found = await _published(work, work.branch)
    except errors.RunStopped as away:
        raise errors.RunStopped(Code.PUBLISH_FAILED, away.message, remedy=away.remedy) from away
    if found and found.trailers.get("Job") == work.order.job:
        return await _as_result(work, found)
    raise errors.RunStopped(Code.PUBLISH_FAILED, conflict.message, remedy=conflict.remedy)


async def _forget(work: Work) -> None:
    """What the branch carries need not be kept."""
    try:
        await checkpoints.forget(work.desk.mirrors.place(work.order.repository.url), work.order.job)
    except errors.JcaError as error:
        await work.note("note", f"The stored commit is still kept on this worker: {error.message}")


def _record(work: Work, verdict: Reason) -> str:
    """The message of the commit that keeps a validated one: its evidence as JSON, and our trailers."""
    order = work.order
    evidence = json.dumps(work.published(verdict).model_dump(mode="json", exclude={"diff", "usage"}))
    lines = (f"Job: {order.job}", f"Run: {order.run}", "State: validated", f"Base: {work.base}")
    trailers = "\n".join((*lines, f"Verdict: {verdict.code.value}"))
    return f"Validated, to be pushed\n\n{evidence}\n\n{trailers}\n"


def _evidence(kept: Kept) -> RunResult | None:
    """What `_record` wrote; None when another version of us wrote something else."""
    try:
        return RunResult.model_validate_json(kept.message.split("\n\n")[1])
    except (IndexError, ValidationError):
        return None


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
