"""Two tracked runs side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seicast import places
from training.comparison import Paired, paired
from training.tracking import TrackingStore, kept_contender, kept_run


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two runs share and where they differ.

    Attributes
    ----------
    names : pair of str
    parameters, metrics : mapping of str to pair of str
        What either run has; an empty text where one has it not.
    difference : Paired or None
        On the cells that both were held out on, None where there are none.
    """

    names: tuple[str, str]
    parameters: Mapping[str, tuple[str, str]]
    metrics: Mapping[str, tuple[str, str]]
    difference: Paired | None


def compared(first: str, second: str) -> Comparison:
    """Return the comparison of two runs by id, ``NAME`` or ``NAME@3``."""
    store = TrackingStore.in_folder(places.home())
    runs = (kept_run(store, first), kept_run(store, second))
    contenders = [kept_contender(store, run.run_id) for run in runs]
    one, other = contenders
    return Comparison(
        names=(runs[0].name, runs[1].name),
        parameters=_beside([dict(run.parameters) for run in runs]),
        metrics=_beside([_in_text(run.metrics) for run in runs]),
        difference=paired(one, other) if one is not None and other is not None else None,
    )


def _beside(columns: Sequence[Mapping[str, str]]) -> dict[str, tuple[str, str]]:
    names = sorted({name for column in columns for name in column})
    return {name: (columns[0].get(name, ""), columns[1].get(name, "")) for name in names}


def _in_text(metrics: Mapping[str, float]) -> dict[str, str]:
    return {name: f"{value:.4g}" for name, value in metrics.items()}
