"""Run the benchmarks of the service: ``python -m benchmarks.serving`` or ``make bench-serving``.

Writes ``benchmarks/serving_results.json`` and ``docs/benchmarks_serving.md``. With ``--only`` some
parts run, and nothing is written but with ``--keep``, which leaves the others as they were.
``--full`` damages 3,000 bundles, kills 60 jobs and soaks for ten minutes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.figure import Figure, table
from benchmarks.kept import Kept, figure_of
from benchmarks.serving import bundles, overload, soak, speed, swaps, trained
from benchmarks.serving.servers import CHECKOUT, ENVIRONMENT

TITLES = {
    "speed": str(speed.__doc__),
    "overload": str(overload.__doc__),
    "bundles": str(bundles.__doc__),
    "crashes": "Retraining jobs killed at random and at their steps; trainers at once.",
    "soak": str(soak.__doc__),
    "swaps": str(swaps.__doc__),
}

KEPT = Kept(
    CHECKOUT / "benchmarks" / "serving_results.json",
    CHECKOUT / "docs" / "benchmarks_serving.md",
    "# Benchmarks of the service\n\nFigures of the last `make bench-serving`, also those that "
    "fall short. Measured {machine}. Servers run with one worker on loopback; CPU is that "
    "of the server's process and all below it.\n\n",
)


def main() -> None:
    """Run the parts one after the other; a short figure is written down like any other."""
    asked = _asked()
    n_damaged, soak_s = (3000, 600.0) if asked.full else (400, 60.0)
    n_kills, n_repeats = (60, 10) if asked.full else (12, 2)
    soak_s, n_damaged = asked.soak_s or soak_s, asked.damaged or n_damaged
    n_kills, n_repeats = asked.kills or n_kills, asked.repeats or n_repeats
    made = trained.predictor()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        trained.put_on_shelf(made, folder)
        parts: dict[str, Callable[[], list[Figure]]] = {
            "speed": speed.figures,
            "overload": lambda: overload.figures(folder),
            "bundles": lambda: bundles.figures(folder, made, n_damaged),
            "crashes": lambda: _crashes(n_kills, n_repeats),
            "soak": lambda: soak.figures(folder, soak_s),
            "swaps": lambda: swaps.figures(folder, (trained.predictor(seed=1), made)),
        }
        found = {name: _run(name, parts[name]) for name in asked.only or parts}
    if asked.keep or not asked.only:
        KEPT.keep(found, TITLES)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--full", action="store_true")
    for name in ("damaged", "kills", "repeats"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--soak-s", type=float)
    return parser.parse_args()


def _run(name: str, part: Callable[[], list[Figure]]) -> list[Figure]:
    print(f"{name} ...", flush=True)
    found = part()
    print(table(found), flush=True)
    return found


def _crashes(n_kills: int, n_repeats: int) -> list[Figure]:
    """Run the kills in a process that may fork: this one has threads."""
    command = [sys.executable, "-m", "benchmarks.serving.crashes", str(n_kills), str(n_repeats)]
    done = subprocess.run(
        command, check=True, cwd=CHECKOUT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    return [figure_of(record) for record in json.loads(done.stdout.splitlines()[-1])]


if __name__ == "__main__":
    main()
