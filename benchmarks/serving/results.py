"""Figures of the service as they are kept: JSON for programs, a page for people."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.figure import Bound, Figure, as_record, table
from benchmarks.serving.servers import CHECKOUT

RESULTS = CHECKOUT / "benchmarks" / "serving_results.json"
DOCS = CHECKOUT / "docs" / "benchmarks_serving.md"
HEAD = (
    "# Benchmarks of the service\n\nFigures of the last `make bench-serving`, also those that "
    "fall short. Measured {machine}. Servers run with one worker on loopback; CPU is that "
    "of the server's process and all below it.\n\n"
)


def keep(found: Mapping[str, Sequence[Figure]], titles: Mapping[str, str]) -> None:
    """Write figures down; those of parts that did not run stay as they were."""
    kept = {**_kept(), **found}
    machine = (
        f"{datetime.now(UTC).date()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} shared cores"
    )
    records = [
        {"benchmark": name, **as_record(each)} for name in titles for each in kept.get(name, ())
    ]
    RESULTS.write_text(json.dumps({"machine": machine, "figures": records}, indent=2) + "\n")
    parts = [
        f"## {name}\n\n{title}\n\n{table(kept[name])}\n"
        for name, title in titles.items()
        if name in kept
    ]
    DOCS.write_text(HEAD.format(machine=machine) + "\n".join(parts))
    print(f"wrote {RESULTS.name} and docs/{DOCS.name}")


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


def _kept() -> dict[str, Sequence[Figure]]:
    if not RESULTS.is_file():
        return {}
    found: dict[str, list[Figure]] = {}
    for record in json.loads(RESULTS.read_text())["figures"]:
        found.setdefault(record["benchmark"], []).append(figure_of(record))
    return dict(found)


def _bound(text: str | None) -> Bound | None:
    if text is None:
        return None
    if text.startswith(">= "):
        return Bound(low=float(text.removeprefix(">= ")))
    if text.startswith("<= "):
        return Bound(high=float(text.removeprefix("<= ")))
    low, _, high = text.partition(" to ")
    return Bound(float(low), float(high))
