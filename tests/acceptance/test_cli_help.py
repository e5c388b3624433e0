"""`jca` as a person starts it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import IO

import jobs
from worker.cli.app import COMMANDS

HEAVY = ("aiohttp", "alembic", "arq", "httpx", "openai", "pydantic", "pydantic_ai", "redis", "sqlalchemy", "yaml")


def jca(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "worker", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"COLUMNS": "120", "NO_COLOR": "1"} | environment,
    )


def test_help_teaches_every_command_in_one_line() -> None:
    helped = jca("--help")

    assert helped.returncode == 0
    for command in COMMANDS:
        assert f" {command.name} " in helped.stdout
        assert command.help in " ".join(helped.stdout.replace("│", " ").split())
        assert f"─ {command.panel} ─" in helped.stdout


def test_help_ends_with_what_to_try_first() -> None:
    _, _, first = jca("--help").stdout.partition("Try first")

    tried = [line.split()[1] for line in first.splitlines() if line.strip().startswith("jca ")]
    assert len(tried) == 3
    assert set(tried) <= {command.name for command in COMMANDS}


def test_help_and_version_load_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from worker.cli import app\n"
        "app.run(sys.argv[1:])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    for arguments in (["--help"], ["--version"], []):
        started = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True, timeout=60
        )
        assert set(started.stderr.split()) & set(HEAVY) == set()


def test_the_version_is_that_of_the_package() -> None:
    assert jca("--version").stdout == f"jca {jobs.__version__}\n"


def test_an_interrupted_command_exits_with_130(tmp_path: Path) -> None:
    reading = subprocess.Popen(
        [sys.executable, "-m", "worker", "explain", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"JCA_STATE_DIR": str(tmp_path)},
    )
    assert reading.stdin is not None
    reading.stdin.write(b"Half a ticket")
    reading.stdin.flush()
    while _unread(reading.stdin):
        time.sleep(0.05)
    reading.send_signal(signal.SIGINT)
    _, said = reading.communicate(timeout=60)

    assert reading.returncode == 130
    assert b"Traceback" not in said


def _unread(pipe: IO[bytes]) -> int:
    """Bytes in a pipe that its reader has not taken yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)
