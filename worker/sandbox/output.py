"""The output of a command, kept within a limit: its beginning and its end."""

from __future__ import annotations


class CappedOutput:
    """Takes any amount of bytes and keeps at most `limit` of them, half from each end."""

    def __init__(self, limit: int) -> None:
        self._head_room = limit // 2
        self._tail_room = limit - self._head_room
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        room = self._head_room - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > 2 * self._tail_room:
            self._trim()

    def text(self) -> str:
        """Return what was kept, with the number of bytes left out where they were."""
        self._trim()
        gap = f"\n[… {self._dropped} bytes left out …]\n" if self._dropped else ""
        if not gap:
            return (self._head + self._tail).decode(errors="replace")
        return self._head.decode(errors="replace") + gap + self._tail.decode(errors="replace")

    def _trim(self) -> None:
        excess = max(0, len(self._tail) - self._tail_room)
        del self._tail[:excess]
        self._dropped += excess
