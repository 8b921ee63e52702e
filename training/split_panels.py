"""Panels of a run's plots, one for each way to hold out: truth, error, and coverage."""

import numpy as np
from matplotlib.axes import Axes

from models.scales import scale_of
from training.evaluation import HeldOut
from training.fit import Trained
from training.plot_axes import AXES, learning_unit

COLOURS = ((True, "C0", "in domain"), (False, "C3", "outside, flagged"))
#: Ending of a score's name -> what the model is held against, in words.
BASELINES = {"dummy": "dummy", "baseline": "physics"}


def parity_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    """Draw predicted against true value, with intervals; stopped tests as at least."""
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


def residual_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    """Draw error against prediction on the learning scale."""
    scale = scale_of(trained.predictor.task.scale)
    value = scale.forward(part.value)
    error = value - scale.forward(part.truth)
    for is_in, colour, words in COLOURS:
        rows = (part.in_domain == is_in) & ~part.is_censored
        if rows.any():
            label = f"{words} ({int(rows.sum())})"
            panel.plot(value[rows], error[rows], "o", ms=4, color=colour, alpha=0.7, label=label)
    panel.axhline(0, color="0.4", lw=1)
    panel.set_xlabel(f"predicted, {learning_unit(trained)}")
    panel.set_ylabel(f"predicted less true, {learning_unit(trained)}")
    n_stopped = int(part.is_censored.sum())
    left_out = f", {n_stopped} stopped tests left out" if n_stopped else ""
    panel.set_title(
        f"{part.split}: {len(part.truth)} cells{left_out}\n"
        f"RMSE on this scale: {_against(trained.scores[part.split], 'rmse_scale')}",
        fontsize=9,
    )


def coverage_panel(panel: Axes, part: HeldOut, trained: Trained) -> None:
    """Draw the share of truths inside the interval against its level."""
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


def _against(score: dict[str, float], metric: str) -> str:
    """Return an error with those of the baselines in brackets."""
    others = [
        f"{words} {score[f'{metric}_{name}']:.3g}"
        for name, words in BASELINES.items()
        if f"{metric}_{name}" in score
    ]
    return f"{score[metric]:.3g} ({', '.join(others)})" if others else f"{score[metric]:.3g}"
