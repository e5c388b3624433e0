"""What became of a delivery, as people read it; and what a sender has to be set to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.ledger.deliveries import Received

_WHY = {
    "ping": "The sender only tried the address: it works.",
    "action_not_handled": "Nothing is done about such an event.",
    "not_supported_yet": "This version does nothing about such an event yet.",
    "bot_author": "A program did it, and programs start no work.",
    "own_comment": "It is a comment of JCA's own.",
    "own_account": "JCA's own account did it.",
    "fork": "It is about a fork, and work on forks never gets credentials.",
    "ticket_closed": "The ticket is closed.",
    "label_not_ours": "The label that was added asks for nothing here.",
    "no_command": "The comment holds no command for JCA.",
    "unclear_command": "The comment's command could not be read.",
    "no_ticket": "It names no ticket.",
    "no_actor": "Nobody is named who did it.",
    "managed_label_missing": "The ticket has neither the label nor a [JCA] block that asks for work.",
    "job_unfinished": "A job works on this ticket already.",
    "ticket_unchanged": "This very text has just had its job.",
    "job_succeeded": "The ticket's job has succeeded; such an act asks for no second one.",
    "edit_repeated": "This edit was told before.",
    "command_repeated": "This command was told before.",
    "delivery_repeated": "The same delivery came before.",
}
"""The sentence to each reason; the receiver keeps the reason, and after a colon what is special about this one."""

ECHOES = frozenset({"own_comment", "own_account"})
"""Reasons of deliveries that tell us what we did ourselves."""

OUTCOMES = {"accepted": "succeeded", "duplicate": "queued", "ignored": "held"}
"""The look of each outcome."""


def why(delivery: Received) -> str:
    """Why a delivery started nothing; empty where it did."""
    code, _, detail = delivery.reason.partition(": ")
    sentence = _WHY.get(code, code.replace("_", " "))
    return f"{sentence} ({detail})" if detail else sentence


@dataclass(frozen=True)
class Setup:
    """How a kind of source is told to send."""

    where: str
    """Where in the tracker webhooks are added."""
    events: tuple[str, ...]
    """What to enable, in the tracker's own words."""
    notes: str = ""


SETUPS = {
    "github": Setup(
        "In the repository or organisation: Settings, Webhooks, Add webhook.",
        ("Issues", "Issue comments"),
        "Content type application/json, with the secret.",
    ),
    "jira": Setup(
        "In Jira: Settings, System, WebHooks, Create a WebHook.",
        ("Issue: created", "Issue: updated", "Comment: created"),
        "Put the secret into its field; a JQL filter keeps other projects out.",
    ),
    "local": Setup(
        "Any program on your side: POST a ticket as JSON.",
        (),
        "Each request is signed with the secret.",
    ),
}
"""By the kind of the source."""
