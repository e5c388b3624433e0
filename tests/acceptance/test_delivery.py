"""The way of a ticket through real processes, from the signed webhook to the branch."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.installation import VALIDATION, Installation, until

BLOCK = "[JCA]\nprovider=scripted\nmodel=scripted-demo\n[/JCA]"


def _opened(body: str, *, number: int = 7, login: str = "alice") -> dict[str, Any]:
    """A GitHub `issues.opened` payload, as far as it matters."""
    person = {"login": login, "id": 1, "type": "User"}
    return {
        "action": "opened",
        "issue": {
            "number": number,
            "title": "Discounts are rounded down",
            "body": body,
            "html_url": f"https://github.com/acme/shop/issues/{number}",
            "user": person,
            "labels": [],
            "state": "open",
        },
        "repository": {"full_name": "acme/shop", "name": "shop", "html_url": "https://github.com/acme/shop"},
        "sender": person,
    }


def test_a_ticket_waits_for_its_provider_with_the_reason_and_starts_by_itself(installation: Installation) -> None:
    installation.up()
    answer = installation.post("github", _opened(f"Totals are wrong.\r\n\r\n{BLOCK}"))
    assert answer.status_code == 202
    job_id = answer.json()["job"]

    waiting = until(lambda: found if (found := installation.job(job_id))["status"] == "queued" else None, "admission")
    assert waiting["selection"]["provider"] == "scripted"
    until(lambda: "reach" in str(installation.get("providers")["providers"][0]["readiness"]), "a self-test that failed")

    installation.start_model()
    ended = installation.until_ended(job_id)

    assert ended["status"] == "succeeded"
    ((branch, message),) = installation.branches().items()
    assert branch == ended["branch"]
    assert branch.startswith("jca/")
    for trailer in ("Ticket: acme/shop#7", f"Job: {job_id}", "Provider: scripted", "Model: scripted-demo"):
        assert trailer in message
    assert ended["pull_request"]["state"] == "recorded"
    assert [outcome["argv"] for outcome in ended["validation"]] == [VALIDATION]


def test_an_executor_killed_in_the_middle_runs_the_job_again_with_one_branch(installation: Installation) -> None:
    installation.start_model(delay=0.3)
    installation.up()
    job_id = installation.send()
    until(lambda: installation.job(job_id)["status"] == "running", "the start")
    installation.kill("executor")

    installation.up()
    ended = installation.until_ended(job_id)

    assert ended["status"] == "succeeded"
    assert list(installation.branches()) == [ended["branch"]]
    history = [step["status"] for step in installation.get(f"jobs/{job_id}")["history"]]
    assert history.count("running") == 2
    assert history.count("succeeded") == 1


def test_one_ticket_sent_again_and_again_is_one_job(running: Installation) -> None:
    payload = _opened(BLOCK, number=10)
    answers = [running.post("github", payload, delivery="same") for _ in range(5)]
    answers.append(running.post("github", payload, delivery="another"))

    assert [answer.status_code for answer in answers] == [202, 200, 200, 200, 200, 200]
    assert {answer.json()["status"] for answer in answers[1:]} == {"duplicate"}
    running.until_ended(answers[0].json()["job"])
    assert _keys(running).count("acme/shop#10") == 1


def test_denials_have_their_reason_and_a_report(running: Installation) -> None:
    cases = {
        "actor_not_allowed": running.post("github", _opened(BLOCK, number=1, login="mallory")),
        "directive_error": running.post("github", _opened("[JCA]\nprovder=scripted\n[/JCA]", number=2)),
        "provider_unknown": running.post("github", _opened("[JCA]\nprovider=skynet\n[/JCA]", number=3)),
    }
    for code, answer in cases.items():
        job = running.until_ended(answer.json()["job"])
        assert (job["status"], job["reason"]["code"]) == ("denied", code)
        assert job["reason"]["sentence"]
        assert job["reason"]["next_step"]
        assert not [message for message in running.branches().values() if f"Job: {job['id']}" in message]


def test_a_forged_delivery_starts_nothing(running: Installation) -> None:
    forged = httpx.post(
        f"http://127.0.0.1:{running.webhook_port}/webhooks/github",
        json=_opened(BLOCK, number=20),
        headers={"X-Hub-Signature-256": f"sha256={'0' * 64}", "X-GitHub-Event": "issues", "X-GitHub-Delivery": "y"},
        trust_env=False,
    )

    assert forged.status_code == 401
    assert "acme/shop#20" not in _keys(running)


def _keys(running: Installation) -> list[str]:
    """Keys of the tickets of all jobs."""
    return [job["ticket"] for job in running.get("jobs")["jobs"]]
