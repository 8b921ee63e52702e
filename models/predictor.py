"""A trained predictor: from cells to a value, an honest interval and a verdict on the domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from features.doubts import data_reasons, doubts
from features.records import Cell
from features.table import DescriptorTable, describe
from models.domain import Range, learn_ranges, range_reasons, scope_reasons
from models.estimators import answer, build, fitted
from models.interval import GroupInterval
from models.prediction import Prediction, Provenance
from models.scales import scale_of

DEFAULT_LEVEL = 0.9


@dataclass(frozen=True)
class Task:
    """What is learnt and how.

    Attributes
    ----------
    name : str
        Name of the model in the registry.
    target, unit : str
    scale : str
        Scale on which it is learnt, see ``models.scales``.
    model : str
        Estimator, see ``models.estimators``.
    is_scaled : bool
        Whether interval widths follow the model's own standard deviation.
    seed : int
    """

    name: str
    target: str
    unit: str
    scale: str
    model: str
    is_scaled: bool = False
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Predictor:
    """A fitted model with everything needed to answer for a raw cell.

    Attributes
    ----------
    task : Task
    n_cycles : int or None
        Window: every cell is cut to its first so many cycles.
    descriptor_versions : mapping of str to int
    pipeline : Pipeline
    interval : GroupInterval
    ranges : mapping of str to Range
    provenance : Provenance
    """

    task: Task
    n_cycles: int | None
    descriptor_versions: Mapping[str, int]
    pipeline: Pipeline
    interval: GroupInterval
    ranges: Mapping[str, Range]
    provenance: Provenance

    @classmethod
    def fit(
        cls,
        task: Task,
        table: DescriptorTable,
        labels: NDArray[np.float64],
        groups: Sequence[str],
        provenance: Provenance,
    ) -> "Predictor":
        """Return a predictor fitted to described cells.

        Parameters
        ----------
        task : Task
        table : DescriptorTable
            Descriptors of the training cells, as ``features.describe`` made them.
        labels : float array of shape (n_cells,)
            In the target's unit.
        groups : sequence of str
            What must be held out together.
        provenance : Provenance
        """
        y = scale_of(task.scale).forward(labels)
        values = table.values.to_numpy(dtype=float)
        unfitted = build(task.model, task.seed)
        interval = GroupInterval.fit(
            unfitted, values, y, groups, is_scaled=task.is_scaled, seed=task.seed
        )
        return cls(
            task=task,
            n_cycles=table.n_cycles,
            descriptor_versions=dict(table.versions),
            pipeline=fitted(unfitted, values, y),
            interval=interval,
            ranges=learn_ranges(table.values),
            provenance=provenance,
        )

    @property
    def name(self) -> str:
        """Return the model's name in the registry."""
        return self.task.name

    @property
    def target(self) -> str:
        """Return what is predicted."""
        return self.task.target

    @property
    def unit(self) -> str:
        """Return the unit of value and bounds."""
        return self.task.unit

    def predict(self, cells: Sequence[Cell], level: float = DEFAULT_LEVEL) -> list[Prediction]:
        """Return a prediction for each cell.

        Parameters
        ----------
        cells : sequence of Cell
        level : float
            Probability with which the interval is to hold the truth.

        Raises
        ------
        LevelNotSupported
            If the training groups are too few for the level.
        """
        self.interval.check_level(level)
        if not cells:
            return []
        table = describe(cells, self.descriptor_versions, self.n_cycles)
        X = table.values.to_numpy(dtype=float)
        inverse = scale_of(self.task.scale).inverse
        value = inverse(answer(self.pipeline, X)[0])
        lower, upper = (inverse(bound) for bound in self.interval.bounds(X, level))
        return [
            self._prediction(cell, table, row, (value[row], lower[row], upper[row]), level)
            for row, cell in enumerate(cells)
        ]

    def _prediction(
        self, cell: Cell, table: DescriptorTable, row: int, numbers: tuple[float, ...], level: float
    ) -> Prediction:
        value, lower, upper = map(float, numbers)
        descriptors = dict(zip(table.names, table.values.iloc[row], strict=True))
        reasons = [
            *scope_reasons(self.provenance, cell),
            *data_reasons(cell),
            *range_reasons(self.ranges, descriptors),
        ]
        return Prediction(
            cell_id=cell.cell_id,
            target=self.target,
            unit=self.unit,
            value=value,
            # Jackknife+ bounds come from the folds' models and may miss the full model's value.
            lower=min(lower, value),
            upper=max(upper, value),
            level=level,
            in_domain=not reasons,
            reasons=tuple(reasons),
            absent=table.absent(row),
            doubts=doubts(cell),
        )

    def save(self, folder: Path) -> str:
        """Write the predictor as a bundle and return its SHA-256, see ``models.bundle``."""
        from models.bundle import write_bundle  # noqa: PLC0415  bundle builds on this module

        return write_bundle(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "Predictor":
        """Return the predictor of a bundle; refuse altered or outdated ones."""
        from models.bundle import read_bundle  # noqa: PLC0415  bundle builds on this module

        return read_bundle(folder)
