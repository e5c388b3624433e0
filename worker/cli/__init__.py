"""The command line: `jca …`."""

from worker.cli.app import main

__all__ = ["main"]
