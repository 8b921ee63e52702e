"""Per-cycle CE, capacity and hysteresis of a file by cellpy; prints CPU seconds and results.

Run by the benchmark with the interpreter of ``.venv-peers``. The quickest way that cellpy
has: no end voltages, no search for resistances; mean voltages come with its step table.
"""

import json
import sys
import time
import warnings
from importlib import import_module
from typing import Any

import pandas as pd

# This environment is not that of the type checker, so what comes out of it is Any.
cellreader: Any = import_module("cellpy.readers.cellreader")


def cycles(path: str) -> dict[str, list[float]]:
    """Return one number a cycle under each name."""
    cell = cellreader.CellpyCell(initialize=True)
    cell.data.raw = pd.read_parquet(path)
    cell.cycle_mode = "anode"  # plates, so discharges, first
    cell.make_step_table(sort_rows=False)
    cell.make_summary(find_ir=False, find_end_voltage=False)
    summary, steps = cell.data.summary, cell.data.steps
    mean_V = steps.pivot_table(index="cycle", columns="type", values="voltage_avr", observed=True)
    return {
        "plated_Ah": summary["discharge_capacity"].tolist(),
        "stripped_Ah": summary["charge_capacity"].tolist(),
        "ce_fraction": (summary["coulombic_efficiency"] / 100).tolist(),
        "hysteresis_mV": (1000 * (mean_V["charge"] - mean_V["discharge"])).tolist(),
    }


def main() -> None:
    """Run once to warm up, once by the clock."""
    warnings.simplefilter("ignore")
    cycles(sys.argv[1])
    start_s = time.process_time()
    found = cycles(sys.argv[1])
    print(json.dumps({"cpu_s": time.process_time() - start_s, **found}))


if __name__ == "__main__":
    main()
