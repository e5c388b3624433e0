"""A command group that knows its commands by name and imports the one that is called."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Command:
    """One line of `jca --help`."""

    name: str
    target: str
    """`module:function`, or `module:app` with a `typer.Typer` for a group of commands."""
    panel: str
    """The heading it is listed under."""
    help: str
    """One sentence."""


def group(commands: Sequence[Command]) -> type[TyperGroup]:
    """A group class for `typer.Typer(cls=…)`. Listing its commands imports none of them."""
    known = {command.name: command for command in commands}

    class LazyGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - what typer passes on to click
            super().__init__(**attributes)
            for command in commands:
                stub = TyperCommand(command.name, help=command.help, rich_help_panel=command.panel)
                self.add_command(stub)

        def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - typer keeps click's types private
            name, _, rest = super().resolve_command(ctx, args)
            return name, load(known[name]) if name in known else None, rest

    return LazyGroup


def load(command: Command) -> Any:  # noqa: ANN401 - typer keeps click's types private
    """Import what a command runs."""
    module, _, attribute = command.target.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    app = found if isinstance(found, typer.Typer) else _single(found)
    loaded = typer.main.get_command(app)
    loaded.name = command.name
    return loaded


def _single(function: Any) -> typer.Typer:  # noqa: ANN401 - any function typer can read
    app = typer.Typer(add_completion=False)
    app.command()(function)
    return app
