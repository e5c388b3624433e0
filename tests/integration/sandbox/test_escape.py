"""Attempts to get out, by number of the abuse corpus in the threat model."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.integration.sandbox.conftest import Upstream
from worker.sandbox.bubblewrap import Sandbox
from worker.sandbox.checkout import Checkout, checkout
from worker.sandbox.files import Files
from worker.sandbox.mirror import Mirrors

Shell = Callable[[str], Awaitable[str]]

HOST_MOUNTS = {"/usr", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/certs", "/workspace"}
DEVICES = {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty")}
OWN_FILE_SYSTEMS = {"tmpfs", "proc", "devpts"}


@pytest.fixture
def shell(sandbox: Sandbox) -> Shell:
    async def run(script: str) -> str:
        outcome = await sandbox.run(["bash", "-c", f"exec 2>&1\n{script}"], timeout=30)
        assert not outcome.timed_out
        return outcome.output

    return run


async def test_e01_files_of_the_host_are_not_there(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("TOPSECRET")

    output = await shell(
        f"cat {tmp_path}/secret /etc/shadow /workspace/../etc/passwd; ls -A /root /home /mnt /var /work"
    )

    assert "TOPSECRET" not in output
    assert "root:x:0:0:root:/root:/bin/sh\nagent:" in output
    assert output.count("No such file or directory") >= 5


async def test_e02_the_workers_environment_is_not_there(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JCA_SECRET_KEY", "sk-leak-123")

    output = await shell("env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'")

    assert "sk-leak-123" not in output
    assert "PATH=/usr/local/bin:/usr/bin:/bin" in output


async def test_e03_the_hosts_network_is_not_there(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as host:
        output = await shell(
            f"(exec 3<>/dev/tcp/127.0.0.1/{host.getsockname()[1]}) && echo CONNECTED; cat /proc/net/dev"
        )

    assert "CONNECTED" not in output
    assert [line.split(":")[0].strip() for line in output.splitlines() if ":" in line and "eth" in line] == []


async def test_e04_abstract_sockets_of_the_host_are_not_there(sandbox: Sandbox) -> None:
    code = "import socket; socket.socket(socket.AF_UNIX).connect('\\0jca-escape'); print('CONNECTED')"
    with socket.socket(socket.AF_UNIX) as host:
        host.bind("\0jca-escape")
        host.listen(1)
        outcome = await sandbox.run(["python3", "-c", code], timeout=20)

    assert "ConnectionRefusedError" in outcome.output


async def test_e05_there_is_no_git_directory_to_plant_in(shell: Shell, job: Checkout) -> None:
    output = await shell("git status; git config core.fsmonitor 'touch /tmp/x'; ls -d .git")

    assert "not a git repository" in output
    assert not (job.tree / ".git").exists()


async def test_e06_processes_of_the_host_are_not_there(shell: Shell) -> None:
    output = await shell(f"ls -d /proc/[0-9]* | wc -l; kill -9 {os.getpid()}")

    assert int(output.splitlines()[0]) < 10
    assert "No such process" in output


async def test_e09_mounts_cannot_be_changed(shell: Shell) -> None:
    output = await shell(
        "mount -t tmpfs x /tmp && echo DONE; umount /workspace && echo DONE; mount -o remount,rw / && echo DONE"
    )

    assert "DONE" not in output


async def test_e12_e15_links_made_inside_lead_nowhere_outside(shell: Shell, job: Checkout, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("TOPSECRET")
    await shell(
        f"ln -s {tmp_path}/secret abs; ln -s ../../secret rel; ln -s /proc/self/root root; ln /usr/bin/true hard"
    )
    files = Files(job.tree)

    assert not (job.tree / "hard").exists()
    for path in ("abs", "rel", "root/etc/passwd"):
        with pytest.raises(Exception, match=r"outside|link"):
            files.read(path)


def git(directory: Path, *arguments: str, home: Path | None = None) -> None:
    """Run git as somebody does who trusts `directory`."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home or "/nonexistent"), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=directory, env=environment, check=True, capture_output=True)


async def test_e16_the_workers_git_runs_nothing_an_agent_planted(
    upstream: Upstream, mirrors: Mirrors, tmp_path: Path
) -> None:
    upstream.commit({".gitattributes": "* filter=evil diff=evil\n"})
    job = await checkout(await mirrors.sync(upstream.url, "main"), tmp_path / "planted")
    mark = tmp_path / "mark"
    hostile = f"""
        [core]
            fsmonitor = touch {mark}-fsmonitor; false
            hooksPath = {job.tree}/hooks
        [filter "evil"]
            clean = touch {mark}-clean; cat
            smudge = touch {mark}-smudge; cat
        [diff "evil"]
            textconv = touch {mark}-textconv; cat
            command = touch {mark}-command; cat
    """
    (job.tree / "hooks").mkdir()
    for hook in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction"):
        (job.tree / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {mark}-{hook}\n")
        (job.tree / "hooks" / hook).chmod(0o755)
    (job.tree / "README.md").write_text("changed\n")
    for place in (job.tree / "config", job.tree / ".gitconfig"):
        place.write_text(hostile)

    harvest = await job.harvest()
    await job.commit(harvest, "x", author_name="JCA", author_email="jca@example.org")

    assert "README.md" in {change.path for change in harvest.files}
    assert list(tmp_path.glob("mark-*")) == []

    # The control: the same plant works on a plain git that opens a git directory of the agent's.
    git(job.tree, "init", home=job.tree)
    git(job.tree, "add", "--all", home=job.tree)
    assert {path.name for path in tmp_path.glob("mark-*")} >= {"mark-fsmonitor", "mark-clean", "mark-post-index-change"}


async def test_e16_a_planted_git_directory_is_refused_and_not_opened(job: Checkout, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    git(job.tree, "init")
    with (job.tree / ".git/config").open("a") as config:
        config.write(f'[core]\n\tfsmonitor = "touch {mark}; false"\n')

    with pytest.raises(Exception, match=r"\.git looks like a git directory"):
        await job.harvest()
    assert not mark.exists()

    git(job.tree, "status")
    assert mark.exists()  # the control


async def test_only_usr_and_the_tree_of_the_host_are_mounted(shell: Shell) -> None:
    output = await shell("cat /proc/self/mountinfo")

    mounts = {}
    for line in output.splitlines():
        fields, _, source = line.partition(" - ")
        if source.split()[0] not in OWN_FILE_SYSTEMS:
            mounts[fields.split()[4]] = fields.split()[5].split(",")
    assert mounts.keys() - DEVICES <= HOST_MOUNTS
    assert {path for path, flags in mounts.items() if "rw" in flags} - DEVICES == {"/workspace"}


@pytest.mark.parametrize(
    "path", ["/x", "/dev/x", "/etc/x", "/etc/passwd", "/usr/x", "/home/x", "/proc/self/oom_score_adj"]
)
async def test_nothing_beside_the_tree_can_be_written(shell: Shell, path: str) -> None:
    assert "Read-only file system" in await shell(f"echo x > {path}")


async def test_no_setting_of_the_kernel_can_be_opened_for_writing(shell: Shell) -> None:
    """A worker that is root still owns `/proc/sys` through the user namespace."""
    output = await shell(
        "for f in $(find /proc/sys /proc/sysrq-trigger -type f); do (exec 3>>$f) 2>/dev/null && echo OPEN $f; done"
    )

    assert "OPEN" not in output


async def test_p74_memory_behind_file_systems_is_bounded(shell: Shell) -> None:
    output = await shell("for d in /dev/shm /tmp; do head -c 400000000 /dev/zero > $d/fill; stat -c %s $d/fill; done")

    sizes = [int(line) for line in output.splitlines() if line.isdigit()]
    assert sizes[0] <= 16 * 1024**2
    assert sizes[1] <= 256 * 1024**2


async def test_p75_only_the_three_standard_descriptors_are_open(shell: Shell) -> None:
    output = await shell("for fd in /proc/$$/fd/*; do readlink $fd; done | sort -u")

    assert [line.partition(":")[0] for line in output.splitlines()] == ["/dev/null", "pipe"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the kernel does not count processes of root")
async def test_a_fork_bomb_is_bounded(shell: Shell) -> None:
    output = await shell("for i in $(seq 700); do sleep 5 & done 2>&1")

    assert "Resource temporarily unavailable" in output
