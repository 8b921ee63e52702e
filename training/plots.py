"""Plots of a run: what was predicted against what was true, and what the error is owed to."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from models.scales import scale_of
from training.evaluation import HeldOut
from training.fit import Trained
from training.targets import target_of

Panel = Callable[[Axes, HeldOut, Trained], None]
COLOURS = ((True, "C0", "in domain"), (False, "C3", "outside, flagged"))


def parity_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of predicted against true value of every held-out cell, a panel a split."""
    _panels(trained, path, _parity_panel)


def residual_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of error against prediction on the learning scale, a panel a split."""
    _panels(trained, path, _residual_panel)


def coverage_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of the share of held-out truths inside, against the interval's level."""
    _panels(trained, path, _coverage_panel)


def learning_curve_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of the error on groups held out against the number of groups learnt from."""
    figure, panel = _single(trained)
    curve = trained.diagnosis.learning_curve
    panel.plot(list(curve), list(curve.values()), "o-")
    panel.set_xlabel(f"{trained.predictor.provenance.group_kind} groups learnt from")
    panel.set_ylabel(f"RMSE, groups held out ({trained.predictor.task.scale})")
    panel.set_ylim(bottom=0)
    figure.savefig(path, dpi=110)


def importance_plot(trained: Trained, path: Path) -> None:
    """Write a PNG of how much the error rises when a descriptor is shuffled, held out."""
    figure, panel = _single(trained)
    ranked = sorted(trained.diagnosis.importance.items(), key=lambda item: item[1])
    panel.barh([name for name, _ in ranked], [rise for _, rise in ranked])
    panel.tick_params(axis="y", labelsize=7)
    panel.set_xlabel(f"rise of RMSE when shuffled ({trained.predictor.task.scale})")
    figure.savefig(path, dpi=110)


def _single(trained: Trained) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    figure.suptitle(_title(trained), fontsize=10)
    return figure, figure.subplots()


def _panels(trained: Trained, path: Path, draw: Panel) -> None:
    parts = trained.held_out
    figure = Figure(figsize=(5.2 * len(parts), 5.2), layout="constrained")
    for panel, part in zip(np.atleast_1d(figure.subplots(1, len(parts))), parts, strict=True):
        draw(panel, part, trained)
    figure.suptitle(_title(trained), fontsize=10)
    figure.savefig(path, dpi=110)


def _title(trained: Trained) -> str:
    return f"{trained.config.name}\n{trained.champion.label}"


def _parity_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    target = target_of(trained.config.target)
    score = trained.scores[part.split]
    ends = np.array(
        [min(part.truth.min(), part.value.min()), max(part.truth.max(), part.value.max())]
    )
    span = np.abs(np.vstack([part.value - part.lower, part.upper - part.value]))
    for is_in, colour, label in COLOURS:
        rows = (part.in_domain == is_in) & ~part.is_censored
        if rows.any():
            panel.errorbar(
                part.truth[rows], part.value[rows], yerr=span[:, rows], fmt="o", ms=4,
                lw=0.7, color=colour, alpha=0.7, label=f"{label} ({int(rows.sum())})",
            )  # fmt: skip
    stopped = part.is_censored
    if stopped.any():
        label = f"at least, test stopped ({int(stopped.sum())})"
        panel.plot(part.truth[stopped], part.value[stopped], ">", ms=5, color="0.5", label=label)
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


def _residual_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    scale = scale_of(trained.predictor.task.scale)
    value = scale.forward(part.value)
    error = value - scale.forward(part.truth)
    for is_in, colour, label in COLOURS:
        rows = (part.in_domain == is_in) & ~part.is_censored
        panel.plot(value[rows], error[rows], "o", ms=4, color=colour, alpha=0.7, label=label)
    panel.axhline(0, color="0.4", lw=1)
    panel.set_xlabel(f"predicted ({scale.name})")
    panel.set_ylabel(f"predicted less true ({scale.name})")
    panel.set_title(part.split, fontsize=9)
    panel.legend(fontsize=8)


def _coverage_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    levels = sorted(part.covered)
    shares = [float(np.mean(part.covered[level])) for level in levels]
    # Of so many groups, this much is chance (one binomial SD).
    n_groups = max(1, len(set(part.groups)))
    chance = [np.sqrt(level * (1 - level) / n_groups) for level in levels]
    panel.errorbar(levels, shares, yerr=chance, fmt="o-", capsize=3)
    panel.plot([0, 1], [0, 1], color="0.4", lw=1)
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1.05)
    panel.set_xlabel("level of the interval")
    panel.set_ylabel("share of truths inside")
    panel.set_title(f"{part.split}, {len(part.truth)} cells", fontsize=9)


def _log_axes(panel: Axes) -> None:
    """Make both axes logarithmic, with ticks at 1, 2, 5 written out."""
    panel.set_xscale("log")
    panel.set_yscale("log")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set_minor_formatter(NullFormatter())
