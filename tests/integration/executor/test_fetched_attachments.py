"""Files of a ticket on the disk of a run: what could be had, under safe names, through no link; the rest is a note."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from jobs import errors
from jobs.attachment import Attachment
from jobs.catalog import Model, ProviderKind, ProviderProfile
from jobs.order import WorkOrder
from tests.integration.executor.world import World
from worker.executor import attachments
from worker.executor.alone import NoAttachments
from worker.executor.desk import Attachments, Lease
from worker.executor.work import Work

PROFILE = ProviderProfile(
    name="fake",
    kind=ProviderKind.OPENAI_COMPATIBLE,
    base_url="http://localhost/v1",
    default_model="m",
    models=(Model(id="m"),),
)
"""Never asked: no agent takes part."""


@dataclass
class Shelf:
    """Has the files of one ticket."""

    contents: dict[str, bytes | Exception]
    away: int = 0
    """How many times it does not answer at first."""
    asked: list[str] = field(default_factory=list)

    async def attachment(self, order: WorkOrder, lease: Lease, attachment: Attachment) -> bytes:
        assert (order.dispatch_id.endswith(".1"), lease.token) == (True, "here:1")
        self.asked.append(attachment.id)
        if self.away:
            self.away -= 1
            raise errors.TryAgain("The gateway does not answer.")
        found = self.contents[attachment.id]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "run/context"


def begun(world: World, shelf: Attachments, *names: str) -> Work:
    """A run whose ticket has files of these names, numbered from 1."""
    announced = tuple(Attachment(id=str(number), name=name, size=9) for number, name in enumerate(names, 1))
    desk = replace(world.desk(PROFILE), attachments=shelf)
    return Work(world.order.model_copy(update={"attachments": announced}), desk)


def notes(world: World) -> list[str]:
    return [text for kind, text in world.claim.said if kind == "note"]


async def test_files_lie_under_safe_names_and_nobody_changes_them(world: World, directory: Path) -> None:
    shelf = Shelf({"1": b"one\r\n\xff", "2": b"two", "3": b""})
    work = begun(world, shelf, "trace.log", "../../Trace.log", ".bashrc")

    names = await attachments.fetch(work, directory)

    assert names == ("trace.log", "Trace-2.log", "bashrc")
    assert {path.name: path.read_bytes() for path in (directory / "attachments").iterdir()} == {
        "trace.log": b"one\r\n\xff",
        "Trace-2.log": b"two",
        "bashrc": b"",
    }
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (directory / "attachments").iterdir()}
    assert modes == {0o444}
    assert notes(world) == []


async def test_without_files_nothing_is_made(world: World, directory: Path) -> None:
    assert await attachments.fetch(begun(world, NoAttachments()), directory) == ()
    assert not directory.exists()


async def test_a_file_that_cannot_be_had_is_a_note_and_the_others_are_there(world: World, directory: Path) -> None:
    gone = errors.NotReady("PAY-1 has no attachment 1 any more.", remedy="Attach it again.")
    work = begun(world, Shelf({"1": gone, "2": b"two"}), "gone.log", "there.log")

    assert await attachments.fetch(work, directory) == ("there.log",)
    assert notes(world) == [
        "The attachment gone.log is not there: PAY-1 has no attachment 1 any more. Attach it again."
    ]


async def test_where_none_can_be_had_no_folder_is_made(world: World, directory: Path) -> None:
    assert await attachments.fetch(begun(world, NoAttachments(), "a.log"), directory) == ()
    assert not directory.exists()
    assert notes(world) == ["The attachment a.log is not there: Nothing is attached to Q-1: there is no 1."]


async def test_whoever_does_not_answer_is_asked_again_for_a_while(world: World, directory: Path) -> None:
    shelf = Shelf({"1": b"one"}, away=2)
    work = begun(world, shelf, "a.log")

    assert await attachments.fetch(work, directory) == ("a.log",)
    assert shelf.asked == ["1", "1", "1"]


async def test_all_files_together_are_waited_for_no_longer_than_one(world: World, directory: Path) -> None:
    shelf = Shelf({"1": b"one", "2": b"two", "3": b"three"}, away=5)
    work = begun(world, shelf, "a.log", "b.log", "c.log")

    assert await attachments.fetch(work, directory) == ()
    assert shelf.asked == ["1", "1", "1", "2", "3"]
    assert [note for note in notes(world) if note.startswith("The attachment")] == [
        f"The attachment {name} is not there: The gateway does not answer." for name in ("a.log", "b.log", "c.log")
    ]


async def test_a_run_that_lost_its_job_gets_no_files(world: World, directory: Path) -> None:
    work = begun(world, Shelf({"1": errors.LostLease(), "2": b"two"}), "a.log", "b.log")

    with pytest.raises(errors.LostLease):
        await attachments.fetch(work, directory)
    assert not directory.exists()


@pytest.mark.parametrize("place", ["attachments", "attachments/a.log"])
async def test_no_file_is_written_through_a_link(world: World, directory: Path, tmp_path: Path, place: str) -> None:
    target = tmp_path / "precious"
    link = directory / place
    link.parent.mkdir(parents=True)
    if place == "attachments":
        target.mkdir()
    else:
        target.write_text("mine")
    link.symlink_to(target)

    with pytest.raises(OSError, match=r"File exists|Not a directory|symbolic links"):
        await attachments.fetch(begun(world, Shelf({"1": b"theirs"}), "a.log"), directory)
    assert list(target.iterdir()) == [] if target.is_dir() else target.read_text() == "mine"


async def test_a_note_has_no_credential(world: World, directory: Path) -> None:
    work = begun(world, Shelf({"1": errors.NotReady("Bearer abcdef-secret is not accepted.")}), "a.log")
    work.secrets = ("abcdef-secret",)

    await attachments.fetch(work, directory)

    assert "abcdef-secret" not in "".join(notes(world))
