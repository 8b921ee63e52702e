"""Plots of a run: what was predicted against what was true, and what the error is owed to."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedLocator,
    FormatStrFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

from models.scales import scale_of
from training.evaluation import HeldOut
from training.fit import Trained
from training.target import Array

Panel = Callable[[Axes, HeldOut, Trained], None]
COLOURS = ((True, "C0", "in domain"), (False, "C3", "outside, flagged"))
#: Ending of a score's name -> what the model is held against, in words.
BASELINES = {"dummy": "dummy", "baseline": "physics"}
DPI = 110
#: Lines of the dummy, one for each way to hold out.
DASHES = ("--", ":", "-.")
#: Efficiencies written at an axis: evenly spread in log10(1 - CE).
CE_TICKS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
#: No cycler tells a smaller loss per cycle; an axis would have no end.
LEAST_LOSS = 1e-6


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
    panel.plot(list(curve), list(curve.values()), "o-", label="model")
    dummies = _dummies(trained)
    for (split, rmse), dashes in zip(dummies.items(), DASHES, strict=False):
        panel.axhline(rmse, color="0.4", ls=dashes, lw=1, label=f"dummy, {split}")
    panel.set_xlabel(f"{trained.predictor.provenance.group_kind} groups learnt from")
    panel.set_ylabel(f"RMSE, groups held out ({_learning_unit(trained)})")
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
    panel.set_xlabel(f"rise of RMSE when shuffled ({_learning_unit(trained)})")
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


def _learning_unit(trained: Trained) -> str:
    """Return what the learning scale measures, such as log10(cycles)."""
    unit = trained.predictor.task.unit
    names = {"log10": f"log10({unit})", "lce": "lce = -log10(1 - CE)"}
    return names.get(trained.predictor.task.scale, unit)


def _against(score: dict[str, float], metric: str) -> str:
    """Return an error with those of the baselines in brackets."""
    others = [
        f"{words} {score[f'{metric}_{name}']:.3g}"
        for name, words in BASELINES.items()
        if f"{metric}_{name}" in score
    ]
    return f"{score[metric]:.3g} ({', '.join(others)})" if others else f"{score[metric]:.3g}"


def _parity_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    task, score = trained.predictor.task, trained.scores[part.split]
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
    panel.plot(ends, ends, color="0.4", lw=1, label="predicted = true")
    if task.scale in AXES:
        AXES[task.scale](panel)
    words = task.target.replace("_", " ")
    panel.set_xlabel(f"true {words} ({task.unit})")
    panel.set_ylabel(f"predicted {words}, with {part.level:.0%} interval ({task.unit})")
    panel.set_title(
        f"{part.split}: {len(part.truth)} cells, {score['coverage']:.0%} of them covered\n"
        f"RMSE in {task.unit}: {_against(score, 'rmse')}",
        fontsize=9,
    )


def _residual_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    scale = scale_of(trained.predictor.task.scale)
    value = scale.forward(part.value)
    error = value - scale.forward(part.truth)
    for is_in, colour, words in COLOURS:
        rows = (part.in_domain == is_in) & ~part.is_censored
        if rows.any():
            label = f"{words} ({int(rows.sum())})"
            panel.plot(value[rows], error[rows], "o", ms=4, color=colour, alpha=0.7, label=label)
    panel.axhline(0, color="0.4", lw=1)
    panel.set_xlabel(f"predicted, {_learning_unit(trained)}")
    panel.set_ylabel(f"predicted less true, {_learning_unit(trained)}")
    n_stopped = int(part.is_censored.sum())
    left_out = f", {n_stopped} stopped tests left out" if n_stopped else ""
    panel.set_title(
        f"{part.split}: {len(part.truth)} cells{left_out}\n"
        f"RMSE on this scale: {_against(trained.scores[part.split], 'rmse_scale')}",
        fontsize=9,
    )


def _coverage_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    levels = sorted(part.covered)
    shares = [float(np.mean(part.covered[level])) for level in levels]
    # Of so many groups, this much is chance (one binomial SD).
    n_groups = max(1, len(set(part.groups)))
    chance = [np.sqrt(level * (1 - level) / n_groups) for level in levels]
    group_kind = trained.predictor.provenance.group_kind
    label = f"measured, one SD of chance in {n_groups} groups ({group_kind})"
    panel.errorbar(levels, shares, yerr=chance, fmt="o-", capsize=3, label=label)
    panel.plot([0, 1], [0, 1], color="0.4", lw=1, label="as promised")
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1.05 + max(chance, default=0.0))
    panel.set_xlabel("level of the interval")
    panel.set_ylabel("share of truths inside")
    panel.set_title(f"{part.split}: {len(part.truth)} cells", fontsize=9)


def _log_axes(panel: Axes) -> None:
    """Make both axes logarithmic, with ticks at 1, 2, 5 written out."""
    panel.set_xscale("log")
    panel.set_yscale("log")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set_minor_formatter(NullFormatter())


def _efficiency_axes(panel: Axes) -> None:
    """Spread both axes as efficiencies are learnt: 0.99 lies as far from 0.9 as 0.999 from it."""
    panel.set_xscale("function", functions=(_spread, scale_of("lce").inverse))
    panel.set_yscale("function", functions=(_spread, scale_of("lce").inverse))
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(FixedLocator(CE_TICKS))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FormatStrFormatter("%g"))


def _spread(ce_fraction: Array) -> Array:
    return scale_of("lce").forward(np.minimum(ce_fraction, 1 - LEAST_LOSS))


#: Learning scale -> how its axes are drawn; any other is even.
AXES: dict[str, Callable[[Axes], None]] = {"log10": _log_axes, "lce": _efficiency_axes}
