"""Run every benchmark, write ``benchmarks/results.json`` and ``docs/benchmarks.md``."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import sklearn

import benchmarks
from benchmarks.figure import Figure, as_record, table
from features.errors import MissingData

FOLDER = Path(__file__).resolve().parent
DOCS = FOLDER.parent / "docs" / "benchmarks.md"
#: Takes minutes and a machine of its own: ``make bench-serving``.
ON_ITS_OWN = ("serving",)


def main() -> None:
    """Run all benchmarks; those whose data are not on this machine say so."""
    sections: list[tuple[str, str, list[Figure]]] = []
    for name in sorted(module.name for module in iter_modules(benchmarks.__path__)):
        if name == "__main__" or name in ON_ITS_OWN:
            continue
        module = import_module(f"benchmarks.{name}")
        if not hasattr(module, "figures"):
            continue  # what benchmarks share
        print(f"{name} ...", flush=True)
        try:
            sections.append((name, str(module.__doc__).split("\n")[0], module.figures()))
        except MissingData as error:
            print(f"  skipped: {error}")
            continue
        print(table(sections[-1][2]), flush=True)
    _write(sections)


def _write(sections: list[tuple[str, str, list[Figure]]]) -> None:
    machine = (
        f"{datetime.now(UTC).date()}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"scikit-learn {sklearn.__version__}, {os.cpu_count()} cores"
    )
    records = [
        {"benchmark": name, **as_record(figure)} for name, _, found in sections for figure in found
    ]
    text = json.dumps({"machine": machine, "figures": records}, indent=2)
    (FOLDER / "results.json").write_text(text + "\n")
    parts = [f"## {name}\n\n{what}\n\n{table(found)}\n" for name, what, found in sections]
    head = (
        "# Benchmarks\n\nFigures of the last `make bench`, also those that fall short. "
        f"Measured {machine}.\n\n"
    )
    DOCS.write_text(head + "\n".join(parts))
    print(f"wrote {FOLDER.name}/results.json and docs/{DOCS.name}")


if __name__ == "__main__":
    main()
