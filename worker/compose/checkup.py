"""The checks of `jca doctor`: one line each, ok or with its remedy."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Callable

import httpx

from jobs import errors, provisioning
from jobs.catalog import Catalog
from jobs.queue import connection
from jobs.settings import Settings
from worker import state
from worker.compose import source_checks
from worker.compose.finding import Finding
from worker.providers import selftest
from worker.sandbox.bubblewrap import probe
from worker.up import valkey

OLDEST_GIT = (2, 34)
"""The first with what the worker's git calls need."""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything a job needs on this machine, one finding after the other."""
    yield _attempt("state directory", lambda: f"{state.prepare(settings.state_dir)}, yours alone")
    yield _attempt("git", _git_version)
    sandbox = await probe(settings.sandbox_runtimes)
    yield Finding("sandbox", sandbox.ok, sandbox.detail, sandbox.remedy)
    yield await _queue(settings)
    yield await _gateway(settings)
    try:
        catalog = await provisioning.catalog_at_rest(settings)
    except errors.JcaError as error:
        yield Finding("configuration", ok=False, detail=error.message, remedy=error.remedy)
        return
    yield _repositories(catalog)
    async for finding in source_checks.examine(settings, catalog):
        yield finding
    if not catalog.providers:
        remedy = "Set JCA_OPENAI_COMPATIBLE_BASE_URL and JCA_OPENAI_COMPATIBLE_MODEL, or use JCA_CONFIG_FILE."
        yield Finding("providers", ok=False, detail="none is configured", remedy=remedy)
    for profile in catalog.providers:
        readiness = await selftest.self_test(profile, profile.default_model, worker=settings.worker_name)
        remedy = next((step.remedy for step in readiness.steps if not step.ok), "")
        yield Finding(f"provider {profile.name}", readiness.ready, readiness.reason, remedy)


def _attempt(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, detail=look())
    except errors.JcaError as error:
        return Finding(name, ok=False, detail=error.message, remedy=error.remedy)


def _git_version() -> str:
    try:
        said = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607 - the one on PATH is the one that is used
    except (OSError, subprocess.CalledProcessError) as error:
        raise errors.NotReady("git is not installed.", remedy="`apt install git`.") from error
    number = re.search(r"(\d+)\.(\d+)", said)
    if number is None or (int(number[1]), int(number[2])) < OLDEST_GIT:
        raise errors.NotReady(f"{said} is too old.", remedy=f"Install {'.'.join(map(str, OLDEST_GIT))} or newer.")
    return said


async def _queue(settings: Settings) -> Finding:
    if not settings.redis_url:
        return await asyncio.to_thread(_attempt, "queue", lambda: f"bundled server {valkey.binary().name}")
    redis = connection.connect(settings.redis_url)
    try:
        await connection.ping(redis)
    except errors.JcaError as error:
        return Finding("queue", ok=False, detail=error.message, remedy=error.remedy)
    finally:
        await redis.aclose(close_connection_pool=True)
    return Finding("queue", ok=True, detail="JCA_REDIS_URL answers")


async def _gateway(settings: Settings) -> Finding:
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            (await client.get(f"{settings.api_url}/healthz")).raise_for_status()
    except httpx.HTTPError:
        return Finding("gateway", ok=False, detail="not running", remedy="Start it with `jca up`.", optional=True)
    return Finding("gateway", ok=True, detail=f"answers on {settings.api_url}")


def _repositories(catalog: Catalog) -> Finding:
    if not catalog.repositories:
        remedy = "Add one with `jca repos add ALIAS URL`, or use JCA_CONFIG_FILE."
        return Finding("repositories", ok=False, detail="none is configured", remedy=remedy)
    return Finding("repositories", ok=True, detail=", ".join(repo.alias for repo in catalog.repositories))
