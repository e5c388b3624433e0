"""`jca jobs|repos|sources|providers|explain` as real processes against a gateway that runs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass

from jobs.job import Status, advance
from jobs.ledger import records, runs
from tests.support.gateway.api import KEY, Running, job


@dataclass
class Done:
    code: int
    out: str
    err: str


async def jca(gateway: Running, *arguments: str, text: str = "") -> Done:
    state = str(gateway.services.settings.state_dir)
    environment = {"JCA_STATE_DIR": state, "JCA_GATEWAY_URL": f"http://{gateway.address}", "COLUMNS": "160"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    out, err = await asyncio.wait_for(process.communicate(text.encode()), 60)
    return Done(process.returncode or 0, out.decode(), err.decode())


async def test_a_repository_and_a_source_are_set_up_and_taken_down(gateway: Running) -> None:
    added = await jca(
        *(gateway, "repos", "add", "payments", "https://git.example/p", "--full-name", "acme/payments"),
        *("--validate", "python3 -m pytest -q", "--validate", "ruff check", "--allow", "pytest", "--mode", "advisory"),
        *("--role", "context", "--guidance-file", "docs/agents.md"),
    )
    assert (added.code, added.err) == (0, "")
    (_, repository) = json.loads((await jca(gateway, "repos", "list", "--json")).out)
    assert repository["validation_commands"] == [["python3", "-m", "pytest", "-q"], ["ruff", "check"]]
    assert (repository["validation_mode"], repository["allowed_commands"]) == ("advisory", ["pytest"])
    assert (repository["role"], repository["guidance_files"]) == ("context", ["docs/agents.md"])

    source = await jca(gateway, "sources", "add", "local", "--repo", "payments", "--actor", "mira")
    assert "/webhooks/local" in source.out
    secret = next(line.split()[-1] for line in source.out.splitlines() if line.startswith("secret"))
    rotated = json.loads((await jca(gateway, "sources", "rotate", "local", "--json")).out)["secret"]
    listed = await jca(gateway, "sources", "list")
    assert secret != rotated
    assert "mira" in listed.out
    assert secret not in listed.out

    assert (await jca(gateway, "sources", "remove", "local")).code == 0
    assert (await jca(gateway, "repos", "remove", "payments")).code == 0
    gone = await jca(gateway, "repos", "remove", "payments")
    assert gone.code == 2
    assert "✕ There is no repository payments." in gone.err
    assert "jca repos list" in gone.err


async def test_a_job_is_found_shown_cancelled_and_retried(gateway: Running) -> None:
    queued = await gateway.dispatched(job())

    listed = await jca(gateway, "jobs", "list")
    shown = await jca(gateway, "jobs", "show", queued.id)
    assert queued.id in listed.out
    assert "◔ held" in listed.out
    assert "no worker is connected" in shown.out

    assert (await jca(gateway, "jobs", "cancel", queued.id)).out == f"⊘ Job {queued.id} is cancelled.\n"
    again = await jca(gateway, "jobs", "cancel", queued.id)
    assert (again.code, again.out) == (1, "")
    assert "already ended" in again.err
    assert (await jca(gateway, "jobs", "retry", queued.id)).code == 0
    (line,) = json.loads((await jca(gateway, "jobs", "list", "--json", "--status", "queued")).out)
    assert (line["id"], line["status"]) == (queued.id, "received")


async def test_a_log_is_followed_until_the_job_ends(gateway: Running) -> None:
    running = await gateway.put(job(status=Status.RUNNING, run=1))
    await gateway.say(running.id, "first", "\x1b]0;owned\x07second")
    following = asyncio.create_task(jca(gateway, "jobs", "log", "--follow", running.id))
    await asyncio.sleep(1)  # so that something comes while it follows; the outcome does not depend on it
    await gateway.say(running.id, "third")
    await gateway.services.ledger.write(records.save, advance(running, Status.FAILED), who="test")

    done = await following
    assert (done.code, done.out) == (0, "first\nsecond\nthird\n")
    assert done.err == f"Job {running.id} is failed.\n"
    whole = await jca(gateway, "jobs", "log", "--json", running.id)
    assert json.loads(whole.out.splitlines()[0])["text"] == "first"


async def test_a_diff_is_printed_as_it_is_and_says_on_the_side_what_is_missing(gateway: Running) -> None:
    kept = await gateway.put(job())
    change = runs.Diff(text="--- a\n+++ b\n+[red]x\n", truncated=True)
    await gateway.services.ledger.write(runs.put_diff, kept.id, change)

    done = await jca(gateway, "jobs", "diff", kept.id)

    assert done.out == "--- a\n+++ b\n+[red]x\n"
    assert "too long" in done.err


async def test_providers_are_listed_and_shown_without_keys(gateway: Running) -> None:
    listed = await jca(gateway, "providers", "list")
    shown = await jca(gateway, "providers", "show", "local-model")
    raw = await jca(gateway, "providers", "show", "local-model", "--json")

    assert "local-model" in listed.out
    assert "bearer, key set" in shown.out
    assert "small (default), large" in shown.out
    assert KEY not in listed.out + shown.out + raw.out


async def test_explain_asks_the_gateway_that_runs(gateway: Running) -> None:
    await jca(gateway, "repos", "add", "only-in-the-ledger", "https://git.example/x")

    done = await jca(gateway, "explain", "-", "--json", text="[JCA]\nmodel=tiny\n[/JCA]")

    answer = json.loads(done.out)
    assert (answer["repository"], answer["selection"]["model"]) == ("only-in-the-ledger", "small")


async def test_a_token_of_another_installation_is_not_taken(gateway: Running) -> None:
    (gateway.services.settings.state_dir / "api-token").write_text("another")

    for arguments in (("jobs", "list"), ("explain", "-")):
        done = await jca(gateway, *arguments)
        assert done.code == 3
        assert "does not take the token" in done.err
