"""A report in Markdown as HTML. No HTML of its own passes, and links lead only to http(s). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from worker import markdown


def render(text: str) -> Markup:
    """Turn CommonMark with tables into HTML; images become their description."""
    return Markup(_parser().render(text))  # noqa: S704 - markdown-it escapes; html is off and links are checked


@cache
def _parser() -> MarkdownIt:
    parser = markdown.parser()
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("th_open", _cell)
    parser.add_render_rule("td_open", _cell)
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    return parser


def _link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


def _cell(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    cell = tokens[index]
    if cell.tag == "th":
        cell.attrSet("scope", "col")
    alignment = str(cell.attrs.pop("style", "")).removeprefix("text-align:")  # our policy allows no inline style
    if alignment == "right":
        cell.attrSet("class", "num")
    return renderer.renderToken(tokens, index, options, env)


def _heading(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    # The page has its one h1 and a heading per tab: a report's own headings begin below them.
    tokens[index].tag = f"h{min(int(tokens[index].tag[1]) + 2, 6)}"
    return renderer.renderToken(tokens, index, options, env)
