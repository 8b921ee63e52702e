from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.long_cell import (
    ROWS_PER_HALF_CYCLE,
    facts,
    long_cell,
    write_cellpy,
    write_own,
    write_pyprobe,
)
from features.cycles import cycles
from features.readers import read_cycling

N_CYCLES = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long_cell")
    cell = long_cell(2 * N_CYCLES * ROWS_PER_HALF_CYCLE)
    for name, write in (("own", write_own), ("cellpy", write_cellpy), ("pyprobe", write_pyprobe)):
        write(cell, folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def own(folder):
    return cycles(replace(facts(), cycling=read_cycling(folder / "own.parquet")))


def test_cellpy_gets_the_charge_that_we_integrate(folder, own):
    """A race between tools is fair only over the same numbers."""
    by_cycle = pd.read_parquet(folder / "cellpy.parquet").groupby("cycle_index")
    assert by_cycle["discharge_capacity"].last().tolist() == pytest.approx(own["plated_Ah"])
    assert by_cycle["charge_capacity"].last().tolist() == pytest.approx(own["stripped_Ah"])


def test_pyprobe_gets_the_charge_that_we_integrate(folder, own):
    by_half_cycle = pd.read_parquet(folder / "pyprobe.parquet").groupby("Event")["Capacity [Ah]"]
    charge_Ah = by_half_cycle.max() - by_half_cycle.min()
    assert charge_Ah[::2].tolist() == pytest.approx(own["plated_Ah"])
    assert charge_Ah[1::2].tolist() == pytest.approx(own["stripped_Ah"])
