"""`jca run`: one ticket here and now, through the same steps as every other job."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest

from tests.support.installation import VALIDATION, Installation

TICKET = "# Discounts are rounded down\n\nThe failing test shows it.\n"


@pytest.fixture
def ticket(installation: Installation) -> str:
    path = installation.directory / "fix.md"
    path.write_text(TICKET)
    return str(path)


def test_a_configured_repository_ends_with_a_validated_branch(installation: Installation, ticket: str) -> None:
    installation.start_model()
    done = installation.jca("run", "--repo", "shop", "--ticket", ticket, "--json")

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["status"], result["reason"]["code"]) == ("succeeded", "validated")
    assert list(installation.branches()) == [result["branch"]]
    assert result["usage"]["requests"] > 0


def test_any_repository_on_this_machine_works_by_its_path(installation: Installation, ticket: str) -> None:
    installation.start_model()
    clone = installation.directory / "work"
    subprocess.run(["git", "clone", "-q", str(installation.repository), str(clone)], check=True)
    validate = shlex.join(VALIDATION)
    done = installation.jca("run", "--repo", str(clone), "--ticket", ticket, "--validate", validate)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "branch jca/" in done.stdout
    assert "cost unknown" in done.stdout
    listed = subprocess.run(
        ["git", "-C", str(clone), "branch", "--list", "jca/*"], capture_output=True, text=True, check=True
    )
    assert listed.stdout.count("jca/") == 1


def test_a_failing_validation_is_a_failure_that_shows_its_output_and_the_change(
    installation: Installation,
    ticket: str,
) -> None:
    installation.start_model()
    done = installation.jca(
        "run", "--repo", "shop", "--ticket", ticket, "--validate", "python3 -c 'raise SystemExit(5)'"
    )

    assert done.returncode == 1
    assert "exit code 5" in done.stdout
    assert installation.branches() == {}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--repo", "nowhere-at-all", "--ticket", "FIX"], 2, "--repo nowhere-at-all"),
        (["--repo", "shop", "--ticket", "/nowhere/fix.md"], 2, "/nowhere/fix.md"),
        (["--repo", "shop", "--ticket", "FIX", "--provider", "skynet"], 2, "skynet"),
        (["--repo", "shop", "--ticket", "FIX", "--model", "nothing"], 2, "nothing"),
        (["--repo", "shop", "--ticket", "FIX"], 3, "scripted is not ready"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_run(
    installation: Installation,
    ticket: str,
    words: list[str],
    code: int,
    said: str,
) -> None:
    done = installation.jca("run", *(ticket if word == "FIX" else word for word in words))

    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr
    assert installation.branches() == {}


def test_a_mistake_in_the_block_names_its_line(installation: Installation) -> None:
    path = installation.directory / "typo.md"
    path.write_text("# Title\n\n[JCA]\nprovder=scripted\n[/JCA]\n")
    done = installation.jca("run", "--repo", "shop", "--ticket", str(path))

    assert done.returncode == 2
    assert "line 4" in done.stderr
    assert "provider" in done.stderr
