"""Triage's decision, from the records alone."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from jobs.catalog import Catalog, Model, ProviderKind, ProviderProfile, Repository, Source
from jobs.job import Job
from jobs.reasons import Code, Reason
from jobs.ticket import Person, Ticket
from worker.duties.triage import Admitted, decide

SECRET = (SecretStr("0123456789abcdef"),)
LOCAL = Source(name="local", kind="local", secrets=SECRET, repositories=("shop",))
GITHUB = Source(name="github", kind="github", secrets=SECRET, actors=("Alice",))
PROFILE = ProviderProfile(
    name="qwen",
    kind=ProviderKind.OPENAI_COMPATIBLE,
    base_url="http://localhost/v1",
    default_model="qwen3",
    models=(Model(id="qwen3"),),
)
CATALOG = Catalog(
    repositories=(
        Repository(alias="shop", url="/srv/shop", full_name="acme/shop"),
        Repository(alias="other", url="/srv/other"),
    ),
    providers=(PROFILE,),
)


def _job(body: str = "", *, source: str = "local", actor: str = "alice", repository: str = "shop") -> Job:
    ticket = Ticket(source=source, key="K-1", title="Fix it", body=body, labels=("jca",), repository=repository)
    return Job(ticket=ticket, actor=Person(id=actor))


def test_an_allowed_ticket_is_admitted_with_repository_provider_and_model() -> None:
    decision = decide(_job("[JCA]\nprovider=qwen\n[/JCA]"), CATALOG, LOCAL)

    assert isinstance(decision, Admitted)
    assert (decision.repository.alias, decision.selection.provider, decision.selection.model) == (
        "shop",
        "qwen",
        "qwen3",
    )
    assert decision.selection.because


@pytest.mark.parametrize(
    ("job", "source", "code", "words"),
    [
        (_job("[JCA]\nprovder=qwen\n[/JCA]"), LOCAL, Code.DIRECTIVE_ERROR, "provider"),
        (_job("[JCA]\nmodel=x\n"), LOCAL, Code.DIRECTIVE_ERROR, "Line 1"),
        (_job("[JCA]\nprovider=qwem\n[/JCA]"), LOCAL, Code.PROVIDER_UNKNOWN, "qwen"),
        (_job("[JCA]\nmodel=nothing\n[/JCA]"), LOCAL, Code.MODEL_UNKNOWN, "nothing"),
        (_job("[JCA]\nplan=ask\n[/JCA]"), LOCAL, Code.NOT_SUPPORTED_YET, "plan"),
        (_job(repository="nowhere"), LOCAL, Code.REPOSITORY_UNKNOWN, "nowhere"),
        (_job(repository="other"), LOCAL, Code.REPOSITORY_NOT_ALLOWED, "other"),
        (_job(), None, Code.ACTOR_NOT_ALLOWED, "does not exist any more"),
        (_job(source="github", actor="mallory"), GITHUB, Code.ACTOR_NOT_ALLOWED, "--actor mallory"),
        (_job(source="github", actor=""), GITHUB, Code.ACTOR_NOT_ALLOWED, "unknown person"),
    ],
)
def test_a_denial_has_its_code_and_says_what_to_do(job: Job, source: Source | None, code: Code, words: str) -> None:
    decision = decide(job, CATALOG, source)

    assert isinstance(decision, Reason)
    assert decision.code is code
    assert words in str(decision)
    assert decision.sentence
    assert decision.next_step


def test_logins_are_compared_without_regard_to_case_and_a_star_allows_everybody() -> None:
    anybody = GITHUB.model_copy(update={"actors": ("*",)})

    assert isinstance(decide(_job(source="github", actor="ALICE"), CATALOG, GITHUB), Admitted)
    assert isinstance(decide(_job(source="github", actor="mallory"), CATALOG, anybody), Admitted)


def test_a_github_source_with_nobody_on_its_list_lets_nobody_in() -> None:
    nobody = GITHUB.model_copy(update={"actors": ()})

    decision = decide(_job(source="github"), CATALOG, nobody)

    assert isinstance(decision, Reason)
    assert decision.code is Code.ACTOR_NOT_ALLOWED
