"""Executor: how one job is run."""
