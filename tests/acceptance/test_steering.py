"""Steering a job from the command line while it runs."""

from __future__ import annotations

from tests.support.installation import Installation, until


def test_a_running_job_is_cancelled_then_retried_to_its_end(installation: Installation) -> None:
    installation.start_model(delay=0.7)
    installation.up()
    job_id = installation.send()
    until(lambda: installation.job(job_id)["status"] == "running", "the start")
    cancelled = installation.jca("jobs", "cancel", job_id)

    assert cancelled.returncode == 0, cancelled.stderr
    ended = installation.until_ended(job_id, seconds=15)
    assert (ended["status"], ended["reason"]["code"]) == ("cancelled", "cancelled")
    assert installation.branches() == {}

    assert installation.jca("jobs", "retry", job_id).returncode == 0
    ended = installation.until_ended(job_id)
    assert (ended["status"], ended["run"]) == ("succeeded", 2)
    assert list(installation.branches()) == [ended["branch"]]

    again = installation.jca("jobs", "cancel", job_id)
    assert again.returncode == 1
    assert "already ended" in again.stderr
    log = installation.jca("jobs", "log", job_id).stdout
    assert "python3 -m unittest" in log
    assert "+    return (cents * percent + 50) // 100" in installation.jca("jobs", "diff", job_id).stdout
