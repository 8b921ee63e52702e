"""The model card: what a predictor is for, what it scored, beside what; in Markdown."""

from collections.abc import Mapping

from features.registry import select
from training.fit import Trained
from training.targets import target_of


def model_card(trained: Trained) -> str:
    """Return the card of a run in Markdown."""
    parts = [
        _heading(trained),
        _data(trained),
        _scores(trained),
        _choice(trained),
        _diagnosis(trained),
        _descriptors(trained),
    ]
    return "\n\n".join(parts) + "\n"


def _heading(trained: Trained) -> str:
    task = trained.predictor.task
    return (
        f"# {task.name}\n\n{target_of(task.target).intended_use}\n\n"
        f"Predicts {task.target} in {task.unit} from {_seen(trained)}, learnt as {task.scale}"
        f"{_prior(trained)}, "
        f"by {task.model}. Tier of evidence: {task.tier}. Not for cells outside its "
        f"domain: every reply says whether a cell lies inside."
    )


def _seen(trained: Trained) -> str:
    """Return what a prediction looks at, in words."""
    config = trained.config
    parts = ["the recipe"]
    if config.n_cycles:
        parts.append(f"the first {config.n_cycles} cycle{'s' if config.n_cycles > 1 else ''}")
    if config.has_spectra:
        parts.append("the last impedance spectrum among them" if config.n_cycles else "a spectrum")
    return " and ".join(parts) if len(parts) > 1 else "the recipe alone"


def _prior(trained: Trained) -> str:
    prior = trained.predictor.task.prior
    return f" around the prior mean {prior}" if prior is not None else ""


def _data(trained: Trained) -> str:
    learnt = trained.predictor.provenance
    kinds = ", ".join(f"{count} {kind}" for kind, count in learnt.kinds.items())
    left_out = f" Left out for want of a label: {trained.n_left_out}." if trained.n_left_out else ""
    simulated = (
        "\n\n**Simulated cells: its scores say how well it learns the virtual lab, not how well it "
        "predicts a real cell.**"
        if learnt.kinds.get("simulated")
        else ""
    )
    inconsistent = "".join(
        f"\n- inconsistent: {cell_id}: {why}" for cell_id, why in trained.inconsistent.items()
    )
    return (
        f"## Trained on\n\n{learnt.cohort}: {learnt.n_cells} cells ({kinds}) "
        f"in {learnt.n_groups} groups ({learnt.group_kind}); {', '.join(learnt.cell_types)}."
        f"{left_out} Cite: {learnt.citation}. "
        f"Data SHA-256 `{learnt.data_sha256}`.{simulated}"
        + (f"\n{inconsistent}" if inconsistent else "")
    )


def _scores(trained: Trained) -> str:
    task = trained.predictor.task
    columns = [
        "split",
        "cells",
        f"RMSE ({task.unit})",
        "relative error",
        f"RMSE ({task.scale})",
        "c-index",
        "interval covers",
        "median width",
        "flagged",
    ]
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for split, score in trained.scores.items():
        rows.append(_score_row(split, score))
        rows += [_baseline_row(name, score) for name in ("dummy", "baseline")]
    return (
        "## Held-out scores, beside their baselines\n\n" + "\n".join(rows) + "\n\n"
        "dummy: the training mean. baseline: ridge on "
        f"{', '.join(trained.config.baseline)}. {_kinship(trained)}"
    )


def _kinship(trained: Trained) -> str:
    kind = trained.predictor.provenance.group_kind
    shares = [f"{score['with_kin']:.0%} of {split}" for split, score in trained.scores.items()]
    if not any(score["with_kin"] for score in trained.scores.values()):
        return f"Whole groups ({kind}) are held out."
    return (
        f"The split is the published one: {', '.join(shares)} share a {kind} with a training cell."
    )


def _score_row(split: str, score: Mapping[str, float]) -> str:
    return (
        f"| {split} | {score['n_cells']:.0f} | {score['rmse']:.3g} | {score['mape']:.1%} | "
        f"{score['rmse_scale']:.3f} | {score['c_index']:.2f} | "
        f"{score['coverage']:.0%} (of {score['level']:.0%}) | {score['width']:.0%} | "
        f"{score['flagged']:.0%} |"
    )


def _baseline_row(name: str, score: Mapping[str, float]) -> str:
    return (
        f"| · {name} | | {score[f'rmse_{name}']:.3g} | {score[f'mape_{name}']:.1%} | "
        f"{score[f'rmse_scale_{name}']:.3f} | | | | |"
    )


def _choice(trained: Trained) -> str:
    rows = [
        f"| {'**' + label + '**' if label == trained.champion.label else label} | {rmse:.4f} |"
        for label, rmse in sorted(trained.selection.items(), key=lambda item: item[1])
    ]
    table = "\n".join(["| candidate | cross-validated RMSE |", "|---|---|", *rows])
    why = "Lowest grouped cross-validated RMSE on training cells only."
    return f"## Why this model\n\n{why}\n\n{table}"


def _diagnosis(trained: Trained) -> str:
    """Return learning curve and importance, both measured on groups held out."""
    curve = trained.diagnosis.learning_curve
    if not curve:
        return "## What the error is owed to\n\nToo few groups to tell."
    points = ", ".join(f"{rmse:.3f} from {n_groups} groups" for n_groups, rmse in curve.items())
    ranked = sorted(trained.diagnosis.importance.items(), key=lambda item: -item[1])
    rows = [f"| `{name}` | {rise:.4f} |" for name, rise in ranked]
    head = ["| shuffled among held-out cells | rise of RMSE |", "|---|---|"]
    table = "\n".join([*head, *rows])
    return f"## What the error is owed to\n\nLearning curve: RMSE {points}.\n\n{table}"


def _descriptors(trained: Trained) -> str:
    rows = [
        f"| `{each.name}` | {each.version} | {each.summary} | {each.source} |"
        for each in select(trained.predictor.descriptor_versions)
    ]
    return "\n".join(
        ["## Descriptors", "", "| name | version | what | source |", "|---|---|---|---|", *rows]
    )
