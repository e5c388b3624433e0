"""What a run leaves behind: usage, command outcomes, the pull request. Plain records."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Usage(BaseModel):
    """Tokens and money of a run, as the provider reported them."""

    model_config = ConfigDict(frozen=True)

    requests: int = 0
    input_tokens: int = 0
    """Includes cached ones."""
    cache_read_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None
    """None when no price is known for the model."""

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


class CommandOutcome(BaseModel):
    """One validation command, run by the host."""

    model_config = ConfigDict(frozen=True)

    argv: tuple[str, ...]
    exit_code: int | None
    """None when it was stopped before it ended."""
    seconds: float
    output: str = ""
    """Its last lines, standard output and error together."""
    timed_out: bool = False
    before: int | None = None
    """Exit code of the same command on the untouched checkout, where it was run."""

    @property
    def passed(self) -> bool:
        """Exit code 0 within its time."""
        return self.exit_code == 0 and not self.timed_out


class PullRequestState(StrEnum):
    """How far a pull request got."""

    RECORDED = "recorded"
    """The branch is pushed and this record stands for the pull request; no code host was asked."""
    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"
    """Closed by a person without being merged; it is not opened again."""


class PullRequest(BaseModel):
    """A pull request, or the record that stands for it."""

    model_config = ConfigDict(frozen=True)

    state: PullRequestState
    branch: str
    base_branch: str
    commit: str
    title: str
    body: str = Field("", repr=False)
    url: str = ""
    is_draft: bool = False
    """Of one that is not open yet: how it is to be opened."""
