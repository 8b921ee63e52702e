"""Per-cycle CE, capacity and hysteresis of a file by PyProBE; prints CPU seconds and results.

Run by the benchmark with the interpreter of ``.venv-peers``. One lazy query collects all, which
is PyProBE's quickest way. Its own CE divides a discharge by the charge before, which for Li||Cu
is upside down; so the CE is taken from its two capacities.
"""

import json
import sys
import time
import warnings
from importlib import import_module
from typing import Any

# This environment is not that of the type checker, so what comes out of it is Any.
polars: Any = import_module("polars")
pyprobe: Any = import_module("pyprobe")
cycling: Any = import_module("pyprobe.analysis.cycling")
loguru: Any = import_module("loguru")


def cycles(path: str) -> dict[str, list[float]]:
    """Return one number a cycle under each name."""
    cell = pyprobe.Cell(info={"Name": "benchmark"})
    cell.import_data("cycling", path)
    procedure = cell.procedure["cycling"]
    summary = cycling.summary(procedure).lf
    plating, stripping = (
        steps.lf.group_by("Cycle").agg(polars.col("Voltage [V]").mean().alias(name))
        for steps, name in ((procedure.discharge(), "plating"), (procedure.charge(), "stripping"))
    )
    table = summary.join(plating, on="Cycle").join(stripping, on="Cycle").sort("Cycle").collect()
    plated_Ah, stripped_Ah = table["Discharge Capacity [Ah]"], table["Charge Capacity [Ah]"]
    return {
        "plated_Ah": plated_Ah.to_list(),
        "stripped_Ah": stripped_Ah.to_list(),
        "ce_fraction": (stripped_Ah / plated_Ah).to_list(),
        "hysteresis_mV": (1000 * (table["stripping"] - table["plating"])).to_list(),
    }


def main() -> None:
    """Run once to warm up, once by the clock."""
    warnings.simplefilter("ignore")
    loguru.logger.remove()
    cycles(sys.argv[1])
    start_s = time.process_time()
    found = cycles(sys.argv[1])
    print(json.dumps({"cpu_s": time.process_time() - start_s, **found}))


if __name__ == "__main__":
    main()
