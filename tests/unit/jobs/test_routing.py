"""Which repository a ticket writes."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from jobs.catalog import Catalog
from jobs.directives import Directives
from jobs.directives.labels import parse_labels
from jobs.reach import Reach
from jobs.reasons import Code
from jobs.repository import Repository, Role
from jobs.routing import Routed, route_repository
from jobs.ticket import Ticket

PAYMENTS = Repository(alias="payments", url="https://git.example/acme/payments", full_name="Acme/Payments")
DOCS = Repository(alias="docs", url="https://git.example/acme/docs", full_name="acme/docs")
OLD = Repository(alias="old", url="https://git.example/acme/old", full_name="acme/old", enabled=False)
TWIN = Repository(alias="payments-next", url="https://git.example/acme/payments", full_name="acme/payments")

READ = PAYMENTS.model_copy(update={"alias": "payments-read", "role": Role.CONTEXT})

ALL = (PAYMENTS, DOCS, OLD)
BARE = Repository(alias="bare", url="git@git.example:acme/bare.git")
ONE = (DOCS, OLD)


class Row(NamedTuple):
    what: str
    expected: str
    because: str
    """Words of the sentence or of the next step."""
    repositories: tuple[Repository, ...] = ALL
    block: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    home: str = ""
    writable: tuple[str, ...] | None = None


ROWS = [
    Row("the block wins", "payments", "work_repos", block=("payments",), labels=("repo-docs",), home="acme/docs"),
    Row("the label is next", "docs", "label", labels=("repo-docs",), home="Acme/Payments"),
    Row("then the ticket's home", "payments", "own repository", home="acme/PAYMENTS"),
    Row(
        "a home that is written goes before one that is only read",
        "payments",
        "own repository",
        (READ, *ALL),
        home="acme/payments",
    ),
    Row("a home may be an alias", "docs", "own repository", home="Docs"),
    Row("then the only one", "docs", "only repository", repositories=ONE),
    Row("an unknown home says nothing", "docs", "only repository", repositories=ONE, home="acme/website"),
    Row("an alias that does not exist is answered", Code.REPOSITORY_UNKNOWN, "no repository site", home="site"),
    Row("an address says owner and name", "bare", "own repository", repositories=(BARE, DOCS), home="acme/bare"),
    Row("the only one this source may write", "docs", "only repository", writable=("docs", "old")),
    Row("a typo is answered", Code.REPOSITORY_UNKNOWN, "Did you mean payments?", block=("paymets",)),
    Row("what exists is listed", Code.REPOSITORY_UNKNOWN, "There is payments and docs.", block=("zzz",)),
    Row(
        "only what may be written is listed",
        Code.REPOSITORY_UNKNOWN,
        "There is docs.",
        block=("z",),
        writable=("docs",),
    ),
    Row("a disabled one is refused", Code.REPOSITORY_UNKNOWN, "old is disabled", labels=("repo-old",)),
    Row("a disabled home is refused", Code.REPOSITORY_UNKNOWN, "old is disabled", home="acme/old", repositories=ONE),
    Row(
        "the source's list holds",
        Code.REPOSITORY_NOT_ALLOWED,
        "may not write payments",
        block=("payments",),
        writable=("docs",),
    ),
    Row("also for the home", Code.REPOSITORY_NOT_ALLOWED, "may not write", home="acme/payments", writable=("docs",)),
    Row("several need a label", Code.ROUTING_MISSING, "repo-payments, repo-docs"),
    Row("none at all", Code.ROUTING_MISSING, "`jca repos add`", repositories=(OLD,)),
    Row("an empty list writes nothing", Code.ROUTING_MISSING, "`jca repos add`", writable=()),
    Row("two labels", Code.ROUTING_MISSING, "names payments and docs", labels=("repo-payments", "repo=docs")),
    Row("two in the block", Code.ROUTING_MISSING, "Keep one", block=("payments", "docs")),
    Row(
        "a shared home",
        Code.ROUTING_MISSING,
        "payments and payments-next",
        repositories=(PAYMENTS, TWIN),
        home="acme/payments",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_the_most_specific_layer_decides(row: Row) -> None:
    routed = route_repository(
        Ticket(source="local", key="PAY-1", title="t", repository=row.home),
        Directives(work_repos=row.block),
        parse_labels(row.labels),
        Reach(Catalog(repositories=row.repositories), row.writable),
    )

    if isinstance(routed, Routed):
        assert (row.expected, True) == (routed.repository.alias, row.because in routed.because)
    else:
        assert row.expected == routed.code
        assert row.because in str(routed)
        assert routed.next_step
