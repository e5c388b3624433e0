"""What can be said of image, composition and unit without an engine to run them."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
VARIABLES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {f"{PREFIX}SECRETS_DIR"}
DOCKERFILE = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())


def _instructions(name: str) -> list[str]:
    return re.findall(rf"^{name}\s+(.*)$", DOCKERFILE, re.MULTILINE)


@pytest.fixture
def service() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["jca"])


@pytest.fixture
def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # names of units keep their case
    parser.read(DEPLOY / "systemd" / "jca.service")
    return parser


def _sources() -> list[str]:
    copies = [shlex.split(line) for line in _instructions("COPY")]
    return [word for words in copies if not words[0].startswith("--from") for word in words[:-1]]


def test_everything_that_is_copied_exists_and_is_sent_to_the_builder() -> None:
    sent = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}

    assert [source for source in _sources() if not (ROOT / source).exists()] == []
    assert sent == set(_sources())


def test_every_package_of_the_image_is_checked_by_its_hash() -> None:
    installs = re.findall(r"pip install ([^&\n]*)", DOCKERFILE)

    assert any("-r /src/requirements.lock" in line for line in installs)
    assert all("--require-hashes" in line or "--no-deps --no-index" in line for line in installs)


def test_the_image_runs_as_an_ordinary_user_and_keeps_state_in_its_volume() -> None:
    (user,) = _instructions("USER")
    assert int(user.partition(":")[0]) > 0
    assert f"JCA_STATE_DIR={_instructions('VOLUME')[0]} " in DOCKERFILE
    assert (json.loads(_instructions("ENTRYPOINT")[0]), json.loads(_instructions("CMD")[0])) == (["jca"], ["up"])


def test_the_composition_uses_the_ports_and_the_directory_of_the_settings(service: dict[str, Any]) -> None:
    defaults = Settings.model_fields
    ports = [int(defaults[name].default) for name in ("port", "webhook_port")]

    assert service["ports"] == [f"127.0.0.1:{port}:{port}" for port in ports]
    assert _instructions("EXPOSE") == [" ".join(map(str, ports))]
    assert [volume.partition(":")[2] for volume in service["volumes"]] == _instructions("VOLUME")
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == DEPLOY / "Dockerfile"


def test_every_variable_that_is_set_somewhere_is_one_of_ours(
    service: dict[str, Any], unit: configparser.ConfigParser
) -> None:
    texts = [json.dumps(service), DOCKERFILE, " ".join(unit["Service"].values())]
    named = {name for text in texts for name in re.findall(rf"\b{PREFIX}[A-Z_]+", text)}

    assert named
    assert named - VARIABLES == set()


def test_the_container_gives_up_every_right_but_what_the_sandbox_needs(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    (profile,) = [option.partition("=")[2] for option in service["security_opt"] if option.startswith("seccomp=")]
    (forbidden,) = json.loads((DEPLOY / profile).read_text())["syscalls"]
    assert forbidden["action"] == "SCMP_ACT_ERRNO"
    assert not {"clone", "clone3", "unshare", "mount", "umount2", "pivot_root", "sethostname"} & set(forbidden["names"])


def test_a_dead_part_is_started_again(service: dict[str, Any], unit: configparser.ConfigParser) -> None:
    assert service["restart"] == "on-failure"
    assert unit["Service"]["Restart"] == "on-failure"
    assert unit["Service"]["ExecStart"].endswith("jca up")


def test_the_unit_leaves_the_sandbox_its_namespaces(unit: configparser.ConfigParser) -> None:
    in_the_way = {
        *("RestrictNamespaces", "ProtectProc", "ProcSubset", "ProtectKernelTunables", "ProtectKernelLogs"),
        *("ProtectControlGroups", "ProtectHostname", "PrivateUsers", "MemoryDenyWriteExecute"),
    }

    assert in_the_way & set(unit["Service"]) == set()
    assert "@mount" in unit["Service"]["SystemCallFilter"]


def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = (DEPLOY / "systemd" / "jca.service").read_text().replace("/opt/jca/bin/jca", "/usr/bin/true")
    (tmp_path / "jca.service").write_text(text)
    verify = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "jca.service")]
    verified = subprocess.run(verify, capture_output=True, text=True, check=False)

    assert (verified.returncode, verified.stderr) == (0, "")
