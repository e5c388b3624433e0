"""What a run reads beside its change: laid out below one directory, and shown to the agent before it begins.

Below that directory, `/context` inside the sandbox, each other repository is at `repositories/<alias>`, and the files
of the ticket are at `attachments/`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from jobs import errors
from jobs.context import ContextRepository
from jobs.reasons import Code
from worker.agent.elision import elide
from worker.executor import attachments
from worker.executor.stage import stage
from worker.executor.work import Work
from worker.sandbox.export import export, kinds
from worker.sandbox.files import Files
from worker.sandbox.mirror import Snapshot
from worker.sandbox.walls import CONTEXT

TEXT = 24_000  # characters of all files a ticket names, shared evenly
NAMES = 100  # of each folder

_KINDS = {"blob": "a file", "tree": "a folder", "": "nothing"}


async def gather(work: Work) -> None:
    """Lay out and take in what the ticket names as context and what hangs at it, if there is any.

    Raises:
        errors.LostLease: another worker owns the job now.
        errors.RunStopped: a repository cannot be fetched, or there is nothing at a path.
    """
    order = work.order
    if not (order.context or order.attachments):
        return
    work.context = work.desk.directory / "context"
    room = TEXT // max(1, sum(len(part.files) for part in order.context))
    async with stage(work, "context"):
        await asyncio.to_thread(work.context.mkdir, parents=True, mode=0o700)
        shown = [text for part in order.context for text in await _gathered(work, part, room)]
        if names := await attachments.fetch(work, work.context):
            shown.append(f"{CONTEXT}/{attachments.FOLDER}/ holds: {', '.join(names)}")
    work.references = "\n\n".join(shown)


async def _gathered(work: Work, part: ContextRepository, room: int) -> list[str]:
    """What the agent is shown of one repository, which is there afterwards."""
    if work.checkout and part.repository.alias == work.order.repository.alias:
        await _check(part, Snapshot(work.checkout.mirror, work.checkout.base), work.order.base_branch)
        return await asyncio.to_thread(_shown, Files(work.checkout.tree), "", part, room)
    place = f"repositories/{part.repository.alias}"
    directory = await _fetched(work, part, place)
    return await asyncio.to_thread(_shown, Files(directory), f"{CONTEXT}/{place}/", part, room)


async def _fetched(work: Work, part: ContextRepository, place: str) -> Path:
    repository, directory = part.repository, work.desk.directory / "context" / place
    try:
        lent = await work.git(repository)
        snapshot = await work.desk.mirrors.sync(repository.url, repository.default_branch, lent)
        await _check(part, snapshot, repository.default_branch)
        await export(snapshot, directory, (".",) if part.whole else (*part.files, *part.folders))
    except (errors.LostLease, errors.RunStopped):
        raise
    except errors.JcaError as error:
        sentence = f"{repository.alias}, which the ticket names as context, cannot be read: {error.message}"
        raise errors.RunStopped(Code.CHECKOUT_FAILED, sentence, remedy=error.remedy) from error
    await work.note("note", f"{repository.alias}: {repository.default_branch} at {snapshot.commit[:12]}, to be read")
    return directory


async def _check(part: ContextRepository, snapshot: Snapshot, branch: str) -> None:
    """Stop at the first path that is not what the ticket says."""
    wanted = [(path, "context_files", "blob") for path in part.files]
    wanted += [(path, "context_folders", "tree") for path in part.folders]
    for (path, key, kind), found in zip(wanted, await kinds(snapshot, [path for path, *_ in wanted]), strict=True):
        if found != kind:
            where = f"{part.repository.alias}:{path}"
            sentence = f"{key} names {where}, but there is {_KINDS[found]} on {branch}, not {_KINDS[kind]}."
            raise errors.RunStopped(Code.CONTEXT_MISSING, sentence)


def _shown(files: Files, prefix: str, part: ContextRepository, room: int) -> list[str]:
    texts = [f"{prefix}{path}:\n{elide(_text(files, path), room)}" for path in part.files]
    folders = [*part.folders, *((".",) if part.whole else ())]
    return texts + [f"{prefix}{'' if path == '.' else f'{path}/'} holds: {_names(files, path)}" for path in folders]


def _text(files: Files, path: str) -> str:
    try:
        return files.read(path)
    except errors.BadInput as error:  # too large, or binary: it is there all the same
        return f"({error.message})"


def _names(files: Files, path: str) -> str:
    try:
        names: Sequence[str] = files.listing(path)
    except errors.BadInput as error:  # an earlier run of the job took the folder away
        return f"({error.message})"
    more = len(names) - NAMES
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:NAMES])}, and {more} more"
