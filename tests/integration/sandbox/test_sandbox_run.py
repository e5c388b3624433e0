from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs import errors
from worker.sandbox import bubblewrap
from worker.sandbox.bubblewrap import Sandbox
from worker.sandbox.checkout import Checkout

ROOT = Path(__file__).parents[3]


def alive(words: str) -> bool:
    return subprocess.run(["pgrep", "--full", words], check=False, capture_output=True).returncode == 0


async def becomes(words: str, *, running: bool) -> bool:
    for _ in range(200):
        if alive(words) is running:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_a_command_works_on_the_tree(sandbox: Sandbox, job: Checkout) -> None:
    outcome = await sandbox.run(
        ["python3", "-c", "open('made','w').write('x'); print(open('README.md').read())"], timeout=20
    )

    assert outcome.passed
    assert outcome.output == "hello\n\n"
    assert (job.tree / "made").read_text() == "x"


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -KILL $$", 137)])
async def test_the_exit_code_is_told(sandbox: Sandbox, script: str, code: int) -> None:
    outcome = await sandbox.run(["bash", "-c", script], timeout=20)

    assert outcome.exit_code == code
    assert not outcome.passed


async def test_a_missing_program_is_the_commands_failure(sandbox: Sandbox) -> None:
    outcome = await sandbox.run(["no-such-program"], timeout=20)

    assert outcome.exit_code == 127
    assert "no-such-program" in outcome.output


async def test_time_over_kills_every_descendant(sandbox: Sandbox) -> None:
    script = "for i in 1 2 3; do setsid nohup sh -c 'trap \"\" TERM HUP; sleep 4711.1' & done; sleep 4711.1"
    outcome = await sandbox.run(["bash", "-c", script], timeout=0.7)

    assert outcome.timed_out
    assert outcome.exit_code is None
    assert outcome.seconds < 7
    assert await becomes("sleep 4711.1", running=False)


async def test_what_a_command_leaves_behind_is_dead(sandbox: Sandbox) -> None:
    outcome = await sandbox.run(["bash", "-c", "setsid sleep 4712.1 >/dev/null 2>&1 & exit 0"], timeout=20)

    assert outcome.passed
    assert await becomes("sleep 4712.1", running=False)


async def test_cancelling_kills_before_it_returns(sandbox: Sandbox) -> None:
    script = "setsid sleep 4713.1 & sleep 4713.1"
    running = asyncio.create_task(sandbox.run(["bash", "-c", script], timeout=60))
    assert await becomes("sleep 4713.1", running=True)
    began = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert time.monotonic() - began < 10
    assert not alive("sleep 4713.1")


async def test_endless_output_keeps_its_ends(sandbox: Sandbox) -> None:
    script = "echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last"
    outcome = await sandbox.run(["bash", "-c", script], timeout=60, output_limit=10_000)

    assert outcome.passed
    assert outcome.output.startswith("first\n")
    assert outcome.output.endswith("last\n")
    assert "[… 99990012 bytes left out …]" in outcome.output
    assert len(outcome.output) < 10_100


async def test_output_is_kept_as_it_is(sandbox: Sandbox) -> None:
    outcome = await sandbox.run(["printf", r"\033[31mred\033[0m \377 both\n"], timeout=20)

    assert outcome.output == "\x1b[31mred\x1b[0m \N{REPLACEMENT CHARACTER} both\n"


async def test_a_file_beyond_the_limit_stops(job: Checkout) -> None:
    limited = bubblewrap.Sandbox(job.tree, limits=bubblewrap.Limits(file_size=1024))
    await limited.run(["bash", "-c", "head -c 5000 /dev/zero > big"], timeout=20)

    assert (job.tree / "big").stat().st_size <= 1024


async def test_a_runtime_is_readable_and_first_on_the_path(job: Checkout, tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    (runtime / "bin").mkdir(parents=True)
    (runtime / "bin/python3").write_text("#!/bin/sh\necho ours\n")
    (runtime / "bin/python3").chmod(0o755)
    sandbox = bubblewrap.Sandbox(job.tree, runtimes=[runtime])

    assert (await sandbox.run(["python3"], timeout=20)).output == "ours\n"
    assert "Read-only" in (await sandbox.run(["touch", str(runtime / "x")], timeout=20)).output


async def test_a_missing_runtime_is_the_operators_to_correct(job: Checkout) -> None:
    sandbox = bubblewrap.Sandbox(job.tree, runtimes=[Path("/no/such/runtime")])

    with pytest.raises(errors.NotReady, match="does not exist") as failure:
        await sandbox.run(["true"], timeout=20)
    assert "runtimes" in failure.value.remedy


async def test_without_bubblewrap_the_remedy_is_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    state = await bubblewrap.probe()

    assert not state.ok
    assert "apt install bubblewrap" in state.remedy


@pytest.mark.parametrize(
    ("damage", "remedy"),
    [
        ("echo 0 > /proc/sys/user/max_user_namespaces", "user.max_user_namespaces"),
        ("mount --bind /dev/null /proc/version", "systempaths=unconfined"),
    ],
)
async def test_a_machine_that_forbids_sandboxes_is_explained(damage: str, remedy: str) -> None:
    code = "import asyncio; from worker.sandbox.bubblewrap import probe; state = asyncio.run(probe()); print(state)"
    script = f'{damage} && exec "$0" -c "{code}"'
    command = ("unshare", "--user", "--map-root-user", "--mount", "bash", "-c", script, sys.executable)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    output, _ = await process.communicate()

    assert b"SandboxState(ok=False" in output
    assert remedy.encode() in output


async def test_the_probe_holds_here() -> None:
    state = await bubblewrap.probe()

    assert state.ok, state
    assert ("root" in state.detail) == (os.geteuid() == 0)


async def test_no_descriptor_is_left_open(sandbox: Sandbox) -> None:
    await sandbox.run(["true"], timeout=20)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        await sandbox.run(["true"], timeout=20)

    assert len(list(Path("/proc/self/fd").iterdir())) <= before


async def test_cancelled_at_any_moment_of_its_start_it_leaves_no_process(sandbox: Sandbox) -> None:
    mark = f"{os.getpid()}.4711"
    for step in range(25):
        running = asyncio.create_task(sandbox.run(["sleep", mark], timeout=60))
        await asyncio.sleep(step * 0.001)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    assert _with_argument(mark) == []


def _with_argument(word: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word.encode() in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
    return found
