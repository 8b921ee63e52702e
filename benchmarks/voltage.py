"""Speed and memory of the voltage descriptors, against other tools and against reading alone.

cellpy and PyProBE pin other versions of pandas and polars, so they live in an environment of
their own, made by ``make peers``; without it their figures are left out.
"""

import json
import tempfile
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from sys import executable

import numpy as np
import pandas as pd
from pyarrow import parquet

from benchmarks.figure import Bound, Figure, run
from benchmarks.long_cell import facts, long_cell, write_cellpy, write_own, write_pyprobe
from benchmarks.long_cell_cost import described
from benchmarks.parity import as_body
from benchmarks.stopwatch import N_ROUNDS, median_cpu_s, output_of, warm_cpu_s
from features import Cell, InvalidRecord, MissingData, Source, UnreadableFile, describe, read_file
from features.cycles import cycles
from features.readers import read_cycling
from features.recipe import CellDesign, Recipe
from training.data_folders import data_folder
from training.virtual_lab import founding_recipe, simulate

FOLDER = Path(__file__).resolve().parent
PEERS_PYTHON = FOLDER.parent / ".venv-peers" / "bin" / "python"
N_ROWS = 1_000_000
#: Rows of the cells whose cost is compared.
SIZES = (100_000, 1_000_000, 10_000_000)
N_FILES = 2000
#: By the clock on the wall, both numbers of workers in turn; the quickest round counts, for
#: whatever else runs on the machine only adds.
N_FOLDER_ROUNDS = 3
USED_COLUMNS = ["test_time_second", "current_ampere", "voltage_volt"]
BYTES_PER_NUMBER = 8
#: Results of all tools must agree this closely before their times count.
AGREEMENT = 1e-3
#: Mean voltages of whole half-cycles against ours, medians of the plateau.
HYSTERESIS_AGREEMENT = 0.2
AGREED_TO = {
    "plated_Ah": AGREEMENT,
    "stripped_Ah": AGREEMENT,
    "ce_fraction": AGREEMENT,
    "hysteresis_mV": HYSTERESIS_AGREEMENT,
}
DATA_SET = "instrument_files"


def figures() -> list[Figure]:
    """Return all figures of the voltage descriptors."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            *_against_peers(Path(folder)),
            _against_reading(Path(folder)),
            *_cost(Path(folder)),
            _two_workers(Path(folder)),
            *_manifest(),
        ]


def _against_peers(folder: Path) -> list[Figure]:
    """Return how many times faster a per-cycle table is here than elsewhere."""
    cell = long_cell(N_ROWS)
    write_own(cell, folder / "own.parquet")
    if not PEERS_PYTHON.is_file():
        print("  cellpy and PyProBE are left out, they are not installed; run: make peers")
        return []
    write_cellpy(cell, folder / "cellpy.parquet")
    write_pyprobe(cell, folder / "pyprobe.parquet")
    rounds = [_peer_round(folder) for _ in range(N_ROUNDS)]
    own_s, cellpy_s, pyprobe_s = (median(times) for times in zip(*rounds, strict=True))
    return [
        _faster("cellpy 1.0.3", cellpy_s, own_s, (10, 30)),
        _faster("PyProBE 2.6.1", pyprobe_s, own_s, (3, 8)),
    ]


def _peer_round(folder: Path) -> tuple[float, float, float]:
    """Return the CPU seconds of all three, each warmed up by a run of its own before."""
    known = facts()
    own_s = warm_cpu_s(lambda: _own_cycles(folder, known))
    table = _own_cycles(folder, known)
    return own_s, _peer_cpu_s("cellpy", folder, table), _peer_cpu_s("pyprobe", folder, table)


def _own_cycles(folder: Path, known: Cell) -> pd.DataFrame:
    return cycles(replace(known, cycling=read_cycling(folder / "own.parquet")))


def _peer_cpu_s(name: str, folder: Path, own: pd.DataFrame) -> float:
    """Return the CPU seconds of another tool, once its results agree with ours."""
    script = FOLDER / "peers" / f"{name}_cycles.py"
    command = [str(PEERS_PYTHON), str(script), str(folder / f"{name}.parquet")]
    found = json.loads(output_of(command))
    for column, tolerance in AGREED_TO.items():
        theirs = np.asarray(found[column], dtype=float)
        if not np.allclose(theirs, own[column].to_numpy(), rtol=tolerance, atol=0):
            raise ValueError(f"{name} finds another {column} than we, so its time says nothing.")
    return float(found["cpu_s"])


def _faster(name: str, their_s: float, own_s: float, bounds: tuple[float, float]) -> Figure:
    must, good = bounds
    return Figure(
        f"CE, capacity, hysteresis of {N_ROWS:.0e} rows against {name}",
        their_s / own_s,
        "times faster",
        Bound(low=must),
        Bound(low=good),
        f"{1e3 * own_s:.0f} ms against {1e3 * their_s:.0f} ms of CPU, from Parquet, "
        f"median of {N_ROUNDS} rounds; charges and CE agree within {AGREEMENT:g}",
    )


def _against_reading(folder: Path) -> Figure:
    path, known = folder / "own.parquet", facts()
    describing_s, reading_s = median_cpu_s(
        lambda: described(path, known), lambda: parquet.read_table(path, columns=USED_COLUMNS)
    )
    return Figure(
        f"all descriptors of {N_ROWS:.0e} rows, over pyarrow only reading the file",
        describing_s / reading_s,
        "times",
        Bound(high=3),
        Bound(high=1.5),
        f"{1e3 * describing_s:.0f} ms against {1e3 * reading_s:.0f} ms of CPU",
    )


def _cost(folder: Path) -> list[Figure]:
    """Return how cost grows with the rows, measured in processes of their own."""
    paths = [folder / f"{n_rows}.parquet" for n_rows in SIZES]
    for n_rows, path in zip(SIZES, paths, strict=True):
        write_own(long_cell(n_rows), path)
    module = [executable, "-m", "benchmarks.long_cell_cost"]
    found = [json.loads(output_of([*module, str(paths[0]), str(path)])) for path in paths]
    seconds = [each["cpu_s"] for each in found]
    early, late = (
        (after_s - before_s) / (after - before)
        for (before_s, after_s), (before, after) in zip(
            pairwise(seconds), pairwise(SIZES), strict=True
        )
    )
    times = ", ".join(f"{1e3 * each:.0f}" for each in seconds)
    column_bytes = BYTES_PER_NUMBER * len(USED_COLUMNS) * SIZES[-1]
    return [
        Figure(
            "cost of a further row, from 1e6 to 1e7 rows over from 1e5 to 1e6",
            late / early,
            "times",
            must=Bound(high=1.2),
            note=f"all descriptors from the file, {times} ms of CPU for 1e5, 1e6, 1e7 rows",
        ),
        Figure(
            "peak memory at 1e7 rows, over the columns used",
            found[-1]["peak_bytes"] / column_bytes,
            "times",
            Bound(high=3),
            Bound(high=2),
            f"resident memory above that of the loaded program; {column_bytes / 1e6:.0f} MB "
            f"of time, current, voltage",
        ),
    ]


def _two_workers(folder: Path) -> Figure:
    """Return what a second worker brings over a folder of cells, each time without a cache."""
    cells = folder / "cells"
    _write_cells(cells)
    rounds = [
        [_folder_s(cells, f"local:{n_workers}") for n_workers in (1, 2)]
        for _ in range(N_FOLDER_ROUNDS)
    ]
    one_s, two_s = (min(times) for times in zip(*rounds, strict=True))
    return Figure(
        f"{N_FILES} cell files on 2 workers against 1",
        one_s / two_s,
        "times faster",
        Bound(low=1.7),
        Bound(low=1.9),
        f"{one_s:.1f} s against {two_s:.1f} s on the wall, quickest of {N_FOLDER_ROUNDS} rounds, "
        f"no cache; cells of 50 cycles and 3,500 rows",
    )


def _write_cells(folder: Path) -> None:
    folder.mkdir()
    recipe = founding_recipe("Cu3N+SBR")
    for seed in range(N_FILES):
        cell = simulate(recipe, seed=seed).cell
        if cell.cycling is not None:
            cell.cycling.to_parquet(folder / f"{seed:04d}.parquet", index=False)
    (folder / "cell.json").write_text(json.dumps(as_body(replace(cell, cycling=None))))


def _folder_s(cells: Path, executor: str) -> float:
    command = [executable, "-m", "benchmarks.folder_cost", str(cells), executor]
    return float(json.loads(output_of(command))["wall_s"])


def _manifest() -> list[Figure]:
    """Return the share of real files that are read, or refused with the reason."""
    try:
        folder = data_folder(DATA_SET)
    except MissingData as error:
        print(f"  the manifest is left out: {error}")
        return []
    manifest = pd.read_csv(folder / "manifest.csv")
    outcomes = {file: _outcome(folder / file) for file in manifest["file"]}
    wrong = [f"{file} ({what})" for file, what in outcomes.items() if what not in RIGHT]
    counts = Counter(outcomes.values())
    return [
        Figure(
            "files of the manifest read, or refused with the reason",
            100 * (1 - len(wrong) / len(outcomes)),
            "%",
            must=Bound(low=100),
            note="; ".join(f"{counts[what]} {what}" for what in RIGHT)
            + (f"; wrong: {', '.join(wrong)}" if wrong else ""),
        )
    ]


RIGHT = ("cycling described", "spectra described", "refused")


def _outcome(path: Path) -> str:
    """Return what becomes of a file; the name of the error where it is none of ours."""
    try:
        reading = read_file(path)
        recipe = Recipe(CellDesign("Li||Cu"))
        cell = Cell(path.name, recipe, Source("measured"), 1.0, reading.cycling, reading.spectra)
        describe([cell])
    except (UnreadableFile, InvalidRecord):
        return "refused"
    except Exception as error:  # noqa: BLE001  a stranger's error is what is counted here
        return type(error).__name__
    return "cycling described" if reading.cycling is not None else "spectra described"


if __name__ == "__main__":
    run(figures)
