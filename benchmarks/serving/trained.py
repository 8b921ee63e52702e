"""The model that all of these benchmarks serve: boosted trees on simulated recipes."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np

from features.records import Cell
from models.predictor import Predictor
from models.shelf import Entry, publish
from serving.schemas import EXAMPLE_CELL, CellIn
from training.cohorts import load_cohort
from training.fit import train
from training.run_config import load_config

RUN = "coulombic_efficiency-virtual-recipe"
N_TRAINING_CELLS = 160
#: Ends of what recipes are spread over.
THICKNESSES_nm, CURRENT_DENSITIES_mA_cm2 = (100.0, 10_000.0), (0.25, 4.0)
QUICK = {"models": ("gradient_boosting",), "n_selection_folds": 2, "n_test_folds": 2}


def predictor(seed: int = 0) -> Predictor:
    """Return a trained predictor; another seed gives another one."""
    cohort = load_cohort("virtual")
    some = cohort.subset(tuple(cell.cell_id for cell in cohort.cells[:N_TRAINING_CELLS]))
    return train(load_config(RUN).model_copy(update={**QUICK, "seed": seed}), some).predictor


def put_on_shelf(
    made: Predictor, folder: Path, version: int = 1, *, is_broken: bool = False
) -> Entry:
    """Save a predictor in a folder, and let it answer from the shelf in there.

    A broken one is cut short after its checksums were made, before it is published.
    """
    bundle = folder / "bundles" / f"v{version}"
    entry = Entry(made.name, version, f"run-{version}", made.save(bundle))
    if is_broken:
        arrays = bundle / "arrays.npz"
        arrays.write_bytes(arrays.read_bytes()[:-100])
    publish(folder / "shelf", entry, bundle)
    return entry


def recipe_body(number: int, n_cells: int = 1) -> bytes:
    """Return a request of so many cells; no two numbers give the same."""
    cells = []
    for row, (thickness_nm, current_mA_cm2) in enumerate(
        zip(*spread(number, n_cells), strict=True)
    ):
        cell = copy.deepcopy(EXAMPLE_CELL)
        cell["cell_id"] = f"c{row}"
        cell["recipe"]["coating"]["thickness_nm"] = thickness_nm
        cell["recipe"]["protocol"]["current_density_mA_cm2"] = current_mA_cm2
        cells.append(cell)
    return json.dumps({"cells": cells}).encode()


def columnar_body(number: int, n_cells: int = 1) -> bytes:
    """Return the same cells as columns."""
    thickness_nm, current_mA_cm2 = spread(number, n_cells)
    columns = {
        "coating.thickness_nm": thickness_nm,
        "protocol.current_density_mA_cm2": current_mA_cm2,
    }
    return json.dumps({"recipe": EXAMPLE_CELL["recipe"], "columns": columns}).encode()


def spread(number: int, n_cells: int) -> tuple[list[float], list[float]]:
    """Return thicknesses in nm and current densities in mA cm-2, all over what labs make.

    Neighbours in a narrow scan are alike to a model of trees, which would be answered once.
    """
    random = np.random.default_rng(number)
    thickness_nm, current_mA_cm2 = (
        np.exp(random.uniform(np.log(low), np.log(high), n_cells)).round(4).tolist()
        for low, high in (THICKNESSES_nm, CURRENT_DENSITIES_mA_cm2)
    )
    return thickness_nm, current_mA_cm2


def odd_cells(n_cells: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return cells half of whose facts are missing, with names that no training has seen."""
    random = np.random.default_rng(seed)
    return [_odd_cell(number, random) for number in range(n_cells)]


def _odd_cell(number: int, random: np.random.Generator) -> dict[str, Any]:
    cell = copy.deepcopy(EXAMPLE_CELL)
    recipe = cell["recipe"]
    for part in ("coating", "protocol"):
        recipe[part] = {name: _odd(name, fact, random) for name, fact in recipe[part].items()}
    if random.random() < 0.5:
        recipe["electrolyte"]["solvents"][0]["name"] = f"solvent-{number}"
    if random.random() < 0.5:
        recipe["coating"]["phases"][0] |= {"name": f"phase-{number}", "formula": None}
    recipe |= {part: None for part in ("coating", "electrolyte") if random.random() < 0.25}
    return {**cell, "cell_id": f"odd-{number}", "area_cm2": None}


def _odd(name: str, fact: Any, random: np.random.Generator) -> Any:
    """Return nothing for half of the facts, and another number for a number."""
    if name == "phases":
        return fact
    if random.random() < 0.5:
        return None
    return fact * float(random.uniform(0.3, 3)) if isinstance(fact, int | float) else fact


def as_records(cells: list[dict[str, Any]]) -> list[Cell]:
    """Return cells as the inner rooms know them."""
    return [CellIn.model_validate_json(json.dumps(cell)).to_record() for cell in cells]
