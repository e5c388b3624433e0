"""A pytest plugin: with CI=true nothing is skipped that tests/not_here.toml does not name with its reason.

Everywhere it leaves out the tests marked `vendors` unless they are asked for, visibly, and refuses entries of the
list that no test answers to.
"""

from __future__ import annotations

import functools
import os
import tomllib
from collections.abc import Generator
from pathlib import Path

import pytest

LIST = Path(__file__).parents[1] / "not_here.toml"


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


@functools.cache
def listed() -> tuple[str, ...]:
    """Ids, or beginnings of ids, of the tests that may be skipped; each has a reason."""
    entries = tomllib.loads(LIST.read_text())["tests"]
    assert all(entry["reason"].strip() for entry in entries)
    return tuple(entry["test"] for entry in entries)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not any("::" in argument for argument in config.args):
        _refuse_stale({item.nodeid for item in items})
    if not in_ci() and os.environ.get("JCA_TEST_VENDORS") != "1":
        for item in items:
            if item.get_closest_marker("vendors"):
                item.add_marker(pytest.mark.skip(reason="needs npm packages: make test-vendors, or CI=true"))


def _refuse_stale(collected: set[str]) -> None:
    files = {test.partition("::")[0] for test in collected}
    for entry in listed():
        file = entry.partition("::")[0]
        looked = file in files or not (LIST.parents[1] / file).exists()
        if looked and not any(test.startswith(entry) for test in collected):
            raise pytest.UsageError(f"{LIST.name} lists {entry}, but there is no such test: remove the entry.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _refuse_skip(item.nodeid, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        _refuse_skip(collector.nodeid, report)
    return report


def _refuse_skip(test: str, report: pytest.TestReport | pytest.CollectReport) -> None:
    if in_ci() and not test.startswith(listed()):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{test} was skipped ({why}), and {LIST.name} does not list it."
