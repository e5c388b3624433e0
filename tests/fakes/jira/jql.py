"""As much JQL as the product asks, read by the rules of the language: `field in (…)`, `updated >= -5m`, `!=`, `AND`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tests.fakes.jira.state import CATEGORIES, Issue

_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\(|\)|,|>=|!=)|([A-Za-z]+|-\d+m))')


class Malformed(Exception):
    """Jira would answer 400."""


def select(text: str, issues: list[Issue]) -> list[Issue]:
    """The issues a question means, in its order."""
    tokens = _tokens(text)
    found = issues
    while tokens[:2] != [("word", "ORDER"), ("word", "BY")]:
        found, tokens = _condition(tokens, found)
        if tokens[:1] == [("word", "AND")]:
            tokens = tokens[1:]
        elif tokens[:1] != [("word", "ORDER")]:
            raise Malformed(f"expected AND or ORDER BY near {tokens[:3]}")
    return sorted(found, key=lambda issue: (issue.updated, issue.key))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Malformed(f"unexpected {text[at : at + 20]!r}")
        if match[1] is not None:
            tokens.append(("string", re.sub(r"\\(.)", r"\1", match[1])))
        else:
            tokens.append(("sign", match[2]) if match[2] else ("word", match[3]))
        at = match.end()
    return tokens


def _condition(tokens: list[tuple[str, str]], issues: list[Issue]) -> tuple[list[Issue], list[tuple[str, str]]]:
    match tokens:
        case [("word", field), ("word", "in"), ("sign", "("), *rest]:
            end = rest.index(("sign", ")"))
            values = {value for kind, value in rest[:end] if kind == "string"}
            return [issue for issue in issues if values & set(_values(issue, field))], rest[end + 1 :]
        case [("word", "updated"), ("sign", ">="), ("word", age), *rest]:
            since = datetime.now(UTC) - timedelta(minutes=int(age[1:-1]))
            return [issue for issue in issues if issue.updated >= since], rest
        case [("word", "statusCategory"), ("sign", "!="), ("word", "Done"), *rest]:
            return [issue for issue in issues if CATEGORIES.get(issue.status) != "done"], rest
    raise Malformed(f"cannot read {tokens[:4]}")


def _values(issue: Issue, field: str) -> list[str]:
    match field:
        case "project":
            return [issue.key.partition("-")[0]]
        case "labels":
            return issue.labels
        case "status":
            return [issue.status]
    raise Malformed(f"no field {field}")
