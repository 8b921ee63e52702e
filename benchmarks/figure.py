"""A measured figure beside the bounds it is to keep."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Bound:
    """An interval that a figure is to lie in; None leaves a side open."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Tell whether a value lies inside, bounds included."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            return f"<= {self.high:g}"
        if self.high is None:
            return f">= {self.low:g}"
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes
    ----------
    name, unit : str
    value : float
    must, good : Bound or None
    note : str
        Baseline, or how it was measured.
    """

    name: str
    value: float
    unit: str
    must: Bound | None = None
    good: Bound | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Return "good", "must", "SHORT" or, without bounds, an empty word."""
        if self.good is not None and self.good.holds(self.value):
            return "good"
        if self.must is None:
            return "" if self.good is None else "short of good"
        return "must" if self.must.holds(self.value) else "SHORT"


def as_record(figure: Figure) -> dict[str, object]:
    """Return a figure for JSON, bounds as text."""
    bounds = {key: str(bound) for key in ("must", "good") if (bound := getattr(figure, key))}
    return {**asdict(figure), "must": None, "good": None, **bounds, "verdict": figure.verdict}


def table(figures: Sequence[Figure]) -> str:
    """Return figures as a Markdown table."""
    rows = [
        "| figure | value | must | good | verdict | note |",
        "|---|---|---|---|---|---|",
        *(
            f"| {f.name} | {f.value:.4g} {f.unit} | {f.must or ''} | {f.good or ''} | {f.verdict} "
            f"| {f.note} |"
            for f in figures
        ),
    ]
    return "\n".join(rows)


def run(figures: Callable[[], list[Figure]]) -> None:
    """Print a benchmark's figures as a table, or as JSON with ``--json``."""
    found = figures()
    if "--json" in sys.argv:
        print(json.dumps([as_record(figure) for figure in found], indent=2))
    else:
        print(table(found))
