"""What a measurement says: a figure of ours beside a peer's from the same run."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    ours: float
    unit: str
    peer: float | None = None
    """The same measured on the peer; None where there is no peer."""
    against: str = ""
    """Who the peer is."""

    @property
    def ratio(self) -> float | None:
        """Ours for each one of the peer; below 1 is less than the peer."""
        return self.ours / self.peer if self.peer else None


def percentiles(
    name: str, ours: Sequence[float], peer: Sequence[float], against: str, unit: str = "ms"
) -> list[Figure]:
    """The middle and the 99th of a hundred, of samples taken in turn."""
    return [
        Figure(f"{name}, p{percent}", percentile(ours, percent), unit, percentile(peer, percent), against)
        for percent in (50, 99)
    ]


def percentile(samples: Sequence[float], percent: int) -> float:
    """What that many of a hundred samples do not exceed."""
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]


def table(figures: Iterable[Figure]) -> str:
    """The figures as aligned columns."""
    rows = [("", "ours", "peer", "ratio", "peer is")]
    rows += [(f.name, _shown(f.ours, f.unit), _shown(f.peer, f.unit), _times(f.ratio), f.against) for f in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{row[column]:>{widths[column]}}" for column in (1, 2, 3))
        + f"  {row[4]}".rstrip()
        for row in rows
    )


def as_json(figures: Iterable[Figure]) -> dict[str, object]:
    """The figures for a program, by name."""
    return {figure.name: {**asdict(figure), "ratio": figure.ratio} for figure in figures}


def _shown(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"  # noqa: RUF001 - a dash for nothing


def _times(ratio: float | None) -> str:
    return "–" if ratio is None else f"× {ratio:.3g}"  # noqa: RUF001 - typographic signs for readers
