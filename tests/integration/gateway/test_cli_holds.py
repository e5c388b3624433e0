"""`jca jobs pause|resume|holds|show` and `jca purge` as real processes against a gateway that runs."""

from __future__ import annotations

import getpass
import json
from datetime import timedelta

from jobs.job import Status, advance, now
from jobs.ledger import attempts, records
from jobs.ticket import Ticket
from tests.integration.gateway.test_cli_commands import jca
from tests.support.gateway.api import SELECTION, Running, job


async def test_a_repository_is_paused_listed_and_resumed(gateway: Running) -> None:
    paused = await jca(gateway, "jobs", "pause", "--repo", "locked", "--note", "it moves")
    listed = await jca(gateway, "jobs", "holds")
    as_json = json.loads((await jca(gateway, "jobs", "holds", "--json")).out)
    resumed = await jca(gateway, "jobs", "resume", "--repo", "locked")
    again = await jca(gateway, "jobs", "resume", "--repo", "locked")

    assert paused.out == f"◔ Repository locked: Paused by {getpass.getuser()}: it moves. What runs goes on.\n"
    assert "Repository locked" in listed.out
    assert [(hold["subject"], hold["reason"]["code"]) for hold in as_json] == [("repository:locked", "paused")]
    assert resumed.out == "✓ Repository locked: resumed.\n"
    assert (again.code, "Nothing holds repository:locked." in again.err) == (2, True)


async def test_what_is_to_be_paused_must_be_clear(gateway: Running) -> None:
    both = await jca(gateway, "jobs", "pause", "--repo", "locked", "--account", "local-model")
    unknown = await jca(gateway, "jobs", "pause", "--account", "nobody")

    assert (both.code, "cannot be used together" in both.err) == (2, True)
    assert (unknown.code, "Known: local-model." in unknown.err) == (2, True)


async def test_a_job_is_shown_with_its_attempts(gateway: Running) -> None:
    queued = job(status=Status.QUEUED, selection=SELECTION)
    running = await gateway.put(advance(queued, Status.RUNNING, worker="worker-1", claim="one"))
    began = now() - timedelta(seconds=60)
    await gateway.services.ledger.write(attempts.begin, running, began)
    await gateway.services.ledger.write(attempts.end, "one", "lost", now())

    shown = await jca(gateway, "jobs", "show", running.id)

    assert "✕ lost" in shown.out
    assert "local-model/small" in shown.out


async def test_a_purge_says_what_goes_and_asks_first(gateway: Running) -> None:
    kept = await gateway.put(job("PAY-1", status=Status.FAILED))

    kept_it = await jca(gateway, "purge", "--ticket", "PAY-1", text="n\n")
    assert kept.id in kept_it.out
    assert kept_it.code == 1
    assert await gateway.services.ledger.read(records.find, kept.id) is not None

    purged = await jca(gateway, "purge", "--ticket", "PAY-1", text="y\n")
    assert "✓ 1 job of PAY-1 of local forgotten." in purged.out
    assert await gateway.services.ledger.read(records.find, kept.id) is None
    assert (await jca(gateway, "purge", "--ticket", "PAY-1", "--yes")).code == 2


async def test_a_key_that_several_sources_have_needs_the_source(gateway: Running) -> None:
    await gateway.put(job("PAY-1", status=Status.FAILED))
    other = Ticket(source="github", key="PAY-1", title="Another PAY-1")
    github = await gateway.put(job(status=Status.FAILED).model_copy(update={"ticket": other}))

    unclear = await jca(gateway, "purge", "--ticket", "PAY-1", "--yes")
    purged = await jca(gateway, "purge", "--ticket", "PAY-1", "--source", "github", "--yes", "--json")

    assert (unclear.code, "--source" in unclear.err) == (2, True)
    assert json.loads(purged.out)["jobs"] == [github.id]


async def test_intake_is_paused_for_one_source_or_for_all_and_resumed(gateway: Running) -> None:
    everything = await jca(gateway, "intake", "pause", "--note", "we are moving")
    unknown = await jca(gateway, "intake", "pause", "--source", "nowhere")
    resumed = await jca(gateway, "intake", "resume")

    assert everything.out.startswith("◔ All intake: Paused by ")
    assert everything.out.endswith(": we are moving. Nothing is lost.\n")
    assert (unknown.code, "There is no source nowhere." in unknown.err) == (2, True)
    assert resumed.out == "✓ All intake: resumed.\n"
    assert await gateway.services.dispatch.holds() == {}
