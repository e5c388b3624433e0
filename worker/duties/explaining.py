"""How a ticket reads, for the people of the ticket. Pure."""

from __future__ import annotations

from jobs.catalog import Catalog
from jobs.explanation import Explanation, Question, explain
from jobs.neutral import inert
from jobs.ticket import Ticket


def explained(ticket: Ticket, catalog: Catalog) -> str:
    """The explanation as Markdown, the same that `jca explain` gives."""
    question = Question(
        text=ticket.body,
        labels=ticket.labels[:100],
        repository=ticket.repository,
        flavor=ticket.flavor,
    )
    lines = _lines(explain(question, catalog))
    return "\n".join(["this is how the ticket reads:", "", *(f"- {inert(line)}" for line in lines)])


def _lines(found: Explanation) -> list[str]:
    if found.status == "error":
        place = f"Line {found.line}: " if found.line else ""
        hint = f" Did you mean {found.suggestion}?" if found.suggestion else ""
        return [f"{place}{found.message}{hint}"]
    lines = [found.routed] if found.routed else []
    if found.selection:
        chosen = [step.text for step in found.selection.because]
        lines += [f"It runs with {found.selection.model} on {found.selection.provider}.", *chosen]
    lines += [str(found.denied)] if found.denied else []
    return lines + [problem.message for problem in found.warnings]
