"""Choose the champion among candidates, by grouped cross-validation on training cells only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.estimators import BLEND, build, fitted
from models.scales import scale_of
from training.described import Described
from training.executor import run_all
from training.run_config import RunConfig
from training.splits import Fold, repeated_grouped_folds
from training.target import Array, Mask
from training.targets import target_of

#: Below so many cells, sets of more descriptors than these are left aside: on 41 cells, large
#: sets win the cross-validation and lose the test.
FEW_CELLS, MOST_DESCRIPTORS = 100, 7


@dataclass(frozen=True)
class Candidate:
    """A model on a set of descriptors."""

    model: str
    descriptor_set: str
    descriptors: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return a short name for tables and metrics, in letters that MLflow takes."""
        model = self.model.replace(BLEND, "mean_of_").replace("+", "_and_")
        return f"{model}.{self.descriptor_set}"


@dataclass(frozen=True, eq=False)
class Trial:
    """A candidate with all that its cross-validation needs; may travel to another machine."""

    candidate: Candidate
    seed: int
    X: Array
    y: Array
    is_censored: Mask
    folds: tuple[Fold, ...]


def candidates(config: RunConfig, n_cells: int) -> list[Candidate]:
    """Return every model on every descriptor set that so many cells carry, simple sets first."""
    sets = config.descriptor_sets
    if n_cells < FEW_CELLS:
        small = {name: names for name, names in sets.items() if len(names) <= MOST_DESCRIPTORS}
        sets = small or dict([min(sets.items(), key=lambda item: len(item[1]))])
    return [
        Candidate(model, name, names) for name, names in sets.items() for model in config.models
    ]


def select_champion(
    config: RunConfig, data: Described, executor: str = "local:1"
) -> tuple[Candidate, dict[str, float]]:
    """Return the candidate of lowest RMSE on the learning scale, and the RMSE of each.

    Parameters
    ----------
    config : RunConfig
    data : Described
        Training cells, with the descriptors of all candidates.
    executor : str
        Where candidates are tried, see ``training.executor``.

    Notes
    -----
    An answer beyond the bound of a stopped test counts as no error. The mean of the best is
    scored from its members' held-out answers, so it costs no fit; of equals the first wins.
    """
    y = learnt_values(config, data)
    folds = tuple(
        repeated_grouped_folds(
            data.cohort.groups, config.n_selection_folds, config.n_selection_repeats, config.seed
        )
    )
    tried = candidates(config, len(y))
    trials = [
        Trial(each, config.seed, columns(data, each), y, data.is_censored, folds) for each in tried
    ]
    answers = dict(run_all(held_out_answers, trials, executor))
    truth = np.concatenate([y[held_out] for _, held_out in folds])
    is_bound = np.concatenate([data.is_censored[held_out] for _, held_out in folds])
    rmse = {each: _rmse(answers[each], truth, is_bound) for each in tried}
    for blended, members in _blends(config, rmse).items():
        mean = np.mean([answers[each] for each in members], axis=0)
        rmse[blended] = _rmse(mean, truth, is_bound)
    best = min(rmse, key=lambda each: rmse[each])
    return best, {each.label: error for each, error in rmse.items()}


def held_out_answers(trial: Trial) -> tuple[Candidate, Array]:
    """Return a candidate's answers for the cells held out, fold after fold."""
    answers = [_answers(trial, fold) for fold in trial.folds]
    return trial.candidate, np.concatenate(answers)


def learnt_values(config: RunConfig, data: Described) -> Array:
    """Return the labels on the learning scale, less the prior mean where there is one."""
    y = scale_of(target_of(config.target).scale).forward(data.labels)
    if config.prior is None:
        return np.asarray(y)
    prior = data.table.values[config.prior].to_numpy(dtype=float)
    known = prior[~np.isnan(prior)]
    return np.asarray(y - np.where(np.isnan(prior), known.mean() if known.size else 0.0, prior))


def columns(data: Described, candidate: Candidate) -> Array:
    """Return a candidate's descriptors as an array."""
    return data.table.values[list(candidate.descriptors)].to_numpy(dtype=float)


def _answers(trial: Trial, fold: Fold) -> Array:
    train, held_out = fold
    model = build(trial.candidate.model, trial.seed)
    pipeline = fitted(model, trial.X[train], trial.y[train], is_censored=trial.is_censored[train])
    return np.asarray(pipeline.predict(trial.X[held_out]))


def _rmse(answer: Array, truth: Array, is_bound: Mask) -> float:
    error = answer - truth
    return float(np.sqrt(np.mean(np.where(is_bound, np.minimum(error, 0.0), error) ** 2)))


def _blends(
    config: RunConfig, rmse: dict[Candidate, float]
) -> dict[Candidate, Sequence[Candidate]]:
    """Return the mean of the best models of each descriptor set, with its members."""
    blends: dict[Candidate, Sequence[Candidate]] = {}
    for name in dict.fromkeys(each.descriptor_set for each in rmse):
        of_set = [each for each in rmse if each.descriptor_set == name]
        best = sorted(of_set, key=lambda each: rmse[each])[: config.n_blended]
        if config.n_blended > 1 and len(best) == config.n_blended:
            model = BLEND + "+".join(each.model for each in best)
            blends[replace(best[0], model=model)] = best
    return blends
