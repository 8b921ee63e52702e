"""Severson et al. 2019: discharge curves of cycles 2-100 and lives of 124 LFP/graphite cells.

Not lithium metal: a benchmark for learning life from early cycles. A group is a charging
policy, for cells of one policy are replicates.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from features.recipe import CellDesign, Protocol, Recipe
from features.records import Cell, Source
from training.cohort import Cohort
from training.data_folders import data_folder

DOI = "10.1038/s41560-019-0356-8"
CITATION = f"Severson, Attia et al., Nature Energy 4, 383-391 (2019), doi:{DOI}"
SPLITS = ("train", "test1", "test2")


def load() -> Cohort:
    """Return the 124 cells with their published split."""
    folder = data_folder("severson2019")
    facts = pd.read_csv(folder / "cells.csv").set_index("cell_id")
    voltage_V = pd.read_csv(folder / "voltage_grid.csv")["voltage_v"].to_numpy()
    cells = [cell for split in SPLITS for cell in _cells_of(folder, split, facts, voltage_V)]
    ids = [cell.cell_id for cell in cells]
    facts = facts.loc[ids]
    outcomes = pd.DataFrame({"cycle_life_cycles": facts["cycle_life"], "is_censored": False})
    return Cohort(
        name="severson2019",
        citation=CITATION,
        cells=tuple(cells),
        outcomes=outcomes,
        groups=tuple(facts["charging_policy"]),
        group_kind="charging policy",
        splits={split: tuple(facts.index[facts["split"] == split]) for split in SPLITS},
    )


def _cells_of(folder: Path, split: str, facts: pd.DataFrame, voltage_V: np.ndarray) -> list[Cell]:
    curves = pd.read_parquet(folder / f"{split}.parquet")
    policies = facts["charging_policy"].to_dict()
    dates = facts["batch_date"].to_dict()
    return [
        Cell(
            cell_id=str(cell_id),
            recipe=_recipe(str(policies[cell_id])),
            source=Source("measured", batch=str(dates[cell_id]), doi=DOI),
            cycling=_cycling(of_cell, voltage_V),
        )
        for cell_id, of_cell in curves.groupby("cell_id", sort=False)
    ]


def _recipe(charging_policy: str) -> Recipe:
    return Recipe(
        CellDesign("graphite||LFP"),
        protocol=Protocol(
            temperature_degC=30.0, lower_cutoff_V=2.0, upper_cutoff_V=3.6, charging=charging_policy
        ),
    )


def _cycling(of_cell: pd.DataFrame, voltage_V: np.ndarray) -> pd.DataFrame:
    capacity_Ah = np.stack(of_cell["q_ah"].to_list())
    return pd.DataFrame(
        {
            "cycle_count": np.repeat(of_cell["cycle"].to_numpy(dtype=float), voltage_V.size),
            "voltage_volt": np.tile(voltage_V, len(of_cell)),
            "discharging_capacity_ah": capacity_Ah.ravel().astype(float),
        }
    )
