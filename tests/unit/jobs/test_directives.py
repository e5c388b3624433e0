"""The `[JCA]` block: what reads as what, and that no text breaks or slows the reading."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.directives import Directives, has_block, parse_directives
from jobs.directives.problems import MOST_WARNINGS
from jobs.directives.support import unsupported
from jobs.directives.visible import has_bracket, read_lines
from jobs.ticket import Flavor

CASES = json.loads(Path(__file__).with_name("directive_cases.json").read_text(encoding="utf-8"))
PROVIDERS = {"claude-api", "codex-api"}
FLAVORS: tuple[Flavor, ...] = ("markdown", "jira_wiki", "text")

PIECES = [
    *"[]\\/`~<>{}&;:=,\"'#*-_!?|\n\r\t ",
    "[JCA]",
    "[/JCA]",
    "\n[JCA]\n",
    "\n[/JCA]\n",
    "model=",
    "provider=claude-api",
    "inline_context=",
    "<!--",
    "-->",
    "<br>",
    '<a b="',
    "```",
    "```jca\n",
    "![",
    "](",
    "> ",
    "- ",
    "{quote}",
    "{code}",
    "{color:",
    "\\\\",
    "\u200b",
    "\u202e",
    "\x00",
    "\ud83d",
    "\uff3b",
    "\u2028",
    "a",
]
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join)


def _body(case: dict[str, Any]) -> str | None:
    if "generate" not in case:
        body: str | None = case["input"]
        return body
    made = case["generate"]
    return str(made.get("prefix", "") + made["repeat"] * made["times"] + made.get("suffix", ""))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_case_reads_as_written_down(case: dict[str, Any]) -> None:
    parsed = parse_directives(_body(case), flavor=case["flavor"], providers=PROVIDERS)

    assert case["status"] == parsed.status
    assert case.get("error", "") == (parsed.error.code if parsed.error else "")
    assert case.get("line") == (parsed.error.line if parsed.error else None)
    assert case.get("suggestion", "") == (parsed.error.suggestion if parsed.error else "")
    assert case.get("directives", {}) == json.loads(parsed.directives.model_dump_json(exclude_defaults=True))
    assert case.get("warnings", []) == [warning.code for warning in parsed.warnings]


@given(hostile, st.sampled_from(FLAVORS))
def test_no_text_raises_and_an_error_leaves_nothing_half_applied(text: str, flavor: Flavor) -> None:
    parsed = parse_directives(text, flavor=flavor, providers=PROVIDERS)

    if parsed.status != "ok":
        assert parsed.directives == Directives()
    assert (parsed.status == "error") == (parsed.error is not None)
    assert len(parsed.warnings) <= MOST_WARNINGS
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for problem in (*parsed.warnings, *([parsed.error] if parsed.error else [])):
        assert problem.line is None or 1 <= problem.line <= lines


@given(hostile, st.sampled_from(FLAVORS))
def test_a_block_is_found_without_reading_it_exactly_where_it_is_read(text: str, flavor: Flavor) -> None:
    assert has_block(text, flavor=flavor) == (parse_directives(text, flavor=flavor).status != "none")


@given(hostile, st.sampled_from(FLAVORS))
def test_only_prose_is_left_out_above_a_block(text: str, flavor: Flavor) -> None:
    lines = list(read_lines(text, flavor))
    read = list(read_lines(text, flavor, after_prose=True))

    left_out = lines[: len(lines) - len(read)]
    assert lines[len(left_out) :] == read
    assert not any(line.hidden or has_bracket(line.text) for line in left_out)


@given(hostile)
def test_whatever_stands_inside_a_block_becomes_safe_values_or_an_error(content: str) -> None:
    parsed = parse_directives(f"[JCA]\n{content}\n[/JCA]", flavor="text", providers=PROVIDERS)

    found = parsed.directives
    for value in (found.model, found.base, *found.provider, *found.work_repos):
        assert not value.startswith("-")
        assert value.isascii()
        assert value.isprintable()
    assert set(found.provider) <= PROVIDERS
    found.inline_context.encode("utf-8")
    assert all(char in {"\n", "\t"} or ord(char) >= ord(" ") for char in found.inline_context)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=80), st.sampled_from(["> ", "    "]))
def test_a_quoted_or_indented_block_never_runs(words: str, mark: str) -> None:
    block = "\n".join(mark + line for line in ["[JCA]", f"inline_context={words}", "model=x", "[/JCA]"])

    assert parse_directives(block).status == "none"


def test_only_kinds_and_profiles_that_are_handed_in_are_checked() -> None:
    block = "[JCA]\nprovider=skynet\n[/JCA]"

    assert parse_directives(block).directives.provider == ("skynet",)
    assert parse_directives(block, providers=()).status == "error"


def test_messages_repeat_nothing_a_tracker_would_act_on() -> None:
    error = parse_directives("[JCA]\nhey `@everyone` <b>\n[/JCA]").error

    assert error is not None
    assert not set(error.message) & set("`@<>")


SIZE = 128 * 1024  # characters; twice what any tracker allows
SHAPES: dict[str, tuple[Flavor, Callable[[int], str]]] = {
    "brackets": ("markdown", lambda n: "[" * n),
    "backslashes": ("markdown", lambda n: "\\" * n),
    "comment openings": ("markdown", lambda n: "<!-- " * (n // 5)),
    "comment pairs": ("markdown", lambda n: "<!---->" * (n // 7)),
    "half breaks": ("markdown", lambda n: "<br" * (n // 3)),
    "breaks with spaces": ("markdown", lambda n: ("<br" + " " * 50) * (n // 53)),
    "open attributes": ("markdown", lambda n: '<a b="' * (n // 6)),
    "equal signs in a tag": ("markdown", lambda n: "<a " + "= " * (n // 2)),
    "list markers": ("markdown", lambda n: "- " * (n // 2)),
    "spaces": ("markdown", lambda n: "[JCA]" + " " * n + "x"),
    "images": ("markdown", lambda n: "![" * (n // 2)),
    "titles": ("markdown", lambda n: "](" + " \" '" * (n // 4)),
    "fences": ("markdown", lambda n: "```\n" * (n // 4)),
    "quotes": ("markdown", lambda n: "> " * (n // 2)),
    "blocks": ("markdown", lambda n: "[JCA]\n[/JCA]\n" * (n // 13)),
    "blocks on one line": ("markdown", lambda n: "[JCA]" + "[/JCA] " * (n // 7) + "x"),
    "closing tags": ("markdown", lambda n: "[/JCA]\n" * (n // 7)),
    "near misses": ("markdown", lambda n: "[J\u200bCA]\n" * (n // 7)),
    "an open block": ("markdown", lambda n: "[JCA]\n" + "model=x\n" * (n // 8)),
    "wiki quotes": ("jira_wiki", lambda n: "{quote}" * (n // 7)),
    "wiki colours": ("jira_wiki", lambda n: "{color:" * (n // 7)),
    "wiki breaks": ("jira_wiki", lambda n: "\\\\" * (n // 2)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_text_takes_about_four_times_as_long(shape: str) -> None:
    flavor, make = SHAPES[shape]

    small = _seconds(make(SIZE // 4), flavor)
    large = _seconds(make(SIZE), flavor)

    # Quadratic work would be 16 times as much; the constant covers what a busy machine adds to almost nothing.
    assert large < 10 * small + 0.02


def _seconds(text: str, flavor: Flavor) -> float:
    def once() -> float:
        start = time.process_time()
        parse_directives(text, flavor=flavor, providers=PROVIDERS)
        return time.process_time() - start

    return min(once() for _ in range(3))


@pytest.mark.parametrize(
    ("directives", "key"),
    [
        (Directives(plan="ask"), "plan"),
        (Directives(work_repos=("api", "web")), "work_repos"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_without_effect_is_said_and_not_accepted(directives: Directives, key: str) -> None:
    problem = unsupported(directives)

    assert problem is not None
    assert problem.code == "not_supported_yet"
    assert problem.message.startswith(key)


def test_everything_else_takes_effect() -> None:
    block = (
        "[JCA]\nwork_repos=api\nprovider=claude-api\nmodel=x\nbase=main\nbudget=2usd,5ktok\ntimeout=1h\neffort=low\n"
        "context_repos=docs\ncontext_files=api:a.md\ncontext_folders=src\ninline_context=be kind\n[/JCA]"
    )

    parsed = parse_directives(block)

    assert parsed.status == "ok"
    assert unsupported(parsed.directives) is None
