"""A trained predictor: from cells to a value, an honest interval and a verdict on the domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.doubts import data_reasons, doubts
from features.errors import BrokenBundle
from features.records import Cell
from features.table import DescriptorTable, describe
from models.absence import HeldOutErrors
from models.compiled import Model
from models.domain import Range, beyond_ended_reasons, range_reasons, scope_reasons
from models.explanation import contributions
from models.interval import GroupInterval
from models.neighbours import Neighbourhood, neighbours
from models.notes import bookkeeping_note, cap_note, guard_notes, widening_note
from models.prediction import Answers, Prediction, Provenance
from models.scales import scale_of
from models.task import Task
from models.training_cells import TrainingCells

__all__ = ["DEFAULT_LEVEL", "Predictor", "Task"]
DEFAULT_LEVEL = 0.9
#: Name of what the cap takes away, beside the descriptors' contributions.
CAP = "prediction_cap"
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Predictor:
    """A fitted model with everything needed to answer for a raw cell.

    Attributes
    ----------
    task : Task
    n_cycles : int or None
        Window: every cell is cut to its first so many cycles.
    descriptor_versions : mapping of str to int
    model : Model
        Stack of the model of all cells, then of one for each fold of the interval.
    interval : GroupInterval
    ranges : mapping of str to Range
    neighbourhood : Neighbourhood
    cells : TrainingCells
    provenance : Provenance
    """

    task: Task
    n_cycles: int | None
    descriptor_versions: Mapping[str, int]
    model: Model
    interval: GroupInterval
    ranges: Mapping[str, Range]
    neighbourhood: Neighbourhood
    cells: TrainingCells
    provenance: Provenance

    def __post_init__(self) -> None:
        n_descriptors = len(self.descriptor_versions)
        self.model.check_columns(n_descriptors)
        self.interval.check_against(self.model.n_models - 1, len(self.cells.cell_ids))
        widths = {self.cells.descriptors.shape[1], self.neighbourhood.sd.size, n_descriptors}
        if len(widths) > 1 or list(self.ranges) != list(self.descriptor_versions):
            raise BrokenBundle(f"Parts of '{self.task.name}' look at other descriptors.")
        if self.interval.is_scaled and not self.model.has_sd:
            raise BrokenBundle(f"'{self.task.name}' lacks the deviation its interval follows.")

    @classmethod
    def fit(
        cls,
        task: Task,
        table: DescriptorTable,
        labels: NDArray[np.float64],
        groups: Sequence[str],
        provenance: Provenance,
        *,
        is_censored: NDArray[np.bool_] | None = None,
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
        is_censored : bool array of shape (n_cells,), optional
            Where the label is a bound: the test was stopped while the cell was alive.
            Models that cannot use bounds are fitted without these cells.

        Raises
        ------
        InvalidRecord
            If there are fewer than two groups, or than two labels that are no bounds.
        InvalidSetting
            If the task asks for what its model or the table does not have.
        """
        # Fitting needs scikit-learn and XGBoost, which a service never loads.
        from models.fitting import fit_predictor  # noqa: PLC0415  it builds on this module

        return fit_predictor(task, table, labels, groups, provenance, is_censored=is_censored)

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

    @property
    def highest_value(self) -> float:
        """Return the cap of predictions in the target's unit, infinite where there is none.

        Where cells were stopped that outlived all others, the longest life is not known.
        """
        ratio = self.task.cap_ratio
        if ratio is None or not self.cells.is_longest_known:
            return np.inf
        return ratio * self.cells.longest_ended

    def predict(
        self, cells: Sequence[Cell], level: float = DEFAULT_LEVEL, *, explain: bool = True
    ) -> list[Prediction]:
        """Return a prediction for each cell.

        Parameters
        ----------
        cells : sequence of Cell
        level : float
            Probability with which the interval is to hold the truth.
        explain : bool
            Whether to tell what each descriptor adds to the prediction.

        Raises
        ------
        LevelNotSupported
            If the training groups are too few for the level.
        """
        self.interval.check_level(level)
        if not cells:
            return []
        table = describe(cells, self.descriptor_versions, self.n_cycles)
        X = table.array
        absent = [table.absent(row) for row in range(len(cells))]
        return self.predictions(cells, X, absent, level, explain=explain)

    def predictions(
        self,
        cells: Sequence[Cell],
        X: Array,
        absent: Sequence[Mapping[str, str]],
        level: float,
        *,
        explain: bool,
    ) -> list[Prediction]:
        """Return a prediction for each cell that was described already.

        Parameters
        ----------
        cells : sequence of Cell
        X : float array of shape (n_cells, n_descriptors)
            Columns in the order of ``descriptor_versions``.
        absent : sequence of mapping of str to str
            Reason of each blank, cell by cell.
        level : float
        explain : bool
        """
        answers = self.answers(X, level)
        near, apart_sd = self.neighbourhood.nearest(X, self.cells)
        found = []
        for row, cell in enumerate(cells):
            nearest = neighbours(self.cells, near[row], apart_sd[row])
            value, uncapped = float(answers.value[row]), float(answers.uncapped[row])
            notes = (
                *guard_notes(self.names, X[row], *self._band),
                *cap_note(self.task, uncapped, self.highest_value),
                *(
                    widening_note(self.names, X[row], self.ranges)
                    if answers.is_widened[row]
                    else ()
                ),
                *bookkeeping_note(self.task, self._named(X[row]), value),
            )
            reasons = (
                *scope_reasons(self.provenance, cell),
                *data_reasons(cell),
                *range_reasons(self.ranges, self._named(X[row])),
                *self.neighbourhood.reasons(nearest[0].distance_sd, nearest[0].cell_id),
                *beyond_ended_reasons(self.cells, value, self.unit),
            )
            prediction = Prediction(
                cell_id=cell.cell_id,
                target=self.target,
                unit=self.unit,
                value=value,
                lower=float(answers.lower[row]),
                upper=float(answers.upper[row]),
                level=level,
                in_domain=not reasons,
                reasons=reasons,
                absent=absent[row],
                doubts=doubts(cell),
                tier=self.task.tier,
                notes=notes,
                contributions=self._contributions(X[row], value, uncapped) if explain else {},
                mean=self.mean,
                nearest=nearest,
            )
            found.append(prediction)
        return found

    def answers(self, X: Array, level: float) -> Answers:
        """Return values and bounds for rows of descriptors.

        Parameters
        ----------
        X : float array of shape (n_cells, n_descriptors)
            Columns in the order of ``descriptor_versions``; NaN where not measured.
        level : float

        Raises
        ------
        LevelNotSupported
            If the training groups are too few for the level.
        """
        learnt, lower, upper, is_widened = self.on_learning_scale(X, level)
        inverse = scale_of(self.task.scale).inverse
        uncapped = inverse(learnt)
        value = np.minimum(uncapped, self.highest_value)
        return Answers(
            uncapped=uncapped,
            value=value,
            # Jackknife+ bounds come from the folds' models and may miss the full model's value.
            lower=np.minimum(inverse(lower), value),
            upper=np.maximum(inverse(upper), value),
            is_widened=is_widened,
        )

    def on_learning_scale(
        self, X: Array, level: float
    ) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
        """Return prediction, lower and upper bound, and whether the interval was widened."""
        self.interval.check_level(level)
        value, sd = self.model.answers(X)
        lower, upper, is_widened = np.empty(len(X)), np.empty(len(X)), np.zeros(len(X), bool)
        for rows, residual in self._errors.by_absence(X):
            of_rows = self.interval.bounds(value[rows, 1:], sd[rows, 1:], level, residual)
            lower[rows], upper[rows] = of_rows
            is_widened[rows] = (residual > self.interval.residual).any()
        return value[:, 0], lower, upper, is_widened

    @cached_property
    def mean(self) -> float:
        """Return the prediction at the mean of the training cells, on the learning scale."""
        return float(self._first.answers(self.cells.mean_row[None, :])[0][0, 0])

    @cached_property
    def names(self) -> list[str]:
        """Return the descriptors in the order of the columns."""
        return list(self.descriptor_versions)

    @cached_property
    def _first(self) -> Model:
        """Return the model of all training cells alone."""
        return self.model.only([0])

    @cached_property
    def _errors(self) -> HeldOutErrors:
        return HeldOutErrors(self.model, self.interval, self.cells, scale_of(self.task.scale))

    @cached_property
    def _band(self) -> tuple[Array, Array]:
        return self.model.band(len(self.names))

    def _named(self, row: Array) -> dict[str, float]:
        return dict(zip(self.names, row.tolist(), strict=True))

    def _contributions(self, row: Array, value: float, uncapped: float) -> dict[str, float]:
        """Return what each descriptor adds to the mean, and what the cap takes away."""
        moved = contributions(self._first, row, self.cells.mean_row)
        added = dict(zip(self.names, moved.tolist(), strict=True))
        if value < uncapped:
            capped, free = scale_of(self.task.scale).forward(np.array([value, uncapped]))
            added[CAP] = float(capped - free)
        return added

    def save(self, folder: Path) -> str:
        """Write the predictor as a bundle and return its SHA-256, see ``models.bundle``."""
        from models.bundle import write_bundle  # noqa: PLC0415  bundle builds on this module

        return write_bundle(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "Predictor":
        """Return the predictor of a bundle; refuse altered or outdated ones."""
        from models.bundle import read_bundle  # noqa: PLC0415  bundle builds on this module

        return read_bundle(folder)
