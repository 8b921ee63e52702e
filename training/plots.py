"""Plots of a run: predicted against true, with intervals and baselines."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from training.evaluation import HeldOut
from training.fit import Trained
from training.targets import target_of


def parity_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of predicted against true value of every held-out cell, a panel a split."""
    parts = trained.held_out
    figure = Figure(figsize=(5.2 * len(parts), 5.2), layout="constrained")
    for panel, part in zip(np.atleast_1d(figure.subplots(1, len(parts))), parts, strict=True):
        _parity_panel(panel, part, trained)
    figure.suptitle(f"{trained.config.name}\n{trained.champion.label}", fontsize=10)
    figure.savefig(path, dpi=110)


def _parity_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    target = target_of(trained.config.target)
    score = trained.scores[part.split]
    ends = np.array(
        [min(part.truth.min(), part.value.min()), max(part.truth.max(), part.value.max())]
    )
    span = np.abs(np.vstack([part.value - part.lower, part.upper - part.value]))
    for is_in, colour, label in ((True, "C0", "in domain"), (False, "C3", "outside, flagged")):
        rows = part.in_domain == is_in
        if rows.any():
            panel.errorbar(
                part.truth[rows], part.value[rows], yerr=span[:, rows], fmt="o", ms=4,
                lw=0.7, color=colour, alpha=0.7, label=f"{label} ({int(rows.sum())})",
            )  # fmt: skip
    panel.plot(ends, ends, color="0.4", lw=1)
    if target.scale == "log10":
        _log_axes(panel)
    panel.set_xlabel(f"true {target.name.replace('_', ' ')} ({target.unit})")
    panel.set_ylabel(f"predicted, with {part.level:.0%} interval")
    panel.set_title(
        f"{part.split}: RMSE {score['rmse']:.3g} {target.unit} (dummy {score['rmse_dummy']:.3g}), "
        f"covers {score['coverage']:.0%}",
        fontsize=9,
    )
    panel.legend(fontsize=8, loc="upper left")


def _log_axes(panel: Axes) -> None:
    """Make both axes logarithmic, with ticks at 1, 2, 5 written out."""
    panel.set_xscale("log")
    panel.set_yscale("log")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set_minor_formatter(NullFormatter())
