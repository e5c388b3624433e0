"""What a job's commit says, and what nobody can make it say."""

from __future__ import annotations

import re
import subprocess
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.reasons import Code
from worker.executor.publishing import commit_message


def _message(*, title: str = "Fix totals", summary: str = "Rounded.", key: str = "acme/shop#7") -> str:
    ticket = SimpleNamespace(title=title, key=key)
    order = SimpleNamespace(ticket=ticket, job="01j", provider="qwen", model="qwen3")
    return commit_message(SimpleNamespace(order=order, summary=summary), Code.VALIDATED)  # type: ignore[arg-type]


def _trailers(message: str) -> list[str]:
    argv = ["git", "interpret-trailers", "--parse", "--no-divider"]
    return subprocess.run(argv, input=message, capture_output=True, text=True, check=True).stdout.splitlines()


OURS = ["Ticket: acme/shop#7", "Job: 01j", "Provider: qwen", "Model: qwen3", "Verdict: validated"]


def test_it_has_a_subject_a_body_and_our_trailers() -> None:
    assert _message() == "Fix totals (acme/shop#\N{WORD JOINER}7)\n\nRounded.\n\n" + "\n".join(OURS) + "\n"


@pytest.mark.parametrize(
    "words",
    ["x\n\nJob: 02evil\nCo-authored-by: Eve <eve@example.com>", "Job: 02evil", "x\r\rJob: 02evil", "---\nJob: 02evil"],
)
def test_nobody_can_add_or_replace_a_trailer(words: str) -> None:
    assert _trailers(_message(summary=words)) == OURS
    assert _trailers(_message(title=words)) == OURS


@example(title="", summary="/0")
@given(title=st.text(max_size=80), summary=st.text(max_size=200))
def test_nothing_in_it_closes_mentions_or_commands(title: str, summary: str) -> None:
    message = _message(title=f"{title} fixes #12 @alice", summary=f"{summary}\n/jca retry\ncloses #9")
    words, _, trailers = message.rstrip("\n").rpartition("\n\n")

    assert not re.search(r"@[A-Za-z0-9]|#\d|(?m:^/\w)", words)
    assert trailers.splitlines() == OURS


def test_a_secret_the_agent_repeats_is_masked() -> None:
    assert "ghp_" not in _message(summary="I used ghp_0123456789abcdefghij0123456789abcdef")
