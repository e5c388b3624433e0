"""What the worst bodies cost: 128 KiB that look like the beginning of everything a reader looks for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from jobs.commands import read_command
from jobs.directives import parse_directives
from webhooks.github import read_github

SIZE = 128 * 1024  # characters
PIECES = (
    *("<!--", "-->", "<!---->", "<!", "<a ", '<a b="', "<br>", "</", "[", "![", "](", "[JCA]", "[JCA]\n", "[/JCA]\n"),
    *(
        "\\",
        "`",
        "```\n",
        "> ",
        ">\n",
        "\r",
        "\n",
        " ",
        "\t",
        "{quote}",
        "{code",
        "{",
        "bq. \n",
        "\\\\",
        "\u00a0",
        "\u200b",
    ),
    *("/jca", "/jca ", "/jca retry\n", "/jca x\n", "/jca continue ", "MergeLoom", "MergeLoom -> ", "MergeLoom \t"),
    *("[JCA]\nmodel=", "a=b ", '"', "=", "<!--\n[JCA]\n", "&#91;"),
)


def slowest() -> tuple[str, float]:
    """The piece that costs the most when it fills a body, and its milliseconds of processor time."""
    costs = {piece: max(_cost(read, piece) for read in _READERS) for piece in PIECES}
    worst = max(costs, key=costs.__getitem__)
    return repr(worst), costs[worst]


def _cost(read: Callable[[str], object], piece: str) -> float:
    body = (piece * (SIZE // len(piece) + 1))[:SIZE]
    before = time.process_time()
    read(body)
    return (time.process_time() - before) * 1000


def _comment(body: str) -> object:
    payload = {
        "action": "created",
        "sender": {"login": "o"},
        "repository": {"full_name": "a/b"},
        "issue": {"number": 1, "title": "", "html_url": ""},
        "comment": {"id": 1, "body": body},
    }
    headers = {"X-GitHub-Event": "issue_comment", "X-GitHub-Delivery": "d"}
    return read_github("github", headers, json.dumps(payload).encode(), "jca")


_READERS: tuple[Callable[[str], object], ...] = (
    parse_directives,
    lambda body: parse_directives(body, flavor="jira_wiki"),
    read_command,
    lambda body: read_command(body, "jira_wiki"),
    _comment,
)
