"""A repository whose check passes once the answer is right, and an order to write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.order import Limits, WorkOrder
from jobs.repository import Repository
from jobs.ticket import Ticket
from tests.fakes import model_endpoint as fake
from tests.integration.executor.world import VALID, Claim, World
from worker.sandbox.seed import seed


@pytest.fixture
async def world(tmp_path: Path) -> World:
    files = tmp_path / "files"
    files.mkdir()
    (files / "README.md").write_text("A question.\n")
    (files / "check.py").write_text("import sys\nsys.exit(open('answer.txt').read() != '42\\n')\n")
    await seed(files, tmp_path / "origin.git", branch="main", message="A question")
    order = WorkOrder(
        job="01j0000000000000000000test",
        run=1,
        ticket=Ticket(source="local", key="Q-1", title="Answer it", body="The answer goes into answer.txt."),
        repository=Repository(alias="q", url=str(tmp_path / "origin.git"), validation_commands=VALID),
        base_branch="main",
        branch="jca/q-1-answer-it",
        provider="fake",
        model=fake.MODEL,
        limits=Limits(turns=20),
    )
    return World(tmp_path, order, Claim())
