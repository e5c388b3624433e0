"""`jca demo`, as a newcomer runs it."""

from __future__ import annotations

import json

from tests.support.installation import Installation


def test_the_demo_ends_with_a_validated_pull_request_one_json_object_and_nothing_left_behind(
    installation: Installation,
) -> None:
    before = sorted(installation.directory.iterdir())
    done = installation.jca("demo", "--json", TMPDIR=str(installation.directory))

    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert result["status"] == "succeeded"
    assert result["branch"].startswith("jca/demo-1")
    assert len(result["commit"]) == 40
    assert result["pull_request"]["state"] == "recorded"
    assert [outcome["exit_code"] for outcome in result["validation"]] == [0]
    assert (result["provider"], result["model"]) == ("scripted-demo", "scripted-demo")
    assert result["job_id"]
    assert result["seconds"] > 0
    assert sorted(installation.directory.iterdir()) == before


def test_the_demo_tells_a_person_what_happens_and_that_the_model_is_no_ai(installation: Installation) -> None:
    done = installation.jca("demo")

    assert done.returncode == 0, done.stderr
    for words in (
        "It is not an AI",
        "answered with 202",
        "Why this provider and model",
        "+",
        "succeeded",
        "pull request",
    ):
        assert words in done.stdout


def test_a_real_endpoint_that_is_not_there_is_a_clear_error(installation: Installation) -> None:
    done = installation.jca("demo", "--real", JCA_CONFIG_FILE="")

    assert done.returncode == 3
    assert "JCA_OPENAI_COMPATIBLE_BASE_URL" in done.stderr
