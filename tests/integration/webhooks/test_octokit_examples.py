"""Every payload GitHub's own client library keeps as an example, through a running receiver."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.integration.webhooks.senders import Running

pytestmark = [
    pytest.mark.vendors,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
    pytest.mark.timeout(600),
]

PACKAGE = "@octokit/webhooks-examples@7.6.1"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, dict[str, Any]]]:
    """Event name and payload of every example, of github.com and of each Enterprise Server."""
    directory = tmp_path_factory.mktemp("npm")
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(directory), PACKAGE]
    subprocess.run(install, check=True, capture_output=True)
    files = sorted(Path(directory, "node_modules", *PACKAGE.split("@")[1].split("/")).rglob("index.json"))
    del files
    root = directory / "node_modules" / "@octokit" / "webhooks-examples"
    return [
        (event["name"], example)
        for file in sorted(root.rglob("*.json"))
        if isinstance(events := json.loads(file.read_bytes()), list)
        for event in events
        for example in event["examples"]
    ]
