"""Every comment we write to Jira is a document by Atlassian's own schema of its format."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft4Validator

from jobs.job import Answer, Job, Status, now
from jobs.ledger.runs import Diff, Stage
from jobs.reasons import Code, because
from jobs.repository import Repository
from jobs.results import CommandOutcome, PullRequest, PullRequestState, Usage
from jobs.ticket import Ticket
from tests.fakes.jira import documents
from tests.support import npm
from worker.duties.proposal import proposal
from worker.duties.receipt import receipt
from worker.trackers.jira import adf
from worker.trackers.jira.comments import footer
from worker.trackers.jira.markdown import LONGEST, shorten

pytestmark = [pytest.mark.vendors, pytest.mark.timeout(600)]

PACKAGE = ("@atlaskit/adf-schema", "57.7.22")
SEED = 20_261_121
BLOCKS = ["- ", "1. ", "0) ", "> ", "# ", "###### ", "```py\n", "~~~\n", "    ", "---\n", "\t"]
BLOCKS += ["| a | b |\n|---|:-:|\n| `1` | [x](http://a.b) |\n", "\n", "\n\n", "<details>\n", "[x]: http://a.b\n"]
INLINES = ["**", "*", "_", "`", "``", "~~", "[x](http://a.b)", "[`x`](http://a.b)", "![i](http://a.b)", "<b>", "&nbsp;"]
INLINES += ["[x](javascript:alert)", "https://a.b/c-d.", "<https://a.b>", "@bob", "[~bob]", "{code}", "|", "\\", "  \n"]
INLINES += ["\0", "\u200b", "\u2028", "\x1b[31m", "[JCA]", "\ud7ff", "\U0001f600", "é"]
HOSTILE = st.lists(st.sampled_from(BLOCKS + INLINES) | st.text(max_size=8), max_size=40).map("".join)


@pytest.fixture(scope="module")
def schema() -> Draft4Validator:
    """The strictest schema Atlassian publishes: what is not final in the format is not in it."""
    file = npm.package(*PACKAGE) / "dist" / "json-schema" / "v1" / "full.json"
    return Draft4Validator(json.loads(file.read_bytes()))


def written(markdown: str) -> dict[str, Any]:
    """The document of a comment, as `comments.post` makes it."""
    return adf.document(*shorten(markdown, adf.size, footer("01job")))


def wrong(schema: Draft4Validator, document: object) -> list[str]:
    return [
        f"{'.'.join(map(str, error.instance_path))}: {error.message:.300}" for error in schema.iter_errors(document)
    ]


def a_job(status: Status, words: str) -> Job:
    """A job with something in every place that a report shows."""
    outcomes = (
        CommandOutcome(argv=("pytest", "-q", "a|b`c\n"), exit_code=0, seconds=1.5),
        CommandOutcome(argv=("mypy",), exit_code=1, seconds=0.2),
        CommandOutcome(argv=("sleep", "9"), exit_code=None, seconds=9, timed_out=True),
    )
    pull = PullRequest(
        state=PullRequestState.OPEN,
        branch="jca/pay-1",
        base_branch="main",
        commit="a" * 40,
        title=words,
        url="https://github.com/acme/payments/pull/1",
    )
    return Job(
        status=status,
        reason=because(Code.NO_CHANGES, words),
        ticket=Ticket(source="jira", key="PAY-1", title=words or "-", body=words),
        repository="payments",
        routed=words,
        notes=(words, "It is no draft."),
        answers=(Answer(asked="status", by="ann", text="It waits."),),
        branch="jca/pay-1",
        commit="a" * 40,
        summary=words,
        validation=outcomes,
        usage=Usage(requests=3, input_tokens=1000, output_tokens=10, usd=0.1),
        pull_request=pull,
    )


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("words", ["Round refunds up.", "> quoted\n- a\n  1. b\n\n```\nx\n```\n| a |\n|---|\n| b |"])
def test_the_report_of_every_status_is_a_document(schema: Draft4Validator, status: Status, words: str) -> None:
    stages = [Stage(run=1, name=words, state="done", started_at=now())]

    assert wrong(schema, written(receipt(a_job(status, words), stages, waits=words))) == []


def test_the_text_of_a_pull_request_is_a_document(schema: Draft4Validator) -> None:
    job = a_job(Status.PUBLISHING, "Round refunds up.")
    repository = Repository(alias="payments", url="https://github.com/acme/payments")
    proposed = proposal(job, repository, Diff(text="diff --git a/x b/x\n", truncated=False))

    assert wrong(schema, written(proposed.body)) == []


@seed(SEED)
@settings(max_examples=400, database=None)
@given(HOSTILE)
def test_hostile_markdown_is_a_document(schema: Draft4Validator, text: str) -> None:
    assert wrong(schema, written(text)) == []


@seed(SEED)
@settings(max_examples=100, database=None)
@given(HOSTILE)
def test_a_report_with_hostile_words_is_a_document(schema: Draft4Validator, text: str) -> None:
    assert wrong(schema, written(receipt(a_job(Status.FAILED, text)))) == []


def test_a_report_that_is_cut_is_a_document(schema: Draft4Validator) -> None:
    document = written("- **a** `b`\n\n  > c\n" * 4000)

    assert wrong(schema, document) == []
    assert len(json.dumps(document, ensure_ascii=False, separators=(",", ":"))) <= LONGEST


@seed(SEED)
@settings(max_examples=400, database=None)
@given(HOSTILE, st.randoms(use_true_random=False))
def test_what_the_fake_takes_is_a_document(schema: Draft4Validator, text: str, chance: Random) -> None:
    document = written(text)
    spoil(document, chance)

    if documents.problem(document) == "":
        assert wrong(schema, document) == []


def spoil(document: dict[str, Any], chance: Random) -> None:
    """Change one node: what it is, what it has, or what it holds."""
    nodes = list(inside(document))
    spoiled, other = chance.choice(nodes), chance.choice(nodes)
    match chance.randrange(5):
        case 0:
            spoiled["type"] = other["type"]
        case 1:
            spoiled.pop(chance.choice(list(spoiled)))
        case 2:
            spoiled["content"] = copy.deepcopy(other.get("content", []))
        case 3:
            spoiled["attrs"] = copy.deepcopy(other.get("attrs", {"order": 0}))
        case 4:
            spoiled["marks"] = [{"type": kind} for kind in chance.sample(["em", "code", "strong", "underline"], 2)]


def inside(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("content", []):
        yield from inside(child)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "blockquote", "content": [{"type": "blockquote", "content": []}]},
        {"type": "bulletList", "content": []},
        {"type": "paragraph", "content": [{"type": "text", "text": ""}]},
        {"type": "paragraph", "content": [{"type": "text", "text": "a", "marks": [{"type": "code"}, {"type": "em"}]}]},
        {"type": "codeBlock", "content": [{"type": "text", "text": "a", "marks": [{"type": "strong"}]}]},
        {"type": "heading", "attrs": {"level": 7}, "content": []},
    ],
    ids=["quote in a quote", "empty list", "empty text", "marked code", "marked block", "level"],
)
def test_what_is_broken_on_purpose_is_found(schema: Draft4Validator, block: dict[str, Any]) -> None:
    assert wrong(schema, {"version": 1, "type": "doc", "content": [block]})
