"""The stage of the demo: a repository, a model endpoint, a configuration, all in one temporary directory."""

from __future__ import annotations

import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import yaml

from jobs import settings as settings_module
from jobs.settings import Settings
from worker.demo import endpoint
from worker.sandbox.seed import seed

REPOSITORY = "sample-shop"
VALIDATION = ["python3", "-m", "unittest", "discover", "-s", "tests", "-t", "."]


@dataclass(frozen=True)
class Stage:
    """What the demo plays on."""

    settings: Settings
    directory: Path
    repository: Path
    secret: str
    provider: str
    model: str
    is_scripted: bool


@asynccontextmanager
async def set_stage(directory: Path, *, real: bool) -> AsyncIterator[Stage]:
    """Lay everything out below `directory`; the scripted endpoint answers until the block ends.

    Raises:
        errors.NotReady: `real` was asked for and no usable endpoint was found.
    """
    repository = directory / "sample-shop.git"
    with as_file(files("worker.demo") / "sample") as sample:
        await seed(sample, repository, branch="main", message="A small shop")
    async with endpoint.chosen(real=real) as chosen:
        secret = secrets.token_urlsafe(32)
        config = directory / "jca.yaml"
        config.write_text(yaml.safe_dump(_configuration(repository, chosen, secret)))
        config.chmod(0o600)
        settings = settings_module.load().model_copy(
            update={
                "state_dir": directory / "state",
                "config_file": config,
                "host": "127.0.0.1",
                "port": _free_port(),
                "webhook_host": "127.0.0.1",
                "webhook_port": _free_port(),
                "worker_name": "demo",
                **dict.fromkeys(("redis_url", "database_url", "gateway_url"), ""),
            },
        )
        yield Stage(settings, directory, repository, secret, chosen.name, chosen.model, chosen.is_scripted)


def _configuration(repository: Path, chosen: endpoint.Endpoint, secret: str) -> dict[str, object]:
    return {
        "repositories": [
            {
                "alias": REPOSITORY,
                "url": str(repository),
                "validation_commands": [VALIDATION],
                "allowed_commands": ["python3"],
            },
        ],
        "providers": [chosen.profile],
        "sources": [{"name": "local", "kind": "local", "secrets": [secret], "repositories": [REPOSITORY]}],
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
