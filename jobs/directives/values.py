"""What each key's value may be, and what it becomes in `Directives`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from jobs.directives.pairs import Pair
from jobs.directives.problems import Rejected
from jobs.names import MODEL, NAME
from jobs.nearest import listed, nearest

Fields = dict[str, Any]
"""Fields of `Directives` by name."""

EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "max")
LISTS = frozenset({"work_repos", "context_repos", "context_files", "context_folders"})
"""Keys whose values add up when they are written more than once."""
MOST_ITEMS = 20  # of one list

_NAME = re.compile(rf"{NAME}\Z")
_PATH = re.compile(rf"(?:{NAME}:)?(?P<path>[^/~\\:-][^\\:]*)\Z")
_BRANCH = re.compile(
    r"(?!HEAD\Z)(?!.*(?:\.\.|//|/\.|@\{|\.lock(?:/|\Z)))[A-Za-z0-9_](?:[A-Za-z0-9._/+@#=-]{0,198}[A-Za-z0-9_+@#=-])?\Z"
)
"""The safe part of what `git check-ref-format --branch` accepts: https://git-scm.com/docs/git-check-ref-format"""
_BUDGET = re.compile(r"(\d{1,9}(?:\.\d{1,4})?)(usd|ktok|mtok|tok)\Z", re.ASCII)
_TOKENS = {"tok": 1, "ktok": 1_000, "mtok": 1_000_000}
_TIMEOUT = re.compile(r"(\d{1,6})([smh])\Z", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def read_value(pair: Pair, providers: Collection[str] | None) -> Fields:
    """The fields that one pair sets.

    Args:
        pair: a known key with its value.
        providers: names that `provider=` may use; None leaves the check to whoever knows them.

    Raises:
        Rejected: the value is not one this key takes.
    """
    if pair.key == "inline_context":
        return {"inline_context": pair.value}
    if not pair.value.isascii():
        message = f"The value of {pair.key} holds characters beyond plain ASCII; an editor may have replaced them."
        raise Rejected("non_ascii_value", message, line=pair.line)
    if not pair.value:
        raise Rejected("invalid_value", f"{pair.key} has no value.", line=pair.line)
    if pair.key == "provider":
        return {"provider": _providers(pair, providers)}
    return _RULES[pair.key](pair)


def _invalid(pair: Pair, rule: str, suggestion: str = "") -> Rejected:
    return Rejected(
        "invalid_value", f"The value of {pair.key} is not usable: {rule}.", line=pair.line, suggestion=suggestion
    )


def _items(pair: Pair) -> list[str]:
    items = [item.strip() for item in pair.value.split(",")]
    if not all(items):
        raise _invalid(pair, "an item between its commas is empty")
    if len(items) > MOST_ITEMS:
        raise _invalid(pair, f"it lists more than {MOST_ITEMS} items")
    return list(dict.fromkeys(items))


def _names(pair: Pair) -> tuple[str, ...]:
    names = [item.lower() for item in _items(pair)]
    if not all(_NAME.match(name) for name in names):
        raise _invalid(pair, "a name is made of letters, digits, '.', '_' and '-'")
    return tuple(dict.fromkeys(names))


def _providers(pair: Pair, known: Collection[str] | None) -> tuple[str, ...]:
    names = _names(pair)
    unknown = [name for name in names if known is not None and name not in known]
    if unknown:
        message = f"There is no provider {unknown[0]} here; there is {listed(sorted(known or ()))}."
        raise Rejected("unknown_provider", message, line=pair.line, suggestion=nearest(unknown[0], known or ()))
    return names


def _repositories(pair: Pair) -> Fields:
    return {pair.key: _names(pair)}


def _paths(pair: Pair) -> Fields:
    paths = _items(pair)
    for item in paths:
        match = _PATH.match(item)
        if match is None or {"", ".", ".."} & set(match["path"].removesuffix("/").split("/")):
            message = f"{pair.key} takes alias:path with a path inside the repository, such as api:docs/guide.md."
            raise Rejected("invalid_path", message, line=pair.line)
    return {pair.key: tuple(paths)}


def _model(pair: Pair) -> Fields:
    if not MODEL.match(pair.value):
        raise _invalid(pair, "a model starts with a letter or digit, then letters, digits, ._:/@+[]-, at most 128")
    return {"model": pair.value}


def _base(pair: Pair) -> Fields:
    if not _BRANCH.match(pair.value):
        raise _invalid(pair, "it is not a branch name that git accepts")
    return {"base": pair.value}


def _budget(pair: Pair) -> Fields:
    fields: Fields = {}
    for item in _items(pair):
        match = _BUDGET.match(item.lower())
        name = "budget_usd" if match and match[2] == "usd" else "budget_tokens"
        amount = float(match[1]) * _TOKENS.get(match[2], 1) if match else 0
        if name == "budget_tokens":
            amount = int(amount)
        if amount <= 0 or name in fields:
            raise _invalid(pair, "give USD, tokens or both, such as 2usd, 500ktok or 2usd,500ktok")
        fields[name] = amount
    return fields


def _timeout(pair: Pair) -> Fields:
    match = _TIMEOUT.match(pair.value.lower())
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if seconds <= 0:
        raise _invalid(pair, "give a duration, such as 90s, 45m or 2h")
    return {"timeout_seconds": seconds}


def _effort(pair: Pair) -> Fields:
    return {"effort": _one_of(pair, EFFORTS)}


def _plan(pair: Pair) -> Fields:
    return {"plan": _one_of(pair, ("ask",))}


def _one_of(pair: Pair, words: tuple[str, ...]) -> str:
    word = pair.value.lower()
    if word not in words:
        raise _invalid(pair, f"it takes {listed(words)}", nearest(word, words))
    return word


_RULES: dict[str, Callable[[Pair], Fields]] = {
    "work_repos": _repositories,
    "context_repos": _repositories,
    "context_files": _paths,
    "context_folders": _paths,
    "model": _model,
    "base": _base,
    "budget": _budget,
    "timeout": _timeout,
    "effort": _effort,
    "plan": _plan,
}
