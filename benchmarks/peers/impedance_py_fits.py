"""Fits of spectra by impedance.py from a given guess; prints CPU seconds and parameters of each.

Run by the benchmark with the interpreter of ``.venv-peers``: reads a JSON file of problems, each
with circuit, frequencies, impedance and guess. Weighted by modulus, which does it good.
"""

import json
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

# This environment is not that of the type checker, so what comes out of it is Any.
numpy: Any = import_module("numpy")
circuits: Any = import_module("impedance.models.circuits")


def fitted(problem: dict[str, Any]) -> list[float] | None:
    """Return the parameters of one spectrum, None where impedance.py gives up."""
    frequency_Hz = numpy.array(problem["frequency_Hz"])
    impedance_ohm = numpy.array(problem["real_ohm"]) + 1j * numpy.array(problem["imaginary_ohm"])
    circuit = circuits.CustomCircuit(problem["circuit"], initial_guess=problem["guess"])
    try:
        circuit.fit(frequency_Hz, impedance_ohm, weight_by_modulus=True)
    except RuntimeError:  # no convergence within its number of evaluations
        return None
    found: list[float] = circuit.parameters_.tolist()
    return found


def main() -> None:
    """Fit one spectrum to warm up, then each by the clock."""
    warnings.simplefilter("ignore")
    problems = json.loads(Path(sys.argv[1]).read_text())
    fitted(problems[0])
    cpu_s, parameters = [], []
    for problem in problems:
        start_s = time.process_time()
        parameters.append(fitted(problem))
        cpu_s.append(time.process_time() - start_s)
    print(json.dumps({"cpu_s": cpu_s, "parameters": parameters}))


if __name__ == "__main__":
    main()
