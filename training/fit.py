"""From a cohort to a predictor and its held-out scores; pure, nothing is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from models.estimators import has_sd
from models.predictor import Predictor
from models.scales import scale_of
from models.scope import learn_scope
from models.task import Task
from training.cohort import Cohort
from training.described import Described, described
from training.diagnosis import Diagnosis, diagnose
from training.evaluation import HeldOut, pooled, scores
from training.executor import run_all
from training.provenance import provenance_of
from training.run_config import RunConfig
from training.scoring import score
from training.selection import Candidate, select_champion
from training.splits import family_folds, grouped_folds
from training.targets import target_of

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class FoldResult:
    """What became of one outer fold: who was chosen in it, and how it answered."""

    split: str
    number: int
    champion: Candidate
    selection: dict[str, float]
    held_out: HeldOut


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
    folds : tuple of FoldResult
        The outer folds behind ``held_out``; none where the split is published.
    diagnosis : Diagnosis
    n_left_out : int
        Cells without a label.
    inconsistent : dict of str to str
        Cells whose label contradicts other facts about them, with the reason.
    """

    config: RunConfig
    predictor: Predictor
    champion: Candidate
    selection: dict[str, float]
    held_out: tuple[HeldOut, ...]
    folds: tuple[FoldResult, ...]
    diagnosis: Diagnosis
    n_left_out: int
    inconsistent: dict[str, str]

    @property
    def scores(self) -> dict[str, dict[str, float]]:
        """Return the scores by split."""
        scale = scale_of(self.predictor.task.scale)
        return {part.split: scores(part, scale) for part in self.held_out}


@dataclass(frozen=True, eq=False)
class FoldJob:
    """An outer fold with all it needs; may travel to another machine."""

    config: RunConfig
    split: str
    number: int
    learnt: Described
    part: Described


def train(
    config: RunConfig,
    cohort: Cohort,
    progress: Progress = lambda what, done, total: None,
    executor: str = "local:1",
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
    executor : str
        Where folds and candidates are worked on, see ``training.executor``; the result
        does not depend on it.
    """
    progress("describing cells", 0, 1)
    data, found = described(config, cohort)
    jobs = [] if cohort.splits else outer_folds(config, data)
    total = len(jobs) + 2
    folds = []
    for done, result in enumerate(run_all(run_fold, jobs, executor)):
        folds.append(result)
        progress(f"holding out {data.cohort.group_kind}s", done, total)
    order = {(job.split, job.number): place for place, job in enumerate(jobs)}
    folds.sort(key=lambda each: order[each.split, each.number])
    progress("choosing and fitting the champion", len(jobs), total)
    learnt = data.rows_of(cohort.splits["train"]) if cohort.splits else data
    predictor, champion, selection = fit_champion(config, learnt, executor)
    progress("learning curve and importance", len(jobs) + 1, total)
    trained = Trained(
        config=config,
        predictor=predictor,
        champion=champion,
        selection=selection,
        held_out=tuple(_held_out(config, cohort, data, (predictor, learnt), folds)),
        folds=tuple(folds),
        diagnosis=diagnose(config, learnt, champion, executor),
        n_left_out=len(found.values) - len(data.labels),
        inconsistent=dict(found.inconsistent),
    )
    progress("trained", 1, 1)
    provenance = replace(predictor.provenance, scores=trained.scores)
    return replace(trained, predictor=replace(predictor, provenance=provenance))


def fit_champion(
    config: RunConfig, data: Described, executor: str = "local:1"
) -> tuple[Predictor, Candidate, dict[str, float]]:
    """Choose on the data's own groups, then fit."""
    champion, selection = select_champion(config, data, executor)
    target = target_of(config.target)
    task = Task(
        name=config.name,
        target=target.name,
        unit=target.unit,
        scale=target.scale,
        model=champion.model,
        is_scaled=config.is_interval_scaled and has_sd(champion.model),
        seed=config.seed,
        tier=config.tier,
        prior=config.prior,
        cap_ratio=target.cap_ratio if _is_longest_known(data) else None,
    )
    prior = [config.prior] if config.prior is not None else []
    table = data.table.columns(list(dict.fromkeys([*champion.descriptors, *prior])))
    provenance = provenance_of(data.cohort, table, data.labels)
    predictor = Predictor.fit(
        task,
        table,
        data.labels,
        data.cohort.groups,
        provenance,
        is_censored=data.is_censored,
        scope=learn_scope(
            data.cohort.cells,
            has_method=target.depends_on_method,
            spans_origins=data.cohort.spans_origins,
        ),
    )
    return predictor, champion, selection


def _is_longest_known(data: Described) -> bool:
    """Tell whether the largest label is one: if it is a bound, it caps nothing."""
    return bool(data.labels[~data.is_censored].max() > data.labels[data.is_censored].max(initial=0))


def outer_folds(config: RunConfig, data: Described) -> list[FoldJob]:
    """Return the outer folds: of groups, and of families where the run asks for them."""
    groups, families = data.cohort.groups, data.cohort.families
    n_folds = min(config.n_test_folds, len(set(groups)))
    splits = {f"{data.cohort.group_kind}s held out": grouped_folds(groups, n_folds, config.seed)}
    if config.holds_out_families and families:
        name = f"{data.cohort.family_kind} held out"
        splits[name] = family_folds(families, groups)
    return [
        FoldJob(config, split, number, data.rows(train_rows), data.rows(test_rows))
        for split, folds in splits.items()
        for number, (train_rows, test_rows) in enumerate(folds)
    ]


def run_fold(job: FoldJob) -> FoldResult:
    """Return what becomes of an outer fold: the champion is chosen anew, then scored."""
    predictor, champion, selection = fit_champion(job.config, job.learnt)
    held_out = score(job.config, job.split, predictor, job.learnt, job.part)
    return FoldResult(job.split, job.number, champion, selection, held_out)


def _held_out(
    config: RunConfig,
    cohort: Cohort,
    data: Described,
    fitted_to: tuple[Predictor, Described],
    folds: Sequence[FoldResult],
) -> list[HeldOut]:
    """Return the folds pooled by split, or the answers for the published test cells."""
    if cohort.splits:
        predictor, learnt = fitted_to
        return [
            score(config, split, predictor, learnt, data.rows_of(ids))
            for split, ids in cohort.splits.items()
            if split != "train"
        ]
    splits = dict.fromkeys(fold.split for fold in folds)
    return [
        pooled([fold.held_out for fold in folds if fold.split == split], split) for split in splits
    ]
