"""How Markdown that others may have written is read: no HTML of its own, no images, links only to http(s). Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from markdown_it import MarkdownIt


def parser(*rules: str) -> MarkdownIt:
    """A new parser of CommonMark with tables and further `rules` of markdown-it; what it is given more is its own."""
    made = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 20})
    made.enable(["table", *rules]).disable("image")
    made.validateLink = is_web_link  # type: ignore[method-assign] # the documented way to set the rule
    return made


def is_web_link(url: str) -> bool:
    """Whether a link may be shown: absolute http or https."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
