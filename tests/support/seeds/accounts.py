"""Repositories and accounts of a believable team, and what its two workers say of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.catalog import Catalog, Model, ProviderKind, ProviderProfile
from jobs.job import Job
from jobs.order import WorkOrder
from jobs.readiness import Readiness, State, Step
from jobs.repository import Repository
from jobs.selection import Because, Selection

CATALOG = Catalog(
    repositories=(
        Repository(alias="payments", url="https://git.example/acme/payments", full_name="acme/payments"),
        Repository(alias="web", url="https://git.example/acme/web", full_name="acme/web"),
    ),
    providers=(
        ProviderProfile(
            name="openai-compatible",
            kind=ProviderKind.OPENAI_COMPATIBLE,
            base_url="http://localhost:11434/v1",
            models=(Model(id="qwen3-coder:30b"),),
            default_model="qwen3-coder:30b",
            source="from JCA_OPENAI_COMPATIBLE_BASE_URL",
        ),
        ProviderProfile(
            name="team-proxy",
            kind=ProviderKind.OPENAI_COMPATIBLE,
            base_url="https://llm-proxy.internal.example/openai/v1",
            models=(Model(id="gpt-5.3-codex"),),
            default_model="gpt-5.3-codex",
            source="from JCA_CONFIG_FILE",
        ),
        ProviderProfile(
            name="night-shift",
            kind=ProviderKind.OPENAI_COMPATIBLE,
            base_url="http://gpu-7:8000/v1",
            default_model="glm-5",
            enabled=False,
        ),
    ),
)


def selection(provider: str = "openai-compatible", model: str = "qwen3-coder:30b") -> Selection:
    return Selection(
        provider=provider,
        model=model,
        because=(
            Because(layer="provider directive", outcome="skipped", text="The ticket names no provider."),
            Because(layer="model label", outcome="skipped", text="The ticket has no model: label."),
            Because(
                layer="repository default",
                outcome="chosen",
                text=f"The repository's default chose {provider} with {model}.",
            ),
        ),
    )


def readiness(moment: datetime) -> dict[str, list[Readiness]]:
    """What two workers say: one account is ready on one of them, the other on none."""
    later = moment + timedelta(minutes=10)
    passed = (
        Step(name="reach", ok=True, detail="The endpoint answers.", milliseconds=12),
        Step(name="authenticate", ok=True, detail="No key is needed.", milliseconds=3),
        Step(name="model exists", ok=True, detail="qwen3-coder:30b is listed.", milliseconds=9),
        Step(name="forced tool call", ok=True, detail="The model called the tool it was told to.", milliseconds=801),
        Step(name="structured finish", ok=True, detail="It ended the run as told.", milliseconds=640),
    )
    refused = (
        Step(
            name="reach",
            ok=False,
            detail="Connection refused by llm-proxy.internal.example:443.",
            remedy="Start the proxy, or correct its base URL in the file that JCA_CONFIG_FILE names.",
            milliseconds=31,
        ),
    )

    def said(account: str, model: str, worker: str, state: State, reason: str, steps: tuple[Step, ...]) -> Readiness:
        return Readiness(
            account=account,
            model=model,
            worker=worker,
            state=state,
            reason=reason,
            steps=steps,
            checked_at=moment,
            expires_at=later,
        )

    ready = "The self-test passed: a forced tool call and a structured finish."
    qwen, codex = ("openai-compatible", "qwen3-coder:30b"), ("team-proxy", "gpt-5.3-codex")
    return {
        "worker-1": [
            said(*qwen, "worker-1", State.READY, ready, passed),
            said(*codex, "worker-1", State.BLOCKED, "Connection refused.", refused),
        ],
        "worker-2": [said(*codex, "worker-2", State.BLOCKED, "Connection refused.", refused)],
    }


def order(job: Job) -> WorkOrder:
    """The order that a queued job waits with."""
    if job.selection is None:
        raise ValueError(f"{job.ticket.key} has no selection")
    return WorkOrder(
        job=job.id,
        run=job.run,
        ticket=job.ticket,
        repository=next(repository for repository in CATALOG.repositories if repository.alias == job.repository),
        base_branch="main",
        branch=f"jca/{job.ticket.key.lower()}",
        provider=job.selection.provider,
        model=job.selection.model,
    )
