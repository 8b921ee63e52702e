"""What a predictor was trained on, as its bundle states it."""

import hashlib

import numpy as np
import pandas as pd

from features.records import Cell
from features.table import DescriptorTable
from models.prediction import Provenance
from training.cohort import Cohort
from training.target import Array


def provenance_of(cohort: Cohort, table: DescriptorTable, y: Array) -> Provenance:
    """Return what a predictor of these cells has learnt from."""
    is_coated = [_is_coated(cell) for cell in cohort.cells]
    return Provenance(
        cohort=cohort.name,
        citation=cohort.citation,
        kinds=cohort.kinds,
        cell_types=tuple(sorted({cell.recipe.cell.type for cell in cohort.cells})),
        has_coated=any(is_coated),
        has_bare=not all(is_coated),
        n_cells=len(cohort.cells),
        n_groups=len(set(cohort.groups)),
        group_kind=cohort.group_kind,
        data_sha256=_data_sha256(table.values, y),
    )


def _is_coated(cell: Cell) -> bool:
    return cell.recipe.coating is not None and not cell.recipe.coating.is_bare


def _data_sha256(values: pd.DataFrame, y: Array) -> str:
    """Return a hash of cell ids, descriptor names, descriptors and labels."""
    digest = hashlib.sha256("\n".join([*values.index, *values.columns]).encode())
    digest.update(np.ascontiguousarray(values.to_numpy(dtype=float)).tobytes())
    digest.update(np.ascontiguousarray(y).tobytes())
    return digest.hexdigest()
