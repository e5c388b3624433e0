from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.catalog import Catalog, Model, ProviderKind, ProviderProfile
from jobs.explanation import Explanation, Question, explain
from jobs.repository import Repository

PROFILE = ProviderProfile(
    name="local-model",
    kind=ProviderKind.OPENAI_COMPATIBLE,
    base_url="http://127.0.0.1:1/v1",
    models=(Model(id="small"), Model(id="large", enabled=False)),
    default_model="small",
)
PAYMENTS = Repository(alias="payments", url="/srv/payments", full_name="acme/payments")
CATALOG = Catalog(repositories=(PAYMENTS,), providers=(PROFILE,))


def asked(text: str, catalog: Catalog = CATALOG, **fields: object) -> Explanation:
    return explain(Question.model_validate({"text": text, **fields}), catalog)


def test_a_good_ticket_has_a_repository_and_a_selection() -> None:
    answer = asked("[JCA]\nmodel=small\n[/JCA]")

    assert (answer.status, answer.repository, answer.denied) == ("ok", "payments", None)
    assert answer.selection is not None
    assert (answer.selection.provider, answer.selection.model) == ("local-model", "small")
    assert answer.routed.endswith(".")


def test_what_cannot_be_chosen_is_a_denial_not_an_error_of_the_block() -> None:
    answer = asked("[JCA]\nmodel=large\n[/JCA]")

    assert (answer.status, answer.error, answer.selection) == ("ok", None, None)
    assert answer.denied is not None
    assert "large" in answer.denied.sentence


def test_without_a_repository_the_selection_is_still_told() -> None:
    answer = asked("[JCA]\nmodel=small\n[/JCA]", Catalog(providers=(PROFILE,)))

    assert answer.selection is not None
    assert answer.denied is not None
    assert answer.denied.code == "routing_missing"


def test_where_no_provider_is_known_any_name_is_taken() -> None:
    assert asked("[JCA]\nprovider=claude-api\n[/JCA]", Catalog()).status == "ok"
    assert asked("[JCA]\nprovider=claude-api\n[/JCA]").error == "unknown_provider"


def test_only_what_was_written_is_repeated() -> None:
    assert asked("[JCA]\nbudget=2usd\n[/JCA]").model_dump(mode="json")["directives"] == {"budget_usd": 2.0}


@pytest.mark.parametrize(("value", "repeated"), [("local-model", "local-model"), ("a, b", ["a", "b"])])
def test_a_provider_is_a_list_only_where_several_were_named(value: str, repeated: object) -> None:
    answer = asked(f"[JCA]\nprovider={value}\n[/JCA]", Catalog())

    assert answer.model_dump(mode="json")["directives"] == {"provider": repeated}


@pytest.mark.parametrize("repository", ["payments", "ACME/Payments", "", "elsewhere/else"])
def test_any_home_of_the_ticket_is_answered(repository: str) -> None:
    assert asked("", repository=repository).repository == "payments"


@given(
    st.lists(
        st.sampled_from(["[JCA]", "[/JCA]", "\n", "model=", "small", "provider=", "x", ":", "`", "<!--", "é"])
    ).map("".join)
    | st.text(),
    st.lists(st.text(max_size=20), max_size=5),
)
def test_no_text_and_no_label_breaks_it(text: str, labels: list[str]) -> None:
    answer = asked(text, labels=tuple(labels))

    assert (answer.status == "error") == (answer.error is not None)
    assert answer.status != "error" or answer.selection is None
