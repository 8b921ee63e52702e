"""Whether an answer tells anything: an interval wider than all that was learnt tells nothing."""

from features.errors import SeicastError
from models.training_cells import TrainingCells
from serving.champions import Champions
from serving.replies import PredictionOut

#: Outside of what was learnt, a life known to a factor of so many is not known.
MOST_LIVES_RATIO = 100.0


def vagueness(answer: PredictionOut, cells: TrainingCells | None) -> str:
    """Return why an answer is none that a person should read as a number; empty where it is one.

    Parameters
    ----------
    answer : PredictionOut
    cells : TrainingCells or None
        Of the model that answered; None where they are not at hand.
    """
    if (
        cells is not None
        and answer.lower < cells.labels.min()
        and answer.upper > cells.labels.max()
    ):
        return "its interval is wider than everything it has learnt"
    is_life = answer.unit == "cycles" and not answer.in_domain
    if is_life and answer.upper > MOST_LIVES_RATIO * answer.lower:
        return (
            "it lies outside what the model has learnt, and the ends of its interval are more "
            f"than {MOST_LIVES_RATIO:g} times apart"
        )
    return ""


def vagueness_of(answer: PredictionOut, champions: Champions) -> str:
    """Return why an answer is none, held against the cells of the model that gave it."""
    try:
        cells = champions.named(answer.model.name).predictor.cells
    except SeicastError:  # replaced since
        cells = None
    return vagueness(answer, cells)
