"""Impedance spectra and capacity of six LCO/graphite coin cells, Zhang et al. 2020, at 25 degC.

A row is one coin cell at one cycle: a fully charged cell's spectrum and the share of its first
capacity that is left. Not lithium metal: a benchmark for reading a state from a spectrum. A
group is a coin cell, for its cycles resemble each other; the area is not stated.
"""

from typing import Any

import numpy as np
import pandas as pd

from features.recipe import CellDesign, Protocol, Recipe
from features.records import Cell, Source, Spectrum
from training.cohort import Cohort
from training.data_folders import data_folder

DOI = "10.1038/s41467-020-15235-7"
CITATION = f"Zhang, Y. et al., Nature Communications 11, 1706 (2020), doi:{DOI}"
#: Neighbouring cycles are near copies: of each coin cell, every so many is taken.
STRIDE = 5
RECIPE = Recipe(CellDesign("graphite||LCO"), protocol=Protocol(temperature_degC=25.0))


def load() -> Cohort:
    """Return 236 spectra of the six coin cells, grouped by coin cell.

    Raises
    ------
    MissingData
        If the data set is not on this machine.
    """
    folder = data_folder("zhang2020_eis")
    capacity = pd.read_csv(folder / "capacity.csv").set_index(["cell", "cycle"])
    kept = capacity.groupby("cell", group_keys=False).apply(lambda of_cell: of_cell[::STRIDE])
    spectra = pd.read_parquet(folder / "spectra.parquet").groupby(["cell", "cycle"])
    cells = tuple(_cell(str(name), int(cycle), spectra) for name, cycle in kept.index)
    return Cohort(
        name="zhang2020",
        citation=CITATION,
        cells=cells,
        outcomes=pd.DataFrame(
            {"capacity_retention_fraction": kept["relative_capacity"].to_numpy()},
            index=pd.Index([cell.cell_id for cell in cells], name="cell_id"),
        ),
        groups=tuple(str(cell.source.batch) for cell in cells),
        group_kind="coin cell",
    )


def _cell(name: str, cycle: int, spectra: Any) -> Cell:
    rows = spectra.get_group((name, cycle))
    spectrum = Spectrum(
        frequency_Hz=rows["freq_hz"].to_numpy(dtype=float),
        impedance_ohm=np.asarray(rows["z_real_ohm"] + 1j * rows["z_imag_ohm"]),
        cycle=cycle,
    )
    source = Source("measured", batch=name, doi=DOI)
    return Cell(f"{name}-{cycle:04d}", RECIPE, source, spectra=(spectrum,))
