"""Where repositories keep their rules for agents, as every run reads them."""

from __future__ import annotations

FILES = ("AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md")
"""Read from the base branch before the agent starts, in this order; those that are missing are passed over."""

LIMIT = 20_000  # characters that are read of each
