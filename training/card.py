"""The model card: what a predictor is for, what it scored, beside what; in Markdown."""

from collections.abc import Mapping

from features.registry import select
from training.fit import Trained

INTENDED_USE = {
    "coulombic_efficiency": "Estimate the Coulombic efficiency of a lithium-metal cell before or "
    "early in its test, to choose what to make or measure next.",
    "cycle_life": "Estimate how many cycles a cell will last, to choose what to make or "
    "measure next.",
}


def model_card(trained: Trained) -> str:
    """Return the card of a run in Markdown."""
    parts = [
        _heading(trained),
        _data(trained),
        _scores(trained),
        _choice(trained),
        _descriptors(trained),
    ]
    return "\n\n".join(parts) + "\n"


def _heading(trained: Trained) -> str:
    task = trained.predictor.task
    window = trained.predictor.n_cycles
    seen = "the recipe alone" if window is None else f"the recipe and the first {window} cycles"
    return (
        f"# {task.name}\n\n{INTENDED_USE[task.target]}\n\n"
        f"Predicts {task.target} in {task.unit} from {seen}, learnt as {task.scale}, "
        f"by {task.model}. Not for cells outside its domain: every reply says whether a cell "
        f"lies inside."
    )


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
    return (
        f"## Trained on\n\n{learnt.cohort}: {learnt.n_cells} cells ({kinds}) "
        f"in {learnt.n_groups} groups ({learnt.group_kind}); {', '.join(learnt.cell_types)}."
        f"{left_out} Cite: {learnt.citation}. "
        f"Data SHA-256 `{learnt.data_sha256}`.{simulated}"
    )


def _scores(trained: Trained) -> str:
    task = trained.predictor.task
    columns = [
        "split",
        "cells",
        f"RMSE ({task.unit})",
        "relative error",
        f"RMSE ({task.scale})",
        "90 % interval covers",
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
        f"{score['rmse_scale']:.3f} | {score['coverage']:.0%} | {score['width']:.0%} | "
        f"{score['flagged']:.0%} |"
    )


def _baseline_row(name: str, score: Mapping[str, float]) -> str:
    return (
        f"| · {name} | | {score[f'rmse_{name}']:.3g} | {score[f'mape_{name}']:.1%} | "
        f"{score[f'rmse_scale_{name}']:.3f} | | | |"
    )


def _choice(trained: Trained) -> str:
    rows = [
        f"| {'**' + label + '**' if label == trained.champion.label else label} | {rmse:.4f} |"
        for label, rmse in sorted(trained.selection.items(), key=lambda item: item[1])
    ]
    table = "\n".join(["| candidate | cross-validated RMSE |", "|---|---|", *rows])
    why = "Lowest grouped cross-validated RMSE on training cells only."
    return f"## Why this model\n\n{why}\n\n{table}"


def _descriptors(trained: Trained) -> str:
    rows = [
        f"| `{each.name}` | {each.version} | {each.summary} | {each.source} |"
        for each in select(trained.predictor.descriptor_versions)
    ]
    return "\n".join(
        ["## Descriptors", "", "| name | version | what | source |", "|---|---|---|---|", *rows]
    )
