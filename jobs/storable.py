"""Text from outside as it can be kept. Pure."""

from __future__ import annotations

from pydantic import AfterValidator

STORABLE = AfterValidator(lambda value: value.replace("\0", "\N{REPLACEMENT CHARACTER}"))
"""Makes text storable: PostgreSQL takes no NUL, and a fingerprint has them between its fields."""
