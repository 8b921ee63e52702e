"""Figures as they are kept: JSON for programs, a page for people."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figure import Bound, Figure, as_record, table


@dataclass(frozen=True)
class Kept:
    """Where the figures of some benchmarks are kept.

    Attributes
    ----------
    results, page : Path
        JSON and Markdown.
    head : str
        What stands above the tables, with a place for ``{machine}``.
    """

    results: Path
    page: Path
    head: str

    def keep(self, found: Mapping[str, Sequence[Figure]], titles: Mapping[str, str]) -> None:
        """Write figures down; those of benchmarks that did not run stay as they were."""
        kept = {**self._kept(), **found}
        machine = (
            f"{datetime.now(UTC).date()}, Python {platform.python_version()}, "
            f"{os.cpu_count()} shared cores"
        )
        records = [
            {"benchmark": name, **as_record(each)} for name in titles for each in kept.get(name, ())
        ]
        text = json.dumps({"machine": machine, "figures": records}, indent=2)
        self.results.write_text(text + "\n")
        parts = [
            f"## {name}\n\n{title}\n\n{table(kept[name])}\n"
            for name, title in titles.items()
            if name in kept
        ]
        self.page.write_text(self.head.format(machine=machine) + "\n".join(parts))
        print(f"wrote {self.results.name} and {self.page.name}")

    def _kept(self) -> dict[str, Sequence[Figure]]:
        if not self.results.is_file():
            return {}
        found: dict[str, list[Figure]] = {}
        for record in json.loads(self.results.read_text())["figures"]:
            found.setdefault(record["benchmark"], []).append(figure_of(record))
        return dict(found)


def figure_of(record: Mapping[str, Any]) -> Figure:
    """Return a figure from its record.

    Examples
    --------
    >>> figure = Figure("refusals", 61.5, "ms", Bound(high=50), note="p99")
    >>> figure_of(as_record(figure)) == figure
    True
    """
    must, good = (_bound(record[key]) for key in ("must", "good"))
    value = float(record["value"])
    return Figure(str(record["name"]), value, str(record["unit"]), must, good, str(record["note"]))


def _bound(text: str | None) -> Bound | None:
    if text is None:
        return None
    if text.startswith(">= "):
        return Bound(low=float(text.removeprefix(">= ")))
    if text.startswith("<= "):
        return Bound(high=float(text.removeprefix("<= ")))
    low, _, high = text.partition(" to ")
    return Bound(float(low), float(high))
