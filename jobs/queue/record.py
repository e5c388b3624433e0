"""How records are written in Redis: JSON, never pickle, so that who can write Redis cannot run code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from arq.jobs import DeserializationError, deserialize_job_raw, serialize_job
from pydantic import ValidationError

from jobs import redact
from jobs.order import WorkOrder

FUNCTION = "run"
"""The name under which every worker registers what it does with a work order."""

LONGEST_MESSAGE = 2000  # characters of an exception's message


def to_json(data: object) -> bytes:
    """Write JSON that any database can keep: lone surrogates, which are no text, become question marks."""
    return json.dumps(data, default=_as_data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def serialize(record: dict[str, Any]) -> bytes:
    """Write what arq keeps of a job."""
    return to_json(record)


def deserialize(blob: bytes) -> dict[str, Any]:
    """Read what arq kept of a job.

    Raises:
        ValueError: it is not a JSON object.
    """
    record = json.loads(blob)
    if not isinstance(record, dict):
        raise ValueError("a job is kept as a JSON object")  # noqa: TRY004 - of the content, not of the argument
    return record


def write_order(order: WorkOrder, at_ms: int) -> bytes:
    """Write a work order as the job that arq will run."""
    return serialize_job(FUNCTION, (order.model_dump(mode="json"),), {}, None, at_ms, serializer=serialize)


def read_order(blob: bytes) -> WorkOrder | None:
    """Read what `write_order` wrote; None if it is something else."""
    try:
        _, [order], *_ = deserialize_job_raw(blob, deserializer=deserialize)
        return WorkOrder.model_validate(order)
    except (DeserializationError, ValidationError, ValueError, TypeError):
        return None


def describe(error: BaseException) -> Mapping[str, str]:
    """What is kept of an exception: its class and its message without secrets."""
    return {"error": type(error).__name__, "message": redact.redact(str(error))[:LONGEST_MESSAGE]}


def _as_data(value: object) -> object:
    if isinstance(value, BaseException):
        return dict(describe(value))
    raise TypeError(f"{type(value).__name__} has no place in a record")
