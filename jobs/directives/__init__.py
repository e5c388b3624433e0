"""What a ticket asks for in its `[JCA]` block and its labels. Pure; never raises on any text."""

from __future__ import annotations

from jobs.directives.model import Directives, Parsed, Problem
from jobs.directives.parser import has_block, parse_directives

__all__ = ["Directives", "Parsed", "Problem", "has_block", "parse_directives"]
