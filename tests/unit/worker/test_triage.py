"""What becomes of a ticket, from its words and the configuration alone."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from jobs.catalog import Catalog, Model, ProviderKind, ProviderProfile, Source
from jobs.intake_rules import IntakeRules
from jobs.reasons import Code, Reason
from jobs.repository import Repository, Role
from jobs.ticket import Person, Ticket
from worker.duties.deciding import Admitted, decide

SECRET = (SecretStr("0123456789abcdef"),)
ANN = Person(id="ann")


def profile(name: str) -> ProviderProfile:
    return ProviderProfile(
        name=name,
        kind=ProviderKind.OPENAI_COMPATIBLE,
        base_url="http://localhost/v1",
        default_model="qwen3",
        models=(Model(id="qwen3"), Model(id="qwen-small")),
    )


CATALOG = Catalog(
    repositories=(
        Repository(alias="shop", url="/srv/shop", full_name="acme/shop", provider="qwen"),
        Repository(alias="strict", url="/srv/s", providers_allowed=("qwen",), models_allowed=("qwen3",)),
        Repository(alias="other", url="/srv/other"),
        Repository(alias="docs", url="/srv/docs", role=Role.CONTEXT),
    ),
    providers=(profile("qwen"), profile("dear")),
)


def _ticket(body: str = "", **fields: Any) -> Ticket:  # noqa: ANN401 - of any field
    told = {"source": "local", "key": "K-1", "title": "Fix it", "labels": ("jca",), "repository": "shop"}
    return Ticket(body=body, **{**told, **fields})


def _source(kind: str = "local", **rules: Any) -> Source:  # noqa: ANN401 - of any field
    aliases = ("shop", "strict") if kind == "local" else ()
    return Source(name=kind, kind=kind, secrets=SECRET, repositories=aliases, rules=IntakeRules(**rules))  # type: ignore[arg-type]


def test_a_ticket_is_admitted_with_repository_provider_and_model() -> None:
    decision = decide(_ticket("[JCA]\nprovider=qwen\n[/JCA]"), CATALOG, _source())

    assert isinstance(decision, Admitted)
    chosen = decision.repository.alias, decision.selection.provider, decision.selection.model
    assert chosen == ("shop", "qwen", "qwen3")
    assert decision.routed == "The ticket's own repository names shop."
    assert decision.selection.because
    assert decision.notes == ()


@pytest.mark.parametrize(
    ("ticket", "rules", "code", "words"),
    [
        (_ticket(labels=("bug",)), {}, Code.MANAGED_LABEL_MISSING, "Add the label jca"),
        (_ticket(), {"require_assignee": True}, Code.UNASSIGNED, "Assign it"),
        (
            _ticket(assignees=(Person(id="bob"),)),
            {"require_assignee": True, "assignees": ("Ann",)},
            Code.ASSIGNEE_UNKNOWN,
            "bob",
        ),
        (
            _ticket(assignees=(Person(id="robot", is_bot=True),)),
            {"require_assignee": True},
            Code.ASSIGNEE_UNKNOWN,
            "robot",
        ),
        (_ticket(state="In Progress"), {"ready_states": ("To Do",)}, Code.NOT_IN_READY_STATE, "Move it to To Do"),
        (_ticket(repository=""), {"projects": ("PAY",)}, Code.SOURCE_MISMATCH, "Tickets of K are not taken"),
        (_ticket(repository=""), {}, Code.ROUTING_MISSING, "repo-shop, repo-strict"),
        (_ticket(labels=("jca", "repo-shoop")), {}, Code.REPOSITORY_UNKNOWN, "Did you mean shop?"),
        (_ticket(repository="nowhere"), {}, Code.REPOSITORY_UNKNOWN, "nowhere"),
        (_ticket(repository="other"), {}, Code.REPOSITORY_NOT_ALLOWED, "other"),
        (_ticket("[JCA]\nprovder=qwen\n[/JCA]"), {}, Code.DIRECTIVE_ERROR, "provider"),
        (_ticket("[JCA]\nmodel=x\n"), {}, Code.DIRECTIVE_ERROR, "Line 1"),
        (_ticket("[JCA]\nprovider=qwem\n[/JCA]"), {}, Code.PROVIDER_UNKNOWN, "qwen"),
        (
            _ticket("[JCA]\nprovider=dear\n[/JCA]", repository="strict"),
            {},
            Code.PROVIDER_NOT_ALLOWED,
            "Allowed here is qwen.",
        ),
        (
            _ticket("[JCA]\nmodel=qwen-small\n[/JCA]", repository="strict"),
            {},
            Code.MODEL_NOT_ALLOWED,
            "Allowed here is qwen3.",
        ),
        (_ticket("[JCA]\nmodel=nothing\n[/JCA]"), {}, Code.MODEL_UNKNOWN, "nothing"),
        (_ticket("[JCA]\nplan=ask\n[/JCA]"), {}, Code.NOT_SUPPORTED_YET, "plan"),
        (_ticket("[JCA]\ncontext_repos=dosc\n[/JCA]"), {}, Code.REPOSITORY_UNKNOWN, "Did you mean docs?"),
        (_ticket("[JCA]\ncontext_files=other:a.md\n[/JCA]"), {}, Code.REPOSITORY_NOT_ALLOWED, "may not read other"),
        (_ticket(repository="docs"), {}, Code.REPOSITORY_NOT_ALLOWED, "here to be read only"),
    ],
    ids=lambda value: value.value if isinstance(value, Code) else "",
)
def test_a_denial_has_its_code_and_says_what_to_do(
    ticket: Ticket, rules: dict[str, Any], code: Code, words: str
) -> None:
    decision = decide(ticket, CATALOG, _source(**rules))

    assert isinstance(decision, Reason)
    assert decision.code is code
    assert words in str(decision)
    assert decision.sentence
    assert decision.next_step


def test_what_a_ticket_is_to_be_read_with_is_decided_with_it() -> None:
    decision = decide(_ticket("[JCA]\ncontext_repos=docs\ncontext_files=a.md\n[/JCA]"), CATALOG, _source())

    assert isinstance(decision, Admitted)
    assert [(one.repository.alias, one.whole, one.files) for one in decision.context] == [
        ("docs", True, ()),
        ("shop", False, ("a.md",)),
    ]


def test_a_closed_ticket_is_not_worked_on() -> None:
    decision = decide(_ticket(), CATALOG, _source(), closed=True)

    assert isinstance(decision, Reason)
    assert (decision.code, decision.next_step) == (Code.TICKET_CLOSED, "Reopen it, then retry the job.")


def test_what_a_source_asks_for_can_be_met_without_regard_to_case() -> None:
    rules = {"ready_states": ("to do",), "projects": ("ACME/Shop",), "require_assignee": True, "assignees": ("ANN",)}
    ticket = _ticket(state="To Do", repository="acme/shop", assignees=(ANN,))

    assert isinstance(decide(ticket, CATALOG, _source(**rules)), Admitted)


def test_a_repository_that_allows_one_provider_gets_it_without_being_asked() -> None:
    decision = decide(_ticket(repository="strict"), CATALOG, _source())

    assert isinstance(decision, Admitted)
    assert decision.selection.provider == "qwen"


def test_what_is_ignored_or_capped_is_noted() -> None:
    body = "[JCA]\nbudget=9ktok\n[/JCA]\n\n[JCA]\nmodel=x\n[/JCA]"
    catalog = CATALOG.model_copy(update={"workspace": CATALOG.workspace.model_copy(update={"max_tokens": 1000})})

    decision = decide(_ticket(body, labels=("jca", "model:- -")), catalog, _source())

    assert isinstance(decision, Admitted)
    second, label, cap = decision.notes
    assert second.startswith("Line 5: ")
    assert "model: label is ignored" in label
    assert cap == "budget= asks for 9000 tokens, but a run may have 1000 tokens at most here; that is its limit."


@pytest.mark.parametrize(("kind", "code"), [("github", None), ("jira", Code.REPOSITORY_NOT_ALLOWED)])
def test_only_a_github_source_may_write_every_repository_unless_it_is_told(kind: str, code: Code | None) -> None:
    decision = decide(_ticket(source=kind), CATALOG, _source(kind))

    assert (decision.code if isinstance(decision, Reason) else None) is code
