"""What people call things: names in tickets, and the identifiers of models."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

NAME = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?"
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$")]
"""A lowercase name people write in tickets: letters, digits, `.`, `_`, `-`; at most 64 characters."""

MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+\[\]-]{0,127}\Z")
"""A model identifier; it can never start with `-`, so it can never be read as an option."""


def _model_id(value: str) -> str:
    if not MODEL.match(value):
        msg = f"{value!r} is not a model identifier: it starts with a letter or digit, then letters, digits, ._:/@+[]-"
        raise ValueError(msg)
    return value


ModelId = Annotated[str, AfterValidator(_model_id)]
