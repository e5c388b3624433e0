"""How this installation runs, as facts that may be shown: each value with the variable that sets it. No secret."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import jobs
from jobs.redact import redact
from jobs.settings import PREFIX, Settings
from worker.gateway import words


@dataclass(frozen=True)
class Fact:
    """One line of the settings page."""

    name: str
    value: str
    variable: str = ""
    """What sets it; empty where nothing does."""
    is_set: bool = False
    """Whether it is set there, or the default holds."""


def facts(settings: Settings, slots: dict[str, int]) -> Sequence[Fact]:
    """Everything worth knowing.

    Args:
        settings: in force, read when the gateway started.
        slots: executors that answer, with how many jobs each runs at a time.
    """
    kept = f"{settings.retention_days} days after a job's end" if settings.retention_days else "for ever"
    workers = ", ".join(f"{name} ({words.plural(count, 'job')})" for name, count in slots.items())
    return (
        Fact("Version", f"JCA {jobs.__version__}, Python {platform.python_version()}"),
        Fact("Executors that answer", workers or "none"),
        _of(settings, "state_dir", "State directory", str(settings.state_dir)),
        _of(settings, "config_file", "Provisioned file", str(settings.config_file or "none")),
        _of(settings, "database_url", "Ledger", _place(settings.database_url) or "SQLite in the state directory"),
        _of(settings, "redis_url", "Queue", _place(settings.redis_url) or "Valkey that comes with JCA"),
        _of(settings, "retention_days", "Logs, diffs and history are kept", kept),
        _of(settings, "managed_label", "Label that asks for work", settings.managed_label),
        _of(settings, "webhook_url", "Receiver's address", redact(settings.receiver_url)),
        _of(settings, "ui_hosts", "More host names of these pages", ", ".join(settings.ui_hosts) or "none"),
        _of(settings, "log_level", "Log level", settings.log_level),
    )


def _of(settings: Settings, field: str, name: str, value: str) -> Fact:
    return Fact(name, value, f"{PREFIX}{field.upper()}", is_set=field in settings.model_fields_set)


def _place(url: str) -> str:
    """Kind, host and name of a database address: never who logs in, nor the options, which may hold a password too."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}" if url else ""
