"""Why a job is where it is: one code, one sentence, one next step, written for the person who waits."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Code(StrEnum):
    """Stable names for machines; the sentences may be reworded, these may not."""

    # decided before a run
    MANAGED_LABEL_MISSING = "managed_label_missing"
    SOURCE_MISMATCH = "source_mismatch"
    TICKET_CLOSED = "ticket_closed"
    TICKET_GONE = "ticket_gone"
    NOT_IN_READY_STATE = "not_in_ready_state"
    UNASSIGNED = "unassigned"
    ASSIGNEE_UNKNOWN = "assignee_unknown"
    BOT_AUTHOR = "bot_author"
    OWN_COMMENT = "own_comment"
    FORK = "fork"
    WAITING_FOR_CONTINUATION = "waiting_for_continuation"
    DIRECTIVE_ERROR = "directive_error"
    PROVIDER_UNKNOWN = "provider_unknown"
    PROVIDER_DISABLED = "provider_disabled"
    PROVIDER_NOT_ALLOWED = "provider_not_allowed"
    MODEL_UNKNOWN = "model_unknown"
    MODEL_NOT_ALLOWED = "model_not_allowed"
    NOTHING_SELECTED = "nothing_selected"
    REPOSITORY_UNKNOWN = "repository_unknown"
    REPOSITORY_NOT_ALLOWED = "repository_not_allowed"
    ROUTING_MISSING = "routing_missing"
    ACTOR_NOT_ALLOWED = "actor_not_allowed"
    TEXT_CHANGED = "text_changed"
    NOT_SUPPORTED_YET = "not_supported_yet"
    # while it waits
    INTAKE_PAUSED = "intake_paused"
    TRACKER_UNAVAILABLE = "tracker_unavailable"
    PROVIDER_NOT_READY = "provider_not_ready"
    PAUSED = "paused"
    QUOTA_REACHED = "quota_reached"
    SPEND_WORKSPACE = "spend_workspace"
    SPEND_REPOSITORY = "spend_repository"
    SPEND_PERSON = "spend_person"
    SPEND_TICKET = "spend_ticket"
    # how a run ended
    VALIDATED = "validated"
    UNVALIDATED = "unvalidated"
    VALIDATION_FAILED = "validation_failed"
    NO_CHANGES = "no_changes"
    NOT_SOLVED = "not_solved"
    CHANGES_REFUSED = "changes_refused"
    CHECKOUT_FAILED = "checkout_failed"
    CONTEXT_MISSING = "context_missing"
    SANDBOX_MISSING = "sandbox_missing"
    PROVIDER_UNAUTHORIZED = "provider_unauthorized"
    MODEL_NOT_FOUND = "model_not_found"
    RATE_LIMITED = "rate_limited"
    PROVIDER_ERROR = "provider_error"
    PROVIDER_TIMEOUT = "provider_timeout"
    PROVIDER_UNREACHABLE = "provider_unreachable"
    BAD_ANSWER = "bad_answer"
    EMPTY_ANSWER = "empty_answer"
    TRUNCATED_ANSWER = "truncated_answer"
    MODEL_REFUSED = "model_refused"
    BUDGET_TURNS = "budget_turns"
    BUDGET_TOKENS = "budget_tokens"
    BUDGET_USD = "budget_usd"
    PRICE_UNKNOWN = "price_unknown"
    BUDGET_TIME = "budget_time"
    PUSH_FAILED = "push_failed"
    PUBLISH_FAILED = "publish_failed"
    WORKER_CRASHED = "worker_crashed"
    INTERNAL_ERROR = "internal_error"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Reason(BaseModel):
    """A code with its sentence and the next step for the reader."""

    model_config = ConfigDict(frozen=True)

    code: Code
    sentence: str
    """What happened, one plain sentence ending with a full stop."""
    next_step: str = ""
    """What the reader can do about it; empty when there is nothing to do."""

    def __str__(self) -> str:
        return f"{self.sentence} {self.next_step}".strip()


_NEXT_STEPS = {
    Code.SOURCE_MISMATCH: "Move the ticket, or ask an administrator to add its place to the source's `projects`.",
    Code.TICKET_CLOSED: "Reopen it, then retry the job.",
    Code.TICKET_GONE: "Look whether it was deleted or moved, and whether JCA's account may still see it.",
    Code.UNASSIGNED: "Assign it, then retry the job with `/jca retry`.",
    Code.ASSIGNEE_UNKNOWN: "Assign it to somebody this source knows, then retry the job with `/jca retry`.",
    Code.BOT_AUTHOR: "Let a person ask for it; an administrator can also list the bot among the source's `actors`.",
    Code.OWN_COMMENT: "Nothing is to be done: JCA does not answer itself.",
    Code.FORK: "Push the branch to the repository itself; work on forks never gets the repository's credentials.",
    Code.WAITING_FOR_CONTINUATION: "Say what is left to do with `/jca continue …` in a comment, or change the text.",
    Code.TEXT_CHANGED: "Somebody who may write the repository can read the text as it is now and answer `/jca retry`.",
    Code.INTAKE_PAUSED: "Somebody who may operate JCA can resume it with `jca intake resume`.",
    Code.TRACKER_UNAVAILABLE: "Nothing is to be done: JCA asks again by itself.",
    Code.PAUSED: "Somebody who may operate JCA can resume it with `jca jobs resume`.",
    Code.QUOTA_REACHED: "Nothing is to be done: it starts by itself, or at once with another provider in the ticket.",
    Code.SPEND_WORKSPACE: "It starts by itself tomorrow (UTC), or when an administrator raises `daily_usd`.",
    Code.SPEND_REPOSITORY: "It starts by itself tomorrow (UTC), or when the repository's `daily_usd` is raised.",
    Code.SPEND_PERSON: "It starts by itself tomorrow (UTC), or when an administrator raises `person_daily_usd`.",
    Code.SPEND_TICKET: "An administrator can raise `ticket_usd`, or split the ticket into smaller ones.",
    Code.PROVIDER_UNAUTHORIZED: "Check the key of this provider on its page, then retry the job.",
    Code.MODEL_NOT_FOUND: "Correct the model name in the ticket or the provider's settings, then retry the job.",
    Code.RATE_LIMITED: "Wait for the limit to reset or choose another provider, then retry the job.",
    Code.PROVIDER_ERROR: "The provider's own status page may say more; retry the job later.",
    Code.PROVIDER_TIMEOUT: "Check that the endpoint is healthy, then retry the job.",
    Code.PROVIDER_UNREACHABLE: "Start the endpoint or correct its base URL, then retry the job.",
    Code.BAD_ANSWER: "This endpoint does not follow its API; run the provider's self-test or choose another model.",
    Code.EMPTY_ANSWER: "Choose another model, or retry the job.",
    Code.TRUNCATED_ANSWER: "Raise the model's output limit or choose a model with a larger one, then retry the job.",
    Code.MODEL_REFUSED: "Reword the ticket or choose another model, then retry the job.",
    Code.BUDGET_TURNS: "Split the ticket or raise the turn limit, then retry the job.",
    Code.BUDGET_TOKENS: "Split the ticket or raise its `budget=`, then retry the job.",
    Code.BUDGET_USD: "Split the ticket or raise its `budget=`, then retry the job.",
    Code.PRICE_UNKNOWN: "Give this model its prices in the configuration, or drop the USD budget.",
    Code.BUDGET_TIME: "Split the ticket or raise its `timeout=`, then retry the job.",
    Code.NOT_SOLVED: "Answer it in the ticket, then retry the job; the changes so far are kept with this job.",
    Code.NO_CHANGES: "Say in the ticket what should be different afterwards, then retry the job.",
    Code.VALIDATION_FAILED: "Read the failing output below; the changes so far are kept with this job.",
    Code.CHANGES_REFUSED: "Read which path was refused; the changes so far are kept with this job.",
    Code.CHECKOUT_FAILED: "Check the repository's address and branch with `jca repos list`, then retry the job.",
    Code.CONTEXT_MISSING: "Correct the path in the ticket's [JCA] block, then retry the job.",
    Code.SANDBOX_MISSING: "Run `jca doctor` on the worker; it names the missing part.",
    Code.PUSH_FAILED: "Check that this worker may push to the repository, then retry the job.",
    Code.PUBLISH_FAILED: "Mend what it names, then retry the job: only publishing is repeated, from the stored commit.",
    Code.WORKER_CRASHED: "Look at the worker's own log around this time, then retry the job.",
    Code.INTERNAL_ERROR: "Please report this with the job's log; retrying may still help.",
    Code.CANCELLED: "Retry the job to start it again.",
}


def because(code: Code, sentence: str, next_step: str = "") -> Reason:
    """Make a reason; without `next_step` the usual one of the code is taken."""
    return Reason(code=code, sentence=sentence, next_step=next_step or _NEXT_STEPS.get(code, ""))
