"""Asking a vendor's own code, which is JavaScript."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support import npm


def judged(script: str, package: tuple[str, str], questions: Sequence[object]) -> list[list[str]]:
    """What one of the scripts beside this file has to say to each question, by that package and version."""
    words = ["node", str(Path(__file__).with_name(script)), str(npm.package(*package))]
    done = subprocess.run(words, input=json.dumps(questions), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    complaints: list[list[str]] = json.loads(done.stdout)
    assert len(complaints) == len(questions)
    return complaints
