"""Published coatings and their uncoated controls, from ``features/published_figures.csv``.

For looking up what is alike, and for pairs with and without a coating. Never for learning a
Coulombic efficiency: published averages differ in method, current and window, and carry no
signal from paper to paper.
"""

from typing import Any

import pandas as pd

from features.errors import InvalidRecord
from features.published import published_figures, row_cell_type
from features.recipe import CellDesign, Coating, Phase, PhaseRole, Protocol, Recipe
from features.records import Cell, Source
from training.cohort import Cohort

CITATION = "published figures, each with its DOI in features/published_figures.csv"
WHY_REFUSED = (
    "published averages differ in method, current and window, and carry no signal across papers; "
    "look up the nearest recipe instead"
)
#: What must agree between a coated cell and its control.
SAME = ["source_id", "configuration", "electrolyte_class"]
CONDITIONS = ["current_density_mA_cm2", "areal_capacity_mAh_cm2"]
Row = dict[Any, Any]


def load() -> Cohort:
    """Return the published cells of known type, grouped by paper, controls named."""
    table = published_figures()
    table = table[table["configuration"].map(row_cell_type).notna()]
    rows = table.to_dict("records")
    cells = tuple(_cell(row) for row in rows)
    is_plating = table["ce_scope"] == "li_plating_stripping"
    outcomes = pd.DataFrame(
        {
            "cycle_life_cycles": table["cycle_life_cycles"].to_numpy(dtype=float),
            "is_censored": table["is_censored"].fillna(value=False).to_numpy(dtype=bool),
            "ce_fraction": table["ce_fraction"].where(is_plating).to_numpy(dtype=float),
            "capacity_retention_fraction": table["capacity_retention_fraction"].to_numpy(float),
        },
        index=pd.Index([cell.cell_id for cell in cells], name="cell_id"),
    )
    return Cohort(
        name="literature",
        citation=CITATION,
        cells=cells,
        outcomes=outcomes,
        groups=tuple(row["source_id"] for row in rows),
        group_kind="paper",
        controls=_controls(table),
        refused={"coulombic_efficiency": WHY_REFUSED},
    )


def _controls(table: pd.DataFrame) -> dict[str, str]:
    """Return coated cell -> the bare cell of the same paper, type, electrolyte and cycling.

    Of several bare cells, the one of which most is told.
    """
    told = table[["ce_fraction", "cycle_life_cycles"]].notna().sum(axis=1)
    ordered = table.assign(told=told).sort_values("told", ascending=False, kind="stable")
    controls: dict[tuple[Any, ...], str] = {}
    for row in ordered[ordered["kind"] == "uncoated_baseline"].to_dict("records"):
        controls.setdefault(_key(row), row["row_id"])
    coated = table[table["kind"] == "coating"].to_dict("records")
    return {row["row_id"]: controls[_key(row)] for row in coated if _key(row) in controls}


def _key(row: Row) -> tuple[Any, ...]:
    # Blanks agree with blanks: the paper states it for neither.
    return tuple("" if row[name] != row[name] else row[name] for name in [*SAME, *CONDITIONS])


def _cell(row: Row) -> Cell:
    cell_type = row_cell_type(row["configuration"])
    if cell_type is None:
        raise InvalidRecord(f"Row {row['row_id']} has no cell type that a recipe knows.")
    recipe = Recipe(
        cell=CellDesign(
            cell_type, lithium_capacity_mAh_cm2=_number(row, "lithium_capacity_mAh_cm2")
        ),
        coating=_coating(row),
        protocol=Protocol(
            current_density_mA_cm2=_number(row, "current_density_mA_cm2"),
            areal_capacity_mAh_cm2=_number(row, "areal_capacity_mAh_cm2"),
            temperature_degC=_number(row, "temperature_degC"),
        ),
    )
    doi = row["citation"].removeprefix("doi:")
    return Cell(row["row_id"], recipe, Source("literature", batch=row["source_id"], doi=doi))


def _coating(row: Row) -> Coating | None:
    """Return a coating of one or two phases; their shares are seldom published."""
    if row["kind"] == "uncoated_baseline":
        return Coating(())
    if row["kind"] != "coating":
        return None
    names = [row["inorganic_phase"], row["polymer"]]
    roles: tuple[PhaseRole, PhaseRole] = ("inorganic", "polymer")
    parts = [
        (name, role)
        for name, role in zip(names, roles, strict=True)
        if isinstance(name, str) and name != "none"
    ]
    share = _number(row, "inorganic_weight_fraction")
    if len(parts) == 2 and share is None:
        parts = parts[:1]
    fractions = [share, 1 - share] if len(parts) == 2 and share is not None else [1.0]
    phases = tuple(
        Phase(name, fraction, role)
        for (name, role), fraction in zip(parts, fractions, strict=False)
    )
    if not phases:
        return None
    return Coating(
        phases,
        thickness_nm=_number(row, "thickness_nm"),
        youngs_modulus_GPa=_number(row, "youngs_modulus_GPa"),
        ionic_conductivity_S_cm=_number(row, "ionic_conductivity_S_cm"),
    )


def _number(row: Row, name: str) -> float | None:
    return None if row[name] != row[name] else float(row[name])
