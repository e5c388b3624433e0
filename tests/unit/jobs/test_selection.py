"""Which provider and model a job gets: every row of `selection_table.txt`, what is asked and what comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from jobs.catalog import Catalog, Model, ProviderKind, ProviderProfile, Workspace
from jobs.directives import parse_directives
from jobs.directives.labels import parse_labels
from jobs.reasons import Reason
from jobs.repository import Repository
from jobs.selection import Selection, resolve_selection

TABLE = Path(__file__).with_name("selection_table.txt")


def profile(name: str, *models: Model, default: str = "", enabled: bool = True) -> ProviderProfile:
    return ProviderProfile(
        name=name,
        kind=ProviderKind.OPENAI_COMPATIBLE,
        base_url=f"http://{name}.example/v1",
        models=models,
        default_model=default or models[0].id,
        enabled=enabled,
    )


PROFILES = {
    known.name: known
    for known in (
        profile(
            "alpha",
            Model(id="alpha-small"),
            Model(id="alpha-large", aliases=("large",)),
            Model(id="gone", enabled=False),
        ),
        profile(
            "beta",
            Model(id="beta-one", aliases=("one",)),
            Model(id="shy", by_label=False),
            Model(id="large-beta", aliases=("wide",)),
        ),
        profile("star", Model(id="star-low"), Model(id="star-high", starred=True)),
        profile("dark", Model(id="dark-one"), enabled=False),
        profile("darkstar", Model(id="off", starred=True), enabled=False),
        profile("implicit", Model(id="listed"), default="unlisted"),
        profile("twin-a", Model(id="x")),
        profile("twin-b", Model(id="x")),
    )
}


class Row(NamedTuple):
    what: str
    asked: str
    repository: str
    workspace: str
    providers: str
    expected: str
    because: str


def rows() -> list[Row]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    table = [Row(*(cell.strip() for cell in line.split("|"))) for line in lines if line and not line.startswith("#")]
    return table[1:]


def decide(row: Row) -> Selection | Reason:
    words = row.asked.split()
    block = "\n".join(["[JCA]", *(word for word in words if "=" in word), "[/JCA]"])
    repo = dict(word.split("=") for word in row.repository.split())
    repository = Repository(
        alias="shop",
        url="https://git.example/shop",
        provider=repo.get("provider"),
        model=repo.get("model"),
        labels_allowed=repo.get("labels_allowed") != "no",
        models_allowed=(repo["models_allowed"],) if "models_allowed" in repo else (),
    )
    catalog = Catalog(
        repositories=(repository,),
        providers=tuple(PROFILES[name] for name in row.providers.split()),
        workspace=Workspace.model_validate(dict(word.split("=") for word in row.workspace.split())),
    )
    return resolve_selection(parse_directives(block).directives, parse_labels(words), repository, catalog)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.what)
def test_the_layers_decide_and_say_why(row: Row) -> None:
    decision = decide(row)

    if isinstance(decision, Reason):
        assert row.expected == decision.code
        assert decision.sentence.endswith(".")
        assert decision.next_step
        told = [str(decision)]
    else:
        assert row.expected == f"{decision.provider}/{decision.model}"
        told = [f"{step.layer}: {step.outcome}: {step.text}" for step in decision.because]
    for because in filter(None, row.because.split(" ; ")):
        *start, words = because.rsplit(": ", 1)
        assert any(text.startswith("".join(start)) and words in text for text in told), told


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.what)
def test_provider_and_model_are_each_chosen_once(row: Row) -> None:
    decision = decide(row)

    if isinstance(decision, Selection):
        chosen = [step for step in decision.because if step.outcome == "chosen"]
        assert len(chosen) == len({"provider", "model"})
        assert all(step.text.endswith(".") for step in decision.because)


def test_the_account_is_the_profile() -> None:
    decision = decide(Row("", "provider=beta", "", "", "alpha beta", "", ""))

    assert isinstance(decision, Selection)
    assert decision.account == "beta"
