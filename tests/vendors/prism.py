"""Prism, a reference among validators of OpenAPI, before a fake: it says in a header what either side has wrong.

https://docs.stoplight.io/docs/prism/4b1af9d9d24ba-validation-proxy
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import npm

PACKAGE = "@stoplight/prism-cli"
VERSION = "5.14.2"
STARTING = 60  # seconds; it takes two, and longer on a busy machine


@contextmanager
def proxying(description: Path, upstream: str) -> Iterator[str]:
    """The address of a Prism that judges by a description and asks the upstream.

    Without `--errors`: with it Prism answers in place of the upstream, and refuses what is right by its examples too.
    """
    program = npm.package(PACKAGE, VERSION) / "dist" / "index.js"
    said = description.with_suffix(".log")
    words = ["node", str(program), "proxy", str(description), upstream, "--port", "0"]
    with said.open("wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield _address(process, said)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline:
        _, listening, rest = said.read_text().partition("Prism is listening on ")
        if listening and (words := rest.split()):
            return words[0]
        assert process.poll() is None, said.read_text()
        time.sleep(0.05)
    raise AssertionError(said.read_text())
