"""Logging of the processes: one line per event, never a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any

import structlog

from jobs import redact

_BARE = re.compile(r"[^\s\"=\\]*")
"""Text that needs no quotes: the rules of https://brandur.org/logfmt."""


def configure(level: str) -> None:
    """Set up structlog and the standard logger to write readable lines to standard error."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(
        level=max(number, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _line,
        ],
    )


def _line(_logger: Any, _name: str, event: structlog.typing.EventDict) -> str:  # noqa: ANN401 - structlog's signature
    """One line of logfmt, its secrets masked. Our own, since the receiver writes one for each delivery."""
    first = f"timestamp={event.pop('timestamp')} level={event.pop('level')} event={_value(event.pop('event'))}"
    return redact.redact(" ".join([first, *(f"{name}={_value(value)}" for name, value in event.items())]))


def _value(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
    text = str(value)
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)
