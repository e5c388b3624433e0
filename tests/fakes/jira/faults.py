"""What can go wrong on the way: asked for in advance, happening once each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["answer", "drop", "done_then_drop", "done_then_answer"]


@dataclass
class Fault:
    """Happens to the next requests that match."""

    method: str
    path: str
    """Regular expression that the path has to match somewhere."""
    kind: Kind = "answer"
    """`answer` and `drop` come before anything is done, the others after."""
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    times: int = 1
    skip: int = 0
    """Matching requests that are let through first."""

    def takes(self, method: str, path: str) -> bool:
        """Whether it happens now; counts itself down."""
        if self.times < 1 or method != self.method or not re.search(self.path, path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


def rate_limit(method: str, path: str, headers: dict[str, str], times: int = 1) -> Fault:
    return Fault(method, path, status=429, headers=headers, body='{"message":"Rate limit exceeded."}', times=times)
