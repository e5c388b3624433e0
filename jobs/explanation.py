"""What would become of a ticket: how its block reads, which repository, which provider and model, and why. Pure."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from jobs import context
from jobs.catalog import Catalog
from jobs.directives import Directives, Parsed, Problem, parse_directives
from jobs.directives.labels import parse_labels
from jobs.directives.support import unsupported
from jobs.reach import Reach
from jobs.reasons import Reason
from jobs.repository import Repository
from jobs.routing import Routed, route_repository
from jobs.selection import Selection, resolve_selection
from jobs.ticket import Flavor, Ticket

_ANY = Repository(alias="any", url="/any")
"""Stands in where no repository is decided: it adds no defaults and allows everything."""


class Question(BaseModel):
    """A ticket somebody wonders about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    """The body as the tracker shows it to its author."""
    labels: tuple[str, ...] = Field((), max_length=100)
    repository: str = ""
    """Where the ticket lives, by alias or `owner/name`; empty when it lives in no repository."""
    flavor: Flavor = "markdown"


class Explanation(BaseModel):
    """The answer, the same for the command line, the JSON API and the page."""

    model_config = ConfigDict(frozen=True)

    status: Literal["ok", "none", "error"]
    """How the block reads: usable, not there, or wrong, which means no job."""
    directives: Directives = Directives()
    """Only what was written; `provider` is a word, or a list where several were named."""
    error: str | None = None
    """Code of what is wrong with the block: `unknown_key`, `not_supported_yet`, …"""
    message: str = ""
    """The error as one sentence for the author."""
    line: int | None = None
    """Where the error is, counted from 1."""
    suggestion: str = ""
    """The nearest valid word."""
    warnings: tuple[Problem, ...] = ()
    repository: str | None = None
    """Alias of the repository the job would write."""
    routed: str = ""
    """Why that one."""
    selection: Selection | None = None
    denied: Reason | None = None
    """Why no job would start although the block reads well: a repository, provider or model that cannot be used."""

    @field_serializer("directives")
    def _written(self, directives: Directives) -> dict[str, Any]:
        written = directives.model_dump(mode="json", exclude_defaults=True)
        if len(directives.provider) == 1:  # a list is only what was written as one
            written["provider"] = directives.provider[0]
        return written


def explain(question: Question, catalog: Catalog) -> Explanation:
    """Read and decide as triage would, for a sender who may write every repository."""
    known = {name for profile in catalog.providers for name in (profile.name, profile.kind.value)}
    parsed = parse_directives(question.text, flavor=question.flavor, providers=known or None)
    labels = parse_labels(question.labels)
    warnings = (*parsed.warnings, *labels.warnings)
    if problem := parsed.error or unsupported(parsed.directives):
        return _wrong(parsed, problem, warnings)
    ticket = Ticket(source="question", key="question", title="", body=question.text, repository=question.repository)
    reach = Reach(catalog)
    routed = route_repository(ticket, parsed.directives, labels, reach)
    repository = routed.repository if isinstance(routed, Routed) else None
    read = context.resolve(parsed.directives, repository or _ANY, reach)
    selected = resolve_selection(parsed.directives, labels, repository or _ANY, catalog)
    return Explanation(
        status=parsed.status,
        directives=parsed.directives,
        warnings=warnings,
        repository=repository.alias if repository else None,
        routed=routed.because if isinstance(routed, Routed) else "",
        selection=selected if isinstance(selected, Selection) else None,
        denied=next((reason for reason in (routed, read, selected) if isinstance(reason, Reason)), None),
    )


def _wrong(parsed: Parsed, problem: Problem, warnings: tuple[Problem, ...]) -> Explanation:
    return Explanation(
        status="error",
        directives=parsed.directives,
        error=problem.code,
        message=problem.message,
        line=problem.line,
        suggestion=problem.suggestion,
        warnings=warnings,
    )
