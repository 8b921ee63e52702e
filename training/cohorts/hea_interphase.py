"""Sputtered high-entropy-alloy interphases on lithium, 19 recipes with their Li||Cu efficiency.

``coatings.csv`` states power, time and rotation without units; W, min and rpm are the likely
ones. No thickness, no replicates, one alloy: few cells for what is asked of them.
"""

import pandas as pd

from features.recipe import CellDesign, Coating, Phase, Protocol, Recipe
from features.records import Cell, Source
from training.cohort import Cohort
from training.data_folders import data_folder

CITATION = (
    "Xu, C. et al., Machine Learning Assisted Construction of High-Entropy Alloy Interphase Layer "
    "for Lithium Metal Batteries, Advanced Functional Materials (2025)"
)
ALLOY = Phase("Al-Zn-Co-Fe-Ni alloy", 1.0, "inorganic")
SECONDS_PER_MINUTE = 60


def load() -> Cohort:
    """Return the 19 recipes, each a group of its own.

    Raises
    ------
    MissingData
        If the data set is not on this machine.
    """
    table = pd.read_csv(data_folder("hea_interphase_ce") / "coatings.csv").set_index("recipe_id")
    cells = tuple(
        _cell(str(name), row.sputter_power, row.sputter_time, row.rotation_speed)
        for name, row in table.iterrows()
    )
    index = pd.Index([cell.cell_id for cell in cells], name="cell_id")
    outcomes = pd.DataFrame({"ce_fraction": table["ce_percent"].to_numpy() / 100}, index=index)
    return Cohort(
        name="hea_interphase",
        citation=CITATION,
        cells=cells,
        outcomes=outcomes,
        groups=tuple(cell.cell_id for cell in cells),
        group_kind="recipe",
    )


def _cell(name: str, power_W: float, time_min: float, rotation_rpm: float) -> Cell:
    time_s = SECONDS_PER_MINUTE * time_min
    process = f"sputtering, {power_W:g} W, {time_s:g} s, {rotation_rpm:g} rpm"
    recipe = Recipe(
        cell=CellDesign("Li||Cu", substrate="Cu"),
        coating=Coating((ALLOY,), process=process),
        protocol=Protocol(ce_method="cycle_average"),
    )
    return Cell(f"hea-{name}", recipe, Source("literature"))
