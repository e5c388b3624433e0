"""Runs of tickets that name other repositories, files and folders: the agent is shown them, and can only read them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jobs.context import ContextRepository
from jobs.reasons import Code
from jobs.repository import Repository
from jobs.run_result import RunResult
from tests.fakes import model_endpoint as fake
from tests.fakes.model_endpoint import Answer, Endpoint
from tests.integration.executor.world import WRITE, World
from worker.executor.run import run_job
from worker.sandbox.seed import seed

GUIDE = "/context/repositories/docs/guide.md"


@pytest.fixture
async def docs(tmp_path: Path) -> Repository:
    files = tmp_path / "docs"
    (files / "adr").mkdir(parents=True)
    (files / "guide.md").write_text("Answers are numbers.\n")
    (files / "adr/1.md").write_text("We count.\n")
    (files / "logo.png").write_bytes(b"\x89PNG\0")
    await seed(files, tmp_path / "docs.git", branch="trunk", message="A guide")
    return Repository(alias="docs", url=str(tmp_path / "docs.git"), default_branch="trunk")


def _reading(world: World, *context: ContextRepository) -> World:
    return replace(world, order=world.order.model_copy(update={"context": context}))


async def _run(world: World, *script: Answer) -> tuple[RunResult, Endpoint]:
    async with fake.serving([*script, fake.calls(WRITE), fake.finishes()]) as endpoint:
        return await run_job(world.order, world.desk(endpoint.profile())), endpoint


def _told(endpoint: Endpoint, number: int = 0) -> str:
    """Everything a request of the conversation says."""
    return "\n".join(str(message.get("content")) for message in endpoint.requests[number]["messages"])


async def test_the_agent_is_shown_the_files_and_folders_a_ticket_names(world: World, docs: Repository) -> None:
    beside = ContextRepository(repository=docs, files=("guide.md", "logo.png"), folders=("adr",))
    own = ContextRepository(repository=world.order.repository, files=("README.md",))
    result, endpoint = await _run(_reading(world, beside, own))

    assert result.outcome == "published", result.reason
    told = _told(endpoint)
    assert f"{GUIDE}:\nAnswers are numbers." in told
    assert "/context/repositories/docs/adr/ holds: 1.md" in told
    assert "/context/repositories/docs/logo.png:\n('logo.png' is a binary file" in told
    assert "README.md:\nA question." in told
    assert ("context", "done") in world.claim.said
    assert result.files == ("answer.txt",)


async def test_the_agent_reads_a_whole_repository_and_writes_nothing_of_it(world: World, docs: Repository) -> None:
    whole = ContextRepository(repository=docs, whole=True)
    result, endpoint = await _run(
        _reading(world, whole),
        fake.calls(
            ("read", {"path": "/context/repositories/docs/adr/1.md"}), ("write", {"path": GUIDE, "content": ""})
        ),
    )

    assert result.outcome == "published", result.reason
    assert "/context/repositories/docs/ holds: adr/, guide.md, logo.png" in _told(endpoint)
    answers = _told(endpoint, 1)
    assert "We count." in answers
    assert "there to be read only" in answers
    assert not (world.directory / "run").exists()


async def test_what_judges_the_change_does_not_see_what_was_only_there_to_be_read(
    world: World, docs: Repository
) -> None:
    alone = world.with_repository(validation_commands=(("test", "!", "-e", "/context"),), allowed_commands=("ls",))
    result, endpoint = await _run(
        _reading(alone, ContextRepository(repository=docs, whole=True)),
        fake.calls(("run", {"argv": ["ls", "/context/repositories/docs"]})),
    )

    assert "guide.md" in _told(endpoint, 1)
    assert (result.outcome, [one.passed for one in result.validation]) == ("published", [True])


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"files": ("gude.md",)}, "context_files names docs:gude.md, but there is nothing on trunk, not a file."),
        ({"files": ("adr",)}, "context_files names docs:adr, but there is a folder on trunk, not a file."),
        ({"folders": ("guide.md",)}, "context_folders names docs:guide.md, but there is a file on trunk"),
    ],
)
async def test_a_path_that_is_not_there_ends_the_run_before_the_model_is_asked(
    world: World, docs: Repository, part: dict[str, object], words: str
) -> None:
    named = ContextRepository.model_validate({"repository": docs, **part})
    result, endpoint = await _run(_reading(world, named))

    assert (result.outcome, result.reason.code) == ("failed", Code.CONTEXT_MISSING)
    assert words in result.reason.sentence
    assert "[JCA] block" in result.reason.next_step
    assert endpoint.requests == []
    assert not (world.directory / "run").exists()


async def test_a_repository_that_cannot_be_fetched_is_named(world: World, docs: Repository) -> None:
    gone = docs.model_copy(update={"url": f"{docs.url}-gone"})
    result, endpoint = await _run(_reading(world, ContextRepository(repository=gone, whole=True)))

    assert (result.outcome, result.reason.code) == ("failed", Code.CHECKOUT_FAILED)
    assert result.reason.sentence.startswith("docs, which the ticket names as context, cannot be read: ")
    assert endpoint.requests == []


async def test_a_path_of_the_repository_itself_is_looked_up_on_its_base_branch(world: World) -> None:
    own = ContextRepository(repository=world.order.repository, folders=("src",))
    result, _ = await _run(_reading(world, own))

    assert result.reason.sentence == "context_folders names q:src, but there is nothing on main, not a folder."


async def test_rules_for_agents_are_read_where_the_repository_keeps_them(world: World) -> None:
    world.move_base("RULES.md", "Say 42.\n")
    world = world.with_repository(guidance_files=("RULES.md", "docs/none.md"))
    result, endpoint = await _run(world)

    assert result.outcome == "published", result.reason
    assert "RULES.md:\nSay 42." in _told(endpoint)
    assert any("A guidance file of q is not read: There is no 'docs/none.md'." in text for _, text in world.claim.said)
