"""Making words of others harmless where we repeat them: no live mention, command, closing keyword, block or markup."""

from __future__ import annotations

import re

_JOINER = "\N{WORD JOINER}"

_LIVE = re.compile(
    r"""
    (?P<mention>@(?=[A-Za-z0-9]))                                       # @person, @dependabot
    | (?P<command>^[ \t]*/(?=\w))                                         # /jca retry, /ok-to-test
    | (?P<closing>\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?=:?\s+\S*\#?\d)) # fixes #7
    | (?P<block>\[(?=\\?/?\s*jca))                                      # [JCA]
    | (?P<reference>\#(?=\d))                                           # #7
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~!])")


def quiet(text: str) -> str:
    """The same words, starting nothing where they stand as plain text, such as in a commit message."""
    return _LIVE.sub(lambda match: f"{match.group()[0]}{_JOINER}{match.group()[1:]}", text)


def inert(text: str) -> str:
    """The same words, as plain text in Markdown that starts nothing anywhere."""
    return _MARKUP.sub(r"\\\1", quiet(text))
