"""HTML in a Markdown body that hides text from the reader: comments, declarations and tags left open at a line's end.

Hidden text must not steer a job, so in doubt a line counts as hidden; the author is told and can move the block. Rules
from https://spec.commonmark.org/0.31.2/#html-blocks and https://html.spec.whatwg.org/multipage/parsing.html#tokenization
"""

from __future__ import annotations

import re
from typing import Literal

_OPENING = re.compile(r"<!--|<!\[CDATA\[|<\?|<![A-Za-z]|</?[A-Za-z]")
_ENDINGS = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_TAG_STEP = re.compile(r">|(?:=|\A)\s*([\"'])")


class Markup:
    """Follows HTML from line to line. Linear: every character is passed once."""

    def __init__(self) -> None:
        self._ending = ""
        """What closes the comment or declaration that is open; empty when none is."""
        self._in_tag = False
        self._quote = ""
        """The quote of the attribute value that is open; empty when none is."""

    @property
    def inside(self) -> Literal["", "comment", "html"]:
        """What the next line begins in."""
        if self._ending:
            return "comment"
        return "html" if self._in_tag else ""

    def visible(self, line: str) -> str:
        """What a reader sees of the next line; tags that open and close on it are kept as they are."""
        if self._in_tag and not self._quote and not line.strip():
            # The paragraph ends here, and the tag of the next one closes whatever was open.
            self._in_tag = False
        if not self._ending and not self._in_tag and "<" not in line:
            return line
        kept: list[str] = []
        at = 0
        while at < len(line):
            if self._ending:
                at = self._leave_comment(line, at)
            elif self._in_tag:
                at = self._leave_tag(line, at)
            else:
                at = self._read_text(line, at, kept)
        return "".join(kept)

    def _read_text(self, line: str, at: int, kept: list[str]) -> int:
        opening = _OPENING.search(line, at)
        if opening is None:
            kept.append(line[at:])
            return len(line)
        kept.append(line[at : opening.start()])
        if opening[0].startswith(("<!", "<?")):
            self._ending = _ENDINGS.get(opening[0], ">")
            # `<!-->` is a whole comment: its end may share the two hyphens.
            return opening.start() + 2
        self._in_tag = True
        end = self._leave_tag(line, opening.end())
        kept.append(line[opening.start() : end])
        return end

    def _leave_comment(self, line: str, at: int) -> int:
        end = line.find(self._ending, at)
        if end < 0:
            return len(line)
        at = end + len(self._ending)
        self._ending = ""
        return at

    def _leave_tag(self, line: str, at: int) -> int:
        """Position after the tag's `>`, or the line's end with the tag still open."""
        while at < len(line):
            if self._quote:
                end = line.find(self._quote, at)
                if end < 0:
                    return len(line)
                at, self._quote = end + 1, ""
                continue
            step = _TAG_STEP.search(line, at)
            if step is None:
                return len(line)
            at, self._quote = step.end(), step[1] or ""
            if not self._quote:
                self._in_tag = False
                return at
        return at
