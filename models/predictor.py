"""A trained predictor: from cells to a value, an honest interval and a verdict on the domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from features.any_cells import Cells, described, of_each
from features.doubts import data_reasons, doubts
from features.errors import BrokenBundle
from features.records import Cell
from features.table import DescriptorTable, describe
from models.absence import HeldOutErrors
from models.compiled import Model
from models.domain import Range, scope_reasons
from models.explanation import contributions
from models.interval import GroupInterval
from models.known import Known
from models.neighbours import Neighbourhood, Surroundings, neighbours_of_each
from models.open_end import ceiling, opened
from models.prediction import Answers, Columns, Neighbour, Prediction, Provenance
from models.remarks import Remarks
from models.scales import scale_of
from models.scope import NO_SCOPE, Scope
from models.task import Task
from models.training_cells import TrainingCells

__all__ = ["Predictor", "Task"]
#: Name of what the cap takes away, beside the descriptors' contributions.
CAP = "prediction_cap"
NOTHING: Mapping[int, tuple[str, ...]] = MappingProxyType({})
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
    scope : Scope
        Chemistry and conditions of the training cells; an empty one flags nobody.
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
    scope: Scope = NO_SCOPE

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
        scope: Scope = NO_SCOPE,
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
        scope : Scope, optional
            Chemistry and conditions of the cells, see ``models.scope.learn_scope``.

        Raises
        ------
        InvalidRecord
            If there are fewer than two groups, or than two labels that are no bounds.
        InvalidSetting
            If the task asks for what its model or the table does not have.
        """
        # Fitting needs scikit-learn and XGBoost, which a service never loads.
        from models.fitting import fit_predictor  # noqa: PLC0415  it builds on this module

        return fit_predictor(
            task, table, labels, groups, provenance, is_censored=is_censored, scope=scope
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
        self, cells: Sequence[Cell], level: float | None = None, *, explain: bool = True
    ) -> list[Prediction]:
        """Return a prediction for each cell.

        Parameters
        ----------
        cells : sequence of Cell
        level : float, optional
            Probability with which the interval is to hold the truth; unless stated 0.9, or the
            highest that the training groups carry.
        explain : bool
            Whether to tell what each descriptor adds to the prediction.

        Raises
        ------
        LevelNotSupported
            If the training groups are too few for the level.
        """
        level = self.interval.level_for(level)
        if not cells:
            return []
        table = describe(cells, self.descriptor_versions, self.n_cycles)
        return self.predictions(cells, table, level, explain=explain)

    def predictions(
        self, cells: Sequence[Cell], table: DescriptorTable, level: float, *, explain: bool
    ) -> list[Prediction]:
        """Return a prediction for each cell that was described already.

        Parameters
        ----------
        cells : sequence of Cell
        table : DescriptorTable
            Their descriptors, in the order of ``descriptor_versions``.
        level : float
        explain : bool
        """
        columns = self.columns_of(table.array, level, self.outside(cells))
        explained = self.contributions_by_name(table.array, columns) if explain else None
        nearest = neighbours_of_each(self.cells, columns.nearest, columns.distances_sd)
        values, lowers, uppers = (
            each.tolist() for each in (columns.value, columns.lower, columns.upper)
        )
        return [
            Prediction(
                cell_id=cell.cell_id,
                target=self.target,
                unit=self.unit,
                value=values[row],
                lower=lowers[row],
                upper=uppers[row],
                level=level,
                in_domain=row not in columns.reasons,
                reasons=columns.reasons.get(row, ()),
                absent=table.absent(row),
                doubts=doubts(cell),
                tier=self.task.tier,
                notes=columns.notes.get(row, ()),
                contributions={} if explained is None else explained[row],
                mean=self.mean,
                nearest=tuple(Neighbour(**each) for each in nearest[row]),
            )
            for row, cell in enumerate(cells)
        ]

    def columns(self, cells: Cells, level: float | None = None) -> Columns:
        """Return answers for many cells as columns, the same that ``predict`` gives.

        Parameters
        ----------
        cells : sequence of Cell, or Scan
        level : float, optional
            As ``predict`` takes it.

        Raises
        ------
        LevelNotSupported
            If the training groups are too few for the level.
        """
        level = self.interval.level_for(level)
        table = described(cells, self.descriptor_versions, self.n_cycles)
        return self.columns_of(table.array, level, self.outside(cells))

    def columns_of(
        self, X: Array, level: float, outside: Mapping[int, tuple[str, ...]] = NOTHING
    ) -> Columns:
        """Return answers for rows of descriptors as columns.

        Parameters
        ----------
        X : float array of shape (n_cells, n_descriptors)
            Columns in the order of ``names``; NaN where not measured.
        level : float
        outside : mapping of int to tuple of str
            What puts cells outside the domain beside their numbers, see ``outside``.
        """
        keys = self.model.keys(X)
        answers = self.answers(X, level, keys)
        nearest, distances_sd = self._surroundings.nearest(X)
        reasons, notes = self._remarks.of_rows(
            X, answers, nearest[:, 0], distances_sd[:, 0], outside
        )
        in_domain = np.ones(len(X), bool)
        in_domain[list(reasons)] = False
        return Columns(
            level=level,
            uncapped=answers.uncapped,
            value=answers.value,
            lower=answers.lower,
            upper=answers.upper,
            is_widened=answers.is_widened,
            in_domain=in_domain,
            reasons=reasons,
            notes=notes,
            nearest=nearest,
            distances_sd=distances_sd,
            keys=keys,
        )

    def outside(self, cells: Cells) -> dict[int, tuple[str, ...]]:
        """Return, by row, why cells are outside the domain whatever their descriptors are."""
        found = enumerate(of_each(cells, self._outside))
        return {row: reasons for row, reasons in found if reasons}

    def _outside(self, cell: Cell) -> tuple[str, ...]:
        return (
            *scope_reasons(self.provenance, cell),
            *self.scope.reasons(cell),
            *data_reasons(cell),
        )

    def explained(self, X: Array, columns: Columns) -> Array:
        """Return what each descriptor adds to the mean, and last what the cap takes away.

        Parameters
        ----------
        X : float array of shape (n_cells, n_descriptors)
        columns : Columns
            The answers for these rows.

        Returns
        -------
        float array of shape (n_cells, n_descriptors + 1)
            On the learning scale; they sum up to the prediction less ``mean``.
        """
        return self._explained(X, columns.value, columns.uncapped)

    def _explained(self, X: Array, value: Array, uncapped: Array) -> Array:
        explained = np.zeros((len(X), X.shape[1] + 1))
        explained[:, :-1] = contributions(
            self._first, X, self.cells.mean_row, self.cells.companions
        )
        is_capped = value < uncapped
        if is_capped.any():
            forward = scale_of(self.task.scale).forward
            capped, free = value[is_capped], uncapped[is_capped]
            explained[is_capped, -1] = forward(capped) - forward(free)
        return explained

    def contributions_by_name(self, X: Array, columns: Columns) -> list[dict[str, float]]:
        """Return for each row what is added by name, and the cap where it takes anything away.

        Parameters
        ----------
        X : float array of shape (n_cells, n_descriptors)
        columns : Columns
            The answers for these rows.
        """
        named, kind = self.contributions_of_kinds(X, columns)
        return [named[each].copy() for each in kind]

    def contributions_of_kinds(
        self, X: Array, columns: Columns
    ) -> tuple[list[dict[str, float]], list[int]]:
        """Return the different contributions by name, and which of them each row has.

        They are kept for who asks next: copy what you change.

        Parameters
        ----------
        X : float array of shape (n_cells, n_descriptors)
        columns : Columns
            The answers for these rows.
        """
        keys = columns.keys

        def named(rows: Sequence[int]) -> list[dict[str, float]]:
            some = list(rows)
            explained = self._explained(X[some], columns.value[some], columns.uncapped[some])
            return list(map(self._by_name, explained.tolist()))

        if keys is None:
            return named(range(len(X))), list(range(len(X)))
        return self._known_contributions.of(keys, named)

    def _by_name(self, explained: list[float]) -> dict[str, float]:
        *added, capped = explained
        named = dict(zip(self.names, added, strict=True))
        return {**named, CAP: capped} if capped else named

    def answers(self, X: Array, level: float, keys: Sequence[bytes] | None = None) -> Answers:
        """Return values and bounds for rows of descriptors.

        Parameters
        ----------
        X : float array of shape (n_cells, n_descriptors)
            Columns in the order of ``descriptor_versions``; NaN where not measured.
        level : float
        keys : sequence of bytes, optional
            Of the rows, where they are known, see ``Columns``.

        Raises
        ------
        LevelNotSupported
            If the training groups are too few for the level.
        """
        learnt, lower, upper, is_widened = self.on_learning_scale(X, level, keys)
        inverse = scale_of(self.task.scale).inverse
        uncapped, lower, upper = inverse(np.array([learnt, lower, upper]))
        value = np.minimum(uncapped, self.highest_value)
        # Jackknife+ bounds come from the folds' models and may miss the full model's value.
        lower, upper = np.minimum(lower, value), np.maximum(upper, value)
        return Answers(
            uncapped=uncapped,
            value=value,
            lower=lower,
            upper=opened(self.cells, upper),
            is_widened=is_widened,
        )

    def on_learning_scale(
        self, X: Array, level: float, keys: Sequence[bytes] | None = None
    ) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
        """Return prediction, lower and upper bound, and whether the interval was widened."""
        self.interval.check_level(level)
        keys = keys or self.model.keys(X)
        if not keys:
            return self._learnt(X, level)

        def learnt(rows: list[int]) -> list[list[float]]:
            columns: list[list[float]] = np.column_stack(self._learnt(X[rows], level)).tolist()
            return columns

        found, kind = self._known_answers.of(keys, learnt, level)
        value, lower, upper, is_widened = np.array(found)[kind].T
        return value, lower, upper, is_widened > 0

    def _learnt(self, X: Array, level: float) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
        value, sd = self.model.answers(X)
        # Errors are of answers held at the longest outcome known, where there is such an end.
        held = value[:, 1:] if self._ceiling == np.inf else np.minimum(value[:, 1:], self._ceiling)
        lower, upper, is_widened = np.empty(len(X)), np.empty(len(X)), np.zeros(len(X), bool)
        for rows, residual in self._errors.by_absence(X):
            # Rows that all lack the same need not be taken one by one.
            some = slice(None) if len(rows) == len(X) else rows
            lower[some], upper[some] = self.interval.bounds(
                held[some], sd[some, 1:], level, residual
            )
            own = self.interval.residual
            is_widened[some] = residual is not own and (residual > own).any()
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
    def _known_answers(self) -> Known[list[float]]:
        return Known()

    @cached_property
    def _known_contributions(self) -> Known[dict[str, float]]:
        return Known()

    @cached_property
    def _errors(self) -> HeldOutErrors:
        return HeldOutErrors(self.model, self.interval, self.cells, scale_of(self.task.scale))

    @cached_property
    def _ceiling(self) -> float:
        return ceiling(self.cells, scale_of(self.task.scale))

    @cached_property
    def _surroundings(self) -> Surroundings:
        return self.neighbourhood.around(self.cells)

    @cached_property
    def _remarks(self) -> Remarks:
        lower, upper = self.model.band(len(self.names))
        return Remarks(
            task=self.task,
            ranges=self.ranges,
            lower=lower,
            upper=upper,
            neighbourhood=self.neighbourhood,
            cells=self.cells,
            highest_value=self.highest_value,
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
