"""`jca providers`: which AI providers there are and whether they are ready."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from worker.cli import errands, terminal
from worker.cli.client import Gateway

app = typer.Typer(add_completion=False, no_args_is_help=True, help="AI providers and whether they are ready.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

_NONE = "No provider yet. Set JCA_OPENAI_COMPATIBLE_BASE_URL and JCA_OPENAI_COMPATIBLE_MODEL, then start again."


@app.command("list")
def list_providers(*, as_json: AsJson = False) -> None:
    """List the providers."""
    with Gateway.here() as gateway:
        answer = gateway.get("providers")
    if as_json:
        terminal.write_json(answer["providers"])
        return
    rows = [
        [profile["name"], terminal.status(profile["state"]), profile["default_model"], profile["reason"]]
        for profile in answer["providers"]
    ]
    terminal.table(["name", "state", "default model", "reason"], rows, empty=_NONE)


@app.command("show")
def show_provider(
    *,
    name: Annotated[str, typer.Argument(help="Which one.")],
    as_json: AsJson = False,
) -> None:
    """Show one provider with its last self-tests."""
    with Gateway.here() as gateway:
        profile = gateway.get(f"providers/{name}")
    if as_json:
        terminal.write_json(profile)
        return
    pairs = [
        ("name", profile["name"]),
        ("state", terminal.status(profile["state"])),
        ("", profile["reason"]),
        ("kind", profile["kind"]),
        ("base URL", profile["base_url"]),
        ("authentication", f"{profile['auth_mode']}, {'key set' if profile['has_key'] else 'no key'}"),
        ("models", ", ".join(_model(model, profile["default_model"]) for model in profile["models"])),
        ("set", profile["source"]),
    ]
    terminal.facts(pairs)
    for readiness in profile["readiness"]:
        _show_test(readiness)


@app.command("test")
def prove_provider(
    *,
    name: Annotated[str, typer.Argument(help="Which one.")],
    model: Annotated[str, typer.Option(help="A model of it; the default when not given.")] = "",
    worker: Annotated[str, typer.Option(help="Where to test it; any worker when not given.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let a worker prove a provider: reach it, log in, call a tool, finish in the required form."""
    errands.see_through(f"providers/{name}/test", {"model": model, "worker": worker}, as_json=as_json)


def _model(model: dict[str, Any], default: str) -> str:
    return f"{model['id']} (default)" if model["id"] == default else str(model["id"])


def _show_test(readiness: dict[str, Any]) -> None:
    checked = terminal.ago(readiness["checked_at"])
    terminal.write(
        f"\nSelf-test of {readiness['model']} on {readiness['worker']}, {checked} ago: {readiness['reason']}"
    )
    rows = [
        [
            step["name"],
            terminal.status("ready" if step["ok"] else "blocked"),
            f"{step['milliseconds']:.0f} ms",
            " ".join(filter(None, (step["detail"], step["remedy"]))),
        ]
        for step in readiness["steps"]
    ]
    if rows:
        terminal.table(["step", "", "took", "seen"], rows, empty="")
