"""A prediction with all that a page draws beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from features.errors import SeicastError
from models.prediction import Provenance
from serving.champions import Champions
from serving.pages.charts.predictions import contribution_chart, interval_chart
from serving.replies import PredictionOut
from serving.vagueness import vagueness

#: What a model is held against: ending of a score's name -> words.
BASELINES = {"dummy": "mean alone", "baseline": "physics alone"}


@dataclass(frozen=True, eq=False)
class Shown:
    """A prediction as a page shows it.

    Attributes
    ----------
    answer : PredictionOut
    vague : str
        Why the answer is no number to go by; empty where it is one.
    interval, contributions : Markup
        Drawings; empty where the model has been replaced since.
    scores : list of Score
        How far the model was from cells it had not seen.
    """

    answer: PredictionOut
    vague: str
    interval: Markup
    contributions: Markup
    scores: "list[Score]"


@dataclass(frozen=True)
class Score:
    """One split's held-out error beside those of the baselines, on the target's unit.

    Attributes
    ----------
    split : str
    n_cells : float or None
    error : float
        Root mean square.
    baselines : mapping of str to float
        In words, and their error.
    level, coverage : float or None
        What the interval promises, and the share of cells that it held.
    metrics : mapping of str to float
        Everything that was measured.
    """

    split: str
    n_cells: float | None
    error: float | None
    baselines: Mapping[str, float]
    level: float | None
    coverage: float | None
    metrics: Mapping[str, float]

    @property
    def beats_the_mean(self) -> bool:
        """Tell whether it errs less than who always says the mean; unknown counts as yes."""
        dummy = self.baselines.get(BASELINES["dummy"])
        return self.error is None or dummy is None or self.error < dummy


def shown(answer: PredictionOut, champions: Champions) -> Shown:
    """Return a prediction with its drawings and its model's scores."""
    try:
        predictor = champions.named(answer.model.name).predictor
    except SeicastError:
        return Shown(answer, vagueness(answer, None), Markup(), contribution_chart(answer), [])
    return Shown(
        answer=answer,
        vague=vagueness(answer, predictor.cells),
        interval=interval_chart(answer, predictor.cells),
        contributions=contribution_chart(answer),
        scores=scores_of(predictor.provenance),
    )


def scores_of(provenance: Provenance) -> list[Score]:
    """Return the held-out scores of a model, split by split."""
    return [
        Score(
            split=split,
            n_cells=metrics.get("n_cells"),
            error=metrics.get("rmse"),
            baselines={
                words: metrics[f"rmse_{name}"]
                for name, words in BASELINES.items()
                if f"rmse_{name}" in metrics
            },
            level=metrics.get("level"),
            coverage=metrics.get("coverage"),
            metrics=metrics,
        )
        for split, metrics in provenance.scores.items()
    ]
