"""Labels that choose a model or a repository."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.directives.labels import parse_labels


def test_model_labels_are_distinct_and_in_order() -> None:
    labels = parse_labels(["bug", "model:opus", "Model: anthropic/claude-opus-4.5", "model:opus", "models:x"])

    assert labels.models == ("opus", "anthropic/claude-opus-4.5")
    assert labels.warnings == ()


@pytest.mark.parametrize(
    "label", ["repo-payments", "repo:payments", "repo=payments", "REPO-Payments", " repo: payments "]
)
def test_every_spelling_of_a_repository_label_names_the_same(label: str) -> None:
    assert parse_labels([label, "repo-payments"]).repositories == ("payments",)


def test_a_model_identifier_may_hold_colons() -> None:
    assert parse_labels(["model:us.anthropic.claude-v1:0"]).models == ("us.anthropic.claude-v1:0",)


@pytest.mark.parametrize("label", ["model:", "model:--yolo", "model:a b", "repo-", "repo:a/b", "repo=-x", "repo-é"])
def test_a_malformed_label_has_no_effect_and_is_warned_about(label: str) -> None:
    labels = parse_labels([label])

    assert (labels.models, labels.repositories) == ((), ())
    assert [problem.code for problem in labels.warnings] == ["invalid_label"]


@pytest.mark.parametrize("label", ["repository", "repo", "model", "jca", "remodel:x", ""])
def test_other_labels_mean_nothing(label: str) -> None:
    assert parse_labels([label]) == parse_labels([])


@given(
    st.lists(
        st.text(max_size=20) | st.text(max_size=20).map("model:".__add__) | st.text(max_size=20).map("repo-".__add__)
    )
)
def test_no_label_raises_or_yields_an_option(texts: list[str]) -> None:
    labels = parse_labels(texts)

    assert not any(value.startswith("-") for value in (*labels.models, *labels.repositories))
