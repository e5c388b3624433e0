"""`jca audit`, and the advice of `jca repos add`, as real processes against a gateway that runs."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime, timedelta

import pytest

from jobs import errors
from jobs.ledger import audit
from tests.integration.gateway.test_cli_commands import jca
from tests.support.gateway.api import Running
from worker.cli.audit import moment

PRESENT = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_what_is_done_on_the_command_line_is_noted_with_who_did_it(gateway: Running) -> None:
    added = await jca(gateway, "repos", "add", "shop", "https://git.example/acme/shop", "--validate", "npm test")
    (entry,) = json.loads((await jca(gateway, "audit", "--json", "--actor", "cli:", "--since", "1h")).out)
    listed = await jca(gateway, "audit", "--action", "repository")

    assert (entry["actor"], entry["claimed"]) == (f"cli:{getpass.getuser()}", True)
    assert (entry["action"], entry["subject"]) == ("repository.put", "shop")
    assert "repository.put" in listed.out
    assert "◔ Validation uses npm, which is not allowed" in added.out


async def test_all_that_matches_is_exported(gateway: Running) -> None:
    for number in range(60):
        await gateway.services.ledger.write(audit.note, actor="me", action="x.y", subject=str(number))
    shown = await jca(gateway, "audit")
    exported = await jca(gateway, "audit", "--export", "jsonl", "--text", "5")
    table = await jca(gateway, "audit", "--export", "csv", "--action", "nothing")

    assert "There are older ones" in shown.err
    found = [json.loads(line)["subject"] for line in exported.out.splitlines()]
    assert found == [str(number) for number in reversed(range(60)) if "5" in str(number)]
    assert table.out.splitlines() == ["id,at,actor,claimed,action,subject,detail"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", PRESENT - timedelta(minutes=90)),
        ("7d", PRESENT - timedelta(days=7)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T14:00", datetime(2026, 11, 20, 14, tzinfo=UTC)),
        ("2026-11-20T14:00+02:00", datetime(2026, 11, 20, 12, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_day_a_time_or_an_age(text: str, expected: datetime) -> None:
    assert moment(text, PRESENT) == expected


@pytest.mark.parametrize("text", ["yesterday", "7", "d", "2026-13-01", "999999999999d"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(errors.BadInput, match="is no moment"):
        moment(text, PRESENT)
