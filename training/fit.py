"""From a cohort to a predictor and its held-out scores; pure, nothing is written."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import InvalidRecord
from features.records import Cell
from features.table import DescriptorTable, describe
from models.estimators import build, fitted
from models.prediction import Provenance
from models.predictor import DEFAULT_LEVEL, Predictor, Task
from models.scales import scale_of
from training.cohort import Cohort
from training.evaluation import HeldOut, pooled, scores
from training.run_config import RunConfig
from training.selection import Candidate, select_champion
from training.splits import grouped_folds
from training.targets import labels, target_of

Array = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
BASELINES = ("dummy", "baseline")
#: Models whose own standard deviation may scale an interval.
MODELS_WITH_SD = ("gaussian_process",)


@dataclass(frozen=True, eq=False)
class Trained:
    """What a run made.

    Attributes
    ----------
    config : RunConfig
    predictor : Predictor
    champion : Candidate
    selection : dict of str to float
        Cross-validated RMSE on the learning scale of each candidate.
    held_out : tuple of HeldOut
    n_left_out : int
        Cells without a label (censored, or the outcome is unknown).
    """

    config: RunConfig
    predictor: Predictor
    champion: Candidate
    selection: dict[str, float]
    held_out: tuple[HeldOut, ...]
    n_left_out: int

    @property
    def scores(self) -> dict[str, dict[str, float]]:
        """Return the scores by split."""
        scale = scale_of(self.predictor.task.scale)
        return {part.split: scores(part, scale) for part in self.held_out}


@dataclass(frozen=True, eq=False)
class _Data:
    """Described and labelled cells; rows stand in the order of the cohort."""

    cohort: Cohort
    table: DescriptorTable
    labels: Array

    def rows(self, rows: Sequence[int] | NDArray[np.int64]) -> "_Data":
        ids = [self.cohort.cells[row].cell_id for row in rows]
        reordered = self.cohort.subset(tuple(ids))
        kept = sorted(int(row) for row in rows)
        return _Data(reordered, self.table.rows(kept), self.labels[kept])


def train(
    config: RunConfig, cohort: Cohort, progress: Progress = lambda what, done, total: None
) -> Trained:
    """Return the champion of a run, fitted, with its held-out scores.

    Parameters
    ----------
    config : RunConfig
    cohort : Cohort
        With a published split, the champion is chosen and fitted on "train" and scored
        on the rest. Without one, whole groups are held out in outer folds, in each of
        which the champion is chosen anew; then it is chosen and fitted on all cells.
    progress : callable
        Told what is done, how many steps, of how many.
    """
    progress("describing cells", 0, 1)
    data, n_left_out = _labelled(config, cohort)
    if cohort.splits:
        parts = {
            split: data.rows(_rows_of(data.cohort, ids)) for split, ids in cohort.splits.items()
        }
        learnt = parts.pop("train")
        total = len(parts) + 1
        progress("choosing and fitting the champion", 0, total)
        predictor, champion, selection = _fit(config, learnt)
        held_out = []
        for done, (split, part) in enumerate(parts.items(), 1):
            progress(f"scoring {split}", done, total)
            held_out.append(_score(config, split, predictor, learnt, part))
    else:
        held_out = [_score_folds(config, data, progress)]
        progress("choosing and fitting the champion", config.n_test_folds, config.n_test_folds + 1)
        predictor, champion, selection = _fit(config, data)
    trained = Trained(config, predictor, champion, selection, tuple(held_out), n_left_out)
    progress("trained", 1, 1)
    return replace(trained, predictor=_with_scores(predictor, trained.scores))


def _labelled(config: RunConfig, cohort: Cohort) -> tuple[_Data, int]:
    target = target_of(config.target)
    values = labels(cohort, target)
    known = np.flatnonzero(np.isfinite(values))
    if not known.size:
        raise InvalidRecord(f"Cohort '{cohort.name}' has no cell with a known {config.target}.")
    kept = cohort.subset(tuple(cohort.cells[row].cell_id for row in known))
    table = describe(kept.cells, config.descriptor_names, config.n_cycles)
    return _Data(kept, table, values[known]), len(values) - known.size


def _rows_of(cohort: Cohort, ids: tuple[str, ...]) -> list[int]:
    wanted = set(ids)
    return [row for row, cell in enumerate(cohort.cells) if cell.cell_id in wanted]


def _fit(config: RunConfig, data: _Data) -> tuple[Predictor, Candidate, dict[str, float]]:
    """Choose on the data's own groups, then fit."""
    target = target_of(config.target)
    y = scale_of(target.scale).forward(data.labels)
    champion, selection = select_champion(config, data.table, y, data.cohort.groups)
    task = Task(
        name=config.name,
        target=target.name,
        unit=target.unit,
        scale=target.scale,
        model=champion.model,
        is_scaled=config.is_interval_scaled and champion.model in MODELS_WITH_SD,
        seed=config.seed,
    )
    table = data.table.columns(champion.descriptors)
    provenance = _provenance(data.cohort, table, data.labels)
    return (
        Predictor.fit(task, table, data.labels, data.cohort.groups, provenance),
        champion,
        selection,
    )


def _score_folds(config: RunConfig, data: _Data, progress: Progress) -> HeldOut:
    """Hold whole groups out, fold by fold, choosing the champion anew in each."""
    folds = grouped_folds(data.cohort.groups, config.n_test_folds, config.seed)
    parts = []
    for done, (train_rows, test_rows) in enumerate(folds):
        progress(f"holding out {data.cohort.group_kind}s", done, len(folds) + 1)
        learnt = data.rows(train_rows)
        predictor, _, _ = _fit(config, learnt)
        parts.append(_score(config, "", predictor, learnt, data.rows(test_rows)))
    return pooled(parts, f"{data.cohort.group_kind}s held out")


def _score(
    config: RunConfig, split: str, predictor: Predictor, learnt: _Data, part: _Data
) -> HeldOut:
    predictions = predictor.predict(part.cohort.cells, DEFAULT_LEVEL)
    return HeldOut(
        split=split,
        cell_ids=tuple(prediction.cell_id for prediction in predictions),
        truth=part.labels,
        value=np.array([prediction.value for prediction in predictions]),
        lower=np.array([prediction.lower for prediction in predictions]),
        upper=np.array([prediction.upper for prediction in predictions]),
        level=DEFAULT_LEVEL,
        in_domain=np.array([prediction.in_domain for prediction in predictions]),
        has_kin=np.isin(part.cohort.groups, learnt.cohort.groups),
        baselines=_baselines(config, learnt, part),
    )


def _baselines(config: RunConfig, learnt: _Data, part: _Data) -> dict[str, Array]:
    """Return the answers of the dummy and of the physics baseline for the same cells."""
    scale = scale_of(target_of(config.target).scale)
    y = scale.forward(learnt.labels)
    columns = list(config.baseline)
    X, X_new = (of.table.values[columns].to_numpy(dtype=float) for of in (learnt, part))
    return {
        name: scale.inverse(fitted(build(model, config.seed), X, y).predict(X_new))
        for name, model in zip(BASELINES, ("mean", "ridge"), strict=True)
    }


def _provenance(cohort: Cohort, table: DescriptorTable, y: Array) -> Provenance:
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


def _with_scores(predictor: Predictor, of_splits: dict[str, dict[str, float]]) -> Predictor:
    return replace(predictor, provenance=replace(predictor.provenance, scores=of_splits))
