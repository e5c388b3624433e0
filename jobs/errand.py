"""An errand: a short task that the gateway asks one worker for, and what is said while it is done."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from ulid import ULID

VERSION = 1
"""Version of these records; a worker refuses a newer one."""

TAKE_UP = 10.0  # seconds within which a worker has to begin
LONGEST = 120.0  # seconds an errand may take
KEPT = 3600.0  # seconds that what was said about it can be read


class Kind(StrEnum):
    """What a worker can be asked for."""

    SELF_TEST = "self_test"
    """Prove one model of a provider: `provider`, and `model` or nothing for its default."""
    TEST_CLONE = "test_clone"
    """Fetch a repository as a job would, and run nothing of it: `alias`, `url`, `branch`."""
    FORGET = "forget"
    """Delete what the worker keeps of jobs: `jobs`, their ids separated by spaces."""


class Errand(BaseModel):
    """One task for one worker. Travels through Redis as JSON."""

    model_config = ConfigDict(frozen=True)

    v: int = VERSION
    id: str = Field(default_factory=lambda: str(ULID()).lower())
    kind: Kind
    worker: str
    """Name of the worker that is to do it."""
    arguments: dict[str, str]
    """As `kind` says."""


class ErrandStep(BaseModel):
    """One thing done; said again under the same name when it is over."""

    model_config = ConfigDict(frozen=True)

    name: str
    ok: bool | None = None
    """None while it runs."""
    detail: str = ""
    """What was seen, one plain sentence."""
    remedy: str = ""
    milliseconds: float = 0


class ErrandEnd(BaseModel):
    """The last word about an errand."""

    model_config = ConfigDict(frozen=True)

    ok: bool
    sentence: str
    remedy: str = ""


class Progress(BaseModel):
    """How far an errand has come."""

    model_config = ConfigDict(frozen=True)

    errand: Errand
    taken: bool = False
    """Whether its worker has begun."""
    steps: tuple[ErrandStep, ...] = ()
    """In the order they began, each as it was said last."""
    end: ErrandEnd | None = None

    def with_step(self, step: ErrandStep) -> Progress:
        """The same after one more word about a step."""
        known = {one.name: one for one in self.steps} | {step.name: step}
        return self.model_copy(update={"steps": tuple(known.values())})
