"""What a ticket names to be read beside the repository it changes."""

from __future__ import annotations

import pytest

from jobs import context, reach
from jobs.catalog import Catalog, Source
from jobs.context import ContextRepository, resolve
from jobs.directives import Directives
from jobs.reach import Reach
from jobs.reasons import Code, Reason
from jobs.repository import Repository, Role

API = Repository(alias="api", url="/srv/api")
WEB = Repository(alias="web", url="/srv/web")
DOCS = Repository(alias="docs", url="/srv/docs", role=Role.CONTEXT)
OLD = Repository(alias="old", url="/srv/old", enabled=False)
CATALOG = Catalog(repositories=(API, WEB, DOCS, OLD))
SOURCE = Source.model_validate({"name": "local", "kind": "local", "secrets": ["0" * 16], "repositories": ["api"]})


def _resolved(directives: Directives, reach: Reach | None = None) -> tuple[ContextRepository, ...]:
    found = resolve(directives, API, reach or Reach(CATALOG))
    assert not isinstance(found, Reason), found
    return found


def test_nothing_named_is_nothing_to_read() -> None:
    assert _resolved(Directives()) == ()


def test_repositories_files_and_folders_come_together_by_repository() -> None:
    named = Directives(
        context_repos=("docs",),
        context_files=("docs:guide.md", "web:package.json", "api:AGENTS.md"),
        context_folders=("web:src/", "src/billing"),
    )

    assert _resolved(named) == (
        ContextRepository(repository=DOCS, whole=True, files=("guide.md",)),
        ContextRepository(repository=WEB, files=("package.json",), folders=("src",)),
        ContextRepository(repository=API, files=("AGENTS.md",), folders=("src/billing",)),
    )


def test_the_repository_that_is_written_is_no_context_by_itself() -> None:
    assert _resolved(Directives(context_repos=("api", "docs"))) == (ContextRepository(repository=DOCS, whole=True),)


@pytest.mark.parametrize(
    ("directives", "code", "words"),
    [
        (Directives(context_repos=("dcos",)), Code.REPOSITORY_UNKNOWN, "Did you mean docs?"),
        (Directives(context_files=("old:a.md",)), Code.REPOSITORY_UNKNOWN, "context: The repository old is disabled"),
        (Directives(context_folders=("web:src",)), Code.REPOSITORY_NOT_ALLOWED, "may not read web"),
    ],
)
def test_what_may_not_be_read_is_said(directives: Directives, code: Code, words: str) -> None:
    found = resolve(directives, API, Reach.of(SOURCE, CATALOG))

    assert isinstance(found, Reason)
    assert found.code is code
    assert words in str(found)


def test_every_source_may_read_what_is_there_to_be_read_only() -> None:
    found = _resolved(Directives(context_repos=("docs",)), Reach.of(SOURCE, CATALOG))

    assert [one.repository for one in found] == [DOCS]


@pytest.mark.parametrize(("kind", "writes", "spelled"), [("github", [API, WEB], "all"), ("jira", [], "none yet")])
def test_what_a_source_reaches_that_names_nothing_is_what_people_are_told(
    kind: str, writes: list[Repository], spelled: str
) -> None:
    source = Source.model_validate({"name": kind, "kind": kind, "secrets": ["0" * 16]})

    assert Reach.of(source, CATALOG).writable == writes
    assert reach.spelled(kind, source.repositories) == spelled


def test_what_is_there_to_be_read_only_is_never_written() -> None:
    refused = Reach(CATALOG).to_write("docs")

    assert isinstance(refused, Reason)
    assert refused.code is Code.REPOSITORY_NOT_ALLOWED
    assert "context_repos=docs" in refused.next_step
    assert Reach(CATALOG).writable == [API, WEB]


def test_the_keys_can_be_written_down_again_from_what_is_read() -> None:
    named = Directives(context_repos=("docs",), context_files=("web:a b.md",), context_folders=("api:src",))

    assert context.written(_resolved(named)) == named


def test_the_repositories_a_block_names_are_listed_with_its_own() -> None:
    named = Directives(context_repos=("docs",), context_files=("a.md", "web:b.md"))

    assert context.aliases(named, "api") == ("docs", "api", "web")
