"""Packages of vendors from npm, kept in the temporary directory from one run to the next."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

_UNREACHED = re.compile(
    r"^npm error code (E(?:AI_AGAIN|CONNREFUSED|CONNRESET|HOSTUNREACH|NETUNREACH|NOTFOUND|TIMEDOUT))$", re.MULTILINE
)


def package(name: str, version: str) -> Path:
    """The directory of an installed package; none of its scripts has run."""
    kept = Path(tempfile.gettempdir()) / f"jca-npm-{os.getuid()}"
    kept.mkdir(mode=0o700, exist_ok=True)
    home = kept / f"{name.replace('/', '+')}@{version}"
    if not home.exists():
        _install(f"{name}@{version}", home)
    return home / "node_modules" / name


def _install(wanted: str, home: Path) -> None:
    """Install beside its place and move it there, so that a broken installation is never found."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: apt install npm")
    with tempfile.TemporaryDirectory(dir=home.parent, ignore_cleanup_errors=True) as making:
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", making]
        done = subprocess.run([npm, "install", *options, wanted], check=False, capture_output=True, text=True)
        if unreached := _UNREACHED.search(done.stderr):
            pytest.skip(f"npm's registry cannot be reached: {unreached[1]}")
        assert done.returncode == 0, done.stderr
        try:
            Path(making).rename(home)
        except OSError:
            if not home.exists():  # else another process was faster
                raise
