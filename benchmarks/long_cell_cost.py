"""What one long cell costs: ``python -m benchmarks.long_cell_cost SMALL.parquet LONG.parquet``.

Prints CPU seconds and the peak of memory for all descriptors of the second file, above what
the process held after it had described the first.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.long_cell import facts
from benchmarks.stopwatch import median_cpu_s, peak_bytes
from features.readers import read_cycling
from features.records import Cell
from features.table import DescriptorTable, describe

#: The shortest takes some milliseconds, and others work on these machines too.
N_ROUNDS = 9


def described(path: Path, cell: Cell) -> DescriptorTable:
    """Return all descriptors of a cell, from its file."""
    return describe([replace(cell, cycling=read_cycling(path))])


def main() -> None:
    """Measure memory first: the clock's repetitions would add to its peak."""
    small, long = map(Path, sys.argv[1:])
    cell = facts()
    described(small, cell)
    held_bytes = peak_bytes()
    described(long, cell)
    used_bytes = peak_bytes() - held_bytes
    (seconds,) = median_cpu_s(lambda: described(long, cell), n_rounds=N_ROUNDS)
    print(json.dumps({"cpu_s": seconds, "peak_bytes": used_bytes}))


if __name__ == "__main__":
    main()
