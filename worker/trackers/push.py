"""What one job pushes with, whatever code host lent it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr


@dataclass(frozen=True)
class PushCredential:
    """A right to push, for git over https."""

    host_url: str
    """Scheme and host it may be sent to, such as `https://github.com/`."""
    username: str
    password: SecretStr
    expires_at: datetime | None
    """None: when its owner says."""
    narrowed: bool
    """Whether it is for this one repository only; a personal token is for whatever its owner gave it."""

    @property
    def header(self) -> SecretStr:
        """The whole header line git sends."""
        pair = f"{self.username}:{self.password.get_secret_value()}".encode()
        return SecretStr(f"Authorization: Basic {base64.b64encode(pair).decode()}")
