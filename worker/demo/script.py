"""What the scripted model does: a fixed way of working, decided from what it is sent and nothing else. Pure.

It is not an AI and says so in what it writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from worker.demo import mistakes
from worker.demo.request import Call, Request

NOT_AN_AI = "I am a scripted demo model, not an AI: I follow a fixed script and know a few mistakes by sight."
TOOLS = frozenset({"list", "run", "read", "edit", "diff", "finish"})

_EXAMPLES: dict[str, Any] = {"string": "ready", "boolean": True, "integer": 1, "number": 1.0, "array": [], "object": {}}


@dataclass(frozen=True)
class Say:
    """One answer: words, and the call of a tool where there is one."""

    words: str
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)


def answer(body: Mapping[str, Any]) -> Say:
    """Decide what to answer to a chat-completions request."""
    request = Request(body)
    if request.forced in request.offered:
        return Say(NOT_AN_AI, request.forced, _example(request.offered[request.forced]))
    if "finish" not in request.offered:
        return Say(NOT_AN_AI)
    if missing := TOOLS - set(request.offered):
        return _lost(f"my script needs tools that are not offered: {', '.join(sorted(missing))}")
    if not request.command:
        return _lost("the task names no validation command as a list of arguments")
    return _step(request)


def _step(request: Request) -> Say:
    """The first step of the script that was not taken yet; every step is taken once, so it comes to an end."""
    runs, edits = request.calls("run"), request.calls("edit")
    if not request.calls("list"):
        return Say(f"{NOT_AN_AI} I look at what is here.", "list", {"path": "."})
    if not runs:
        return Say("I run the validation command to see what fails.", "run", {"argv": request.command})
    if not edits:
        return _look_for_mistake(request, runs[0].returned)
    if len(runs) == 1:
        return Say("I run the validation command again.", "run", {"argv": request.command})
    if not request.calls("diff"):
        return Say("I look at my change.", "diff")
    return _conclude(edits[0], runs[1].returned, request.calls("diff")[0].returned)


def _look_for_mistake(request: Request, output: str) -> Say:
    if _passed(output):
        return _carry_on(request)
    reads = request.calls("read")
    if reads and (found := mistakes.find(reads[-1].returned)):
        path = reads[-1].arguments.get("path", "")
        change = {"path": path, "old": found.line, "new": found.correction}
        return Say(f"In {path} {found.explanation}. I correct that line.", "edit", change)
    seen = {call.arguments.get("path") for call in reads}
    path = next((path for path in _suspects(request, output) if path not in seen), "")
    if not path:
        return _lost("none of the files the output leads to holds a mistake my script knows")
    return Say(f"The output leads to {path}, so I read it.", "read", {"path": path})


def _carry_on(request: Request) -> Say:
    """The command passes already: an earlier run of this job may have corrected the mistake."""
    diffs = request.calls("diff")
    if not diffs:
        return Say("It passes already. I look whether an earlier run has left a change.", "diff")
    if not (changed := _changed_lines(diffs[0].returned)):
        return _lost("the validation command passes already, so there is nothing my script could correct")
    summary = f"An earlier run left a change of {changed} lines, and the validation command passes with it."
    return Say("I finish.", "finish", {"summary": summary, "done": True, "notes": NOT_AN_AI})


def _conclude(edit: Call, output: str, diff: str) -> Say:
    old, new = (str(edit.arguments.get(name, "")).strip() for name in ("old", "new"))
    changed = _changed_lines(diff)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    seen = [line for line in lines if re.match(r"Ran \d+|OK|FAILED|\(exit code|\(stopped", line)]
    summary = (
        f"In `{edit.arguments.get('path')}`, `{old}` became `{new}`; the diff has {changed} changed lines. "
        f"The validation command then said: {' '.join(seen) or 'nothing that I can quote'}."
    )
    return Say("I finish.", "finish", {"summary": summary, "done": _passed(output), "notes": NOT_AN_AI})


def _changed_lines(diff: str) -> int:
    return sum(1 for line in diff.splitlines() if re.match(r"[+-](?![+-])", line))


def _lost(why: str) -> Say:
    notes = {"summary": f"Nothing was changed: {why}.", "done": False, "notes": NOT_AN_AI}
    return Say(f"{NOT_AN_AI} I stop: {why}.", "finish", notes)


def _suspects(request: Request, output: str) -> list[str]:
    """Files that could be at fault: those of the traceback, innermost first, then what the files read so far import."""
    top = {name.strip() for name in request.calls("list")[0].returned.splitlines()}
    named = reversed(re.findall(r'File "([^"]+\.py)", line', output))
    traced = [path for name in named for path in _inside(name, top)]
    imported = [path for call in request.calls("read") for path in _imports(call.returned, top)]
    return list(dict.fromkeys([*traced, *imported]))


def _inside(path: str, top: set[str]) -> list[str]:
    """What a path may be in the checkout: from a directory on that the listing shows; nothing for files elsewhere."""
    parts = PurePosixPath(path).parts
    starts = [index for index, part in enumerate(parts[:-1]) if f"{part}/" in top]
    return ["/".join(parts[start:]) for start in reversed(starts)]


def _imports(text: str, top: set[str]) -> list[str]:
    """Files of the checkout that a module imports: `from a.b import c` is `a/b.py`, `from a import b` is too."""
    found = re.findall(r"^\s*(?:\d+\t)?\s*from ([\w.]+) import (\w+)", text, re.MULTILINE)
    modules = [package if "." in package else f"{package}.{member}" for package, member in found]
    return [f"{module.replace('.', '/')}.py" for module in modules if f"{module.partition('.')[0]}/" in top]


def _example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that fit a tool's schema, for a call that is only a test."""
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    types = {name: entry.get("type") if isinstance(entry, Mapping) else None for name, entry in known.items()}
    return {name: _EXAMPLES.get(str(kind), "ready") for name, kind in types.items()}


def _passed(output: str) -> bool:
    return "(exit code 0 " in output
