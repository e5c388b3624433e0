"""The record of a conversation on disk, complete after every step and free of secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter

from jobs import errors, redact

VERSION = 1


class Trajectory:
    """An append-only file of JSON lines: `{"v": 1, "from": 4, "messages": [...]}`.

    The messages are in pydantic-ai's provider-neutral form; `from` is how many of the conversation come before them,
    and 0 begins a new one. One `write` per step, so a crash can cut only the last line, which is dropped later.
    """

    def __init__(self, path: Path, secrets: Iterable[str] = ()) -> None:
        """Open the record.

        Args:
            path: the file; it and its directory are made when the first step is written.
            secrets: values masked wherever they occur, beside what looks like a credential.
        """
        self.path = path
        self._secrets = tuple(secrets)
        self._written = 0
        self._whole = False

    def record(self, messages: Sequence[ModelMessage]) -> None:
        """Append what is new in `messages`, the whole conversation so far."""
        new = list(messages[self._written :])
        if not new:
            return
        plain = ModelMessagesTypeAdapter.dump_python(new, mode="json")
        entry = {"v": VERSION, "from": self._written, "messages": self._clean(plain)}
        line = json.dumps(entry, separators=(",", ":"))
        self._drop_cut_line()
        self._append(line.encode("utf-8", "replace") + b"\n")
        self._written += len(new)

    def load(self) -> list[ModelMessage]:
        """The last conversation on record; what is recorded next continues it. A last line cut by a crash is dropped.

        Raises:
            errors.BadInput: a complete line is not one of ours.
        """
        self._drop_cut_line()
        messages: list[ModelMessage] = []
        for line in self.path.read_bytes().splitlines() if self.path.exists() else ():
            start, new = self._entry(line)
            messages[start:] = new
        self._written = len(messages)
        return messages

    def _entry(self, line: bytes) -> tuple[int, list[ModelMessage]]:
        try:
            entry = json.loads(line)
            if entry["v"] > VERSION:
                raise errors.BadInput(f"{self.path} was written by a newer version of JCA.")
            return int(entry["from"]), ModelMessagesTypeAdapter.validate_python(entry["messages"])
        except (ValueError, KeyError, TypeError) as error:
            raise errors.BadInput(f"{self.path} is not a record of a conversation: {error}") from error

    def _drop_cut_line(self) -> None:
        if self._whole or not self.path.exists():
            return
        content = self.path.read_bytes()
        os.truncate(self.path, content.rfind(b"\n") + 1)
        self._whole = True

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)

    def _clean(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Mask secrets inside the values, not in the JSON text, whose structure a mask could break."""
        if isinstance(value, dict):
            return {key: self._clean(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self._clean(entry) for entry in value]
        if not isinstance(value, str):
            return value
        return self._clean_arguments(value) if value.startswith("{") else redact.redact(value, self._secrets)

    def _clean_arguments(self, text: str) -> str:
        """Tool arguments are JSON inside a string; they must stay JSON for the provider that reads them next."""
        try:
            arguments = json.loads(text)
        except ValueError:
            return redact.redact(text, self._secrets)
        return json.dumps(self._clean(arguments))
