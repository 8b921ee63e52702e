"""Plots of a run: what was predicted against what was true, and what the error is owed to."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from training.evaluation import HeldOut
from training.fit import Trained
from training.plot_axes import learning_unit
from training.split_panels import coverage_panel, parity_panel, residual_panel

Panel = Callable[[Axes, HeldOut, Trained], None]
DPI = 110
#: Lines of the dummy, one for each way to hold out.
DASHES = ("--", ":", "-.")


def parity_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of predicted against true value of every held-out cell, a panel a split."""
    _panels(trained, path, parity_panel)


def residual_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of error against prediction on the learning scale, a panel a split."""
    _panels(trained, path, residual_panel)


def coverage_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of the share of held-out truths inside, against the interval's level."""
    _panels(trained, path, coverage_panel)


def learning_curve_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of the error on groups held out against the number of groups learnt from."""
    figure, panel = _single(trained)
    curve = trained.diagnosis.learning_curve
    panel.plot(list(curve), list(curve.values()), "o-", label="model")
    dummies = _dummies(trained)
    for (split, rmse), dashes in zip(dummies.items(), DASHES, strict=False):
        panel.axhline(rmse, color="0.4", ls=dashes, lw=1, label=f"dummy, {split}")
    panel.set_xlabel(f"{trained.predictor.provenance.group_kind} groups learnt from")
    panel.set_ylabel(f"RMSE, groups held out ({learning_unit(trained)})")
    panel.set_ylim(0, 1.1 * max([*curve.values(), *dummies.values()], default=1.0))
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    _explain(panel)
    if not curve:
        _too_few(panel)
    figure.savefig(path)


def _dummies(trained: Trained) -> dict[str, float]:
    """Return the dummy's RMSE by split; none of a published one, whose cells the curve has not."""
    scores = trained.scores
    splits = dict.fromkeys(fold.split for fold in trained.folds)
    return {split: scores[split]["rmse_scale_dummy"] for split in splits}


def importance_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of how much the error rises when a descriptor is shuffled, held out."""
    ranked = sorted(trained.diagnosis.importance.items(), key=lambda item: item[1])
    figure, panel = _single(trained, height=max(3.2, 1.4 + 0.24 * len(ranked)))
    panel.barh([name for name, _ in ranked], [rise for _, rise in ranked])
    panel.axvline(0, color="0.4", lw=1)
    panel.tick_params(axis="y", labelsize=7)
    panel.xaxis.set_major_locator(MaxNLocator(6))
    panel.set_xlabel(f"rise of RMSE when shuffled ({learning_unit(trained)})")
    if not ranked:
        _too_few(panel)
    figure.savefig(path)


def _single(trained: Trained, height: float = 5.2) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, height), dpi=DPI, layout="constrained")
    figure.suptitle(_title(trained), fontsize=10)
    return figure, figure.subplots()


def _panels(trained: Trained, path: Path, draw: Panel) -> None:
    parts = trained.held_out
    figure = Figure(figsize=(5.2 * len(parts), 5.8), dpi=DPI, layout="constrained")
    for panel, part in zip(np.atleast_1d(figure.subplots(1, len(parts))), parts, strict=True):
        draw(panel, part, trained)
        _explain(panel)
    figure.suptitle(_title(trained), fontsize=10)
    figure.savefig(path)


def _title(trained: Trained) -> str:
    """Return what was trained; simulated cells are never shown without saying so."""
    kinds = trained.predictor.provenance.kinds
    of_what = "\nsimulated cells" if kinds.get("simulated") else ""
    return f"{trained.config.name}\n{trained.champion.label}{of_what}"


def _explain(panel: Axes) -> None:
    """Put the legend below the panel, where it covers nothing."""
    panel.legend(fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.12))


def _too_few(panel: Axes) -> None:
    panel.text(0.5, 0.5, "too few groups to measure it", ha="center", transform=panel.transAxes)
