"""`jca up`: starting, stopping, and everything that may be in the way."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest

from tests.support.installation import Installation


def test_it_says_where_every_part_is_and_ctrl_c_ends_it(installation: Installation) -> None:
    up = installation.up()
    for words in (
        "queue",
        "ledger",
        "webhooks",
        f":{installation.webhook_port}/webhooks/",
        f":{installation.port}",
        "executor",
    ):
        assert words in installation.said

    children = installation.children(up)
    assert set(children) == {"queue", "webhooks", "gateway", "executor"}
    up.send_signal(signal.SIGINT)

    assert up.wait(60) == 0
    assert not [pid for pid in children.values() if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("which", ["port", "webhook_port"])
def test_a_taken_port_is_named_before_anything_starts(installation: Installation, which: str) -> None:
    with socket.create_server(("127.0.0.1", getattr(installation, which))):
        done = installation.jca("up", seconds=60)

    assert done.returncode == 3
    assert f"127.0.0.1:{getattr(installation, which)}" in done.stderr
    assert f"JCA_{which.upper()}" in done.stderr
    assert not (installation.directory / "state" / "ledger.db").exists()


def test_a_second_one_on_the_same_state_is_refused_and_names_the_first(running: Installation) -> None:
    done = running.jca("up", "--port", "0", "--webhook-port", "0", seconds=60)

    assert done.returncode == 1
    assert "already runs" in done.stderr
    assert str(running.supervisor.pid) in done.stderr
    assert running.supervisor.poll() is None


def test_a_state_directory_that_cannot_be_used_is_a_clear_error(installation: Installation) -> None:
    (installation.directory / "file").write_text("")
    done = installation.jca("up", JCA_STATE_DIR=str(installation.directory / "file" / "state"), seconds=60)

    assert done.returncode == 3
    assert "cannot be used" in done.stderr
    assert "JCA_STATE_DIR" in done.stderr


def test_a_worker_tries_out_a_provider_and_a_repository(running: Installation) -> None:
    provider = running.jca("providers", "test", "scripted")
    repository = running.jca("repos", "test", "shop", "--json")
    absent = running.jca("repos", "test", "shop", "--worker", "worker-9")

    assert provider.returncode == 0, provider.stdout + provider.stderr
    assert "✓ forced tool call: " in provider.stdout
    assert repository.returncode == 0, repository.stdout + repository.stderr
    assert json.loads(repository.stdout)["end"]["sentence"].startswith("shop: main is at ")
    assert absent.returncode == 3
    assert "Connected: worker-1." in absent.stderr


def test_the_parts_stay_small(running: Installation) -> None:
    children = running.children(running.supervisor)

    assert _resident_mb(children["gateway"]) < 160
    assert _resident_mb(children["executor"]) < 200


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024
