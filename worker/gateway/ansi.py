"""Terminal output as HTML: colours become classes, every other control sequence disappears. Pure.

Sequences are those of ECMA-48 and xterm (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html). Output of
repositories and models is hostile: everything that is not one of our own `<span class="a…">` is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

_SEQUENCE = re.compile(
    r"""
    \x1b\[(?P<sgr>[0-9;:]{0,64})m                                   # colours and weight
    | (?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-~]|\Z)                  # every other control sequence
    | (?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])                     # OSC, DCS, SOS, PM, APC: titles, links, clipboard
      [^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c|(?=[\x1b\n])|\Z)
    | \x1b[ -/]*[0-~]?                                         # short escapes
    | [\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]                    # what is left of the control characters
    | [\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]           # text direction: it would show another text than it is
    """,
    re.VERBOSE,
)

_BOLD, _DIM, _RESET, _WEIGHT_OFF, _COLOUR_OFF = 1, 2, 0, 22, 39
_COLOURS = frozenset(range(30, 38))
_BRIGHT = frozenset(range(90, 98))
_TO_NORMAL = 60  # a bright colour is its normal one plus this
_EXTENDED = frozenset({38, 48})


def render(text: str) -> Markup:
    """Turn output into escaped text with `<span class="a1 a31">` around what is coloured.

    A line that a progress bar wrote over with carriage returns shows its last state.
    """
    pieces: list[Markup] = []
    style: frozenset[int] = frozenset()
    position = 0
    text = _settled(text)
    for found in _SEQUENCE.finditer(text):
        pieces.append(_span(text[position : found.start()], style))
        if found["sgr"] is not None:
            style = _restyled(style, found["sgr"])
        position = found.end()
    pieces.append(_span(text[position:], style))
    return Markup("").join(pieces)


def plain(text: str) -> str:
    """The same text without any control sequence: what a search looks at."""
    return _SEQUENCE.sub("", _settled(text))


def _settled(text: str) -> str:
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def _span(text: str, style: frozenset[int]) -> Markup:
    if not text or not style:
        return escape(text)
    classes = " ".join(f"a{code}" for code in sorted(style))
    return Markup('<span class="{}">{}</span>').format(classes, text)


def _restyled(style: frozenset[int], sequence: str) -> frozenset[int]:
    # 38:5:9 is one parameter with parts; its colour is outside our sixteen, so the whole is left out.
    codes = iter([int(part or 0) for part in sequence.split(";") if ":" not in part])
    for code in codes:
        if code in _EXTENDED:
            _skip_extended(codes)
        else:
            style = _with(style, code)
    return style


def _skip_extended(codes: Iterator[int]) -> None:
    """Leave out the parts of a 256-colour or true-colour code: `5;n` or `2;r;g;b`."""
    for _ in range({5: 1, 2: 3}.get(next(codes, 0), 0)):
        next(codes, 0)


def _with(style: frozenset[int], code: int) -> frozenset[int]:
    if code == _RESET:
        return frozenset()
    if code in {_BOLD, _DIM}:
        return style | {code}
    if code == _WEIGHT_OFF:
        return style - {_BOLD, _DIM}
    if code == _COLOUR_OFF:
        return style - _COLOURS
    if code in _BRIGHT:
        code -= _TO_NORMAL
    return (style - _COLOURS) | {code} if code in _COLOURS else style
