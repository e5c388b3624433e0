"""Files of the ticket, laid where the sandbox may read them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from jobs import errors
from jobs.attachment import Attachment, file_names
from worker.executor.work import Work

FOLDER = "attachments"
"""Where they lie below the directory that `fetch` is given."""


async def fetch(work: Work, directory: Path) -> tuple[str, ...]:
    """Write the ticket's files below `directory`, in a folder of their own that is made only when there are any.

    Whoever has them is asked again for a while where it does not answer. A file that cannot be had fails no run: the
    live log has a note of it.

    Returns:
        The names of those that are there now, in `FOLDER`.

    Raises:
        errors.LostLease: another worker has the job.
        OSError: the directory cannot be written.
    """
    announced, written = work.order.attachments, []
    pauses = iter(work.desk.pauses)
    for name, attachment in zip(file_names(announced), announced, strict=True):
        try:
            content = await _content(work, attachment, pauses)
        except errors.LostLease:
            raise
        except errors.JcaError as error:
            await work.note("note", f"The attachment {name} is not there: {error}")
            continue
        await asyncio.to_thread(_write, directory / FOLDER, name, content)
        written.append(name)
    return tuple(written)


async def _content(work: Work, attachment: Attachment, pauses: Iterator[float]) -> bytes:
    """Ask until there is an answer or no pause is left; all files of a run share them."""
    desk = work.desk
    while True:
        try:
            return await desk.attachments.attachment(work.order, desk.lease, attachment)
        except errors.TryAgain as error:
            pause = next(pauses, None)
            if pause is None:
                raise
            await work.note("note", f"{error.message} Trying again in {pause:g} s.")
            await asyncio.sleep(pause)


def _write(folder: Path, name: str, content: bytes) -> None:
    """Make a file that nobody changes again; a link in its place or in the folder's is not followed."""
    folder.mkdir(parents=True, exist_ok=True)
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(name, flags, 0o600, dir_fd=place), "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o444)
    finally:
        os.close(place)
