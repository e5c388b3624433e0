"""What a job is, how it is decided and where it waits. Imports nothing else of this project."""

__version__ = "0.1.0"
