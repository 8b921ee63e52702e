"""All that a run leaves behind as files: bundle, held-out answers, plots, model card."""

from pathlib import Path

from training.card import model_card
from training.fit import Trained
from training.held_out_file import FILE, Contender, write_contender
from training.plots import (
    coverage_plot,
    importance_plot,
    learning_curve_plot,
    parity_plot,
    residual_plot,
)

BUNDLE = "bundle"
PLOTS = {
    "parity.png": parity_plot,
    "residuals.png": residual_plot,
    "coverage.png": coverage_plot,
    "learning_curve.png": learning_curve_plot,
    "importance.png": importance_plot,
}


def write_artefacts(trained: Trained, folder: Path) -> str:
    """Write all files of a run into a folder and return the SHA-256 of its bundle."""
    sha256 = trained.predictor.save(folder / BUNDLE)
    write_contender(contender(trained), folder / FILE)
    (folder / "model_card.md").write_text(model_card(trained))
    for name, plot in PLOTS.items():
        plot(trained, folder / name)
    return sha256


def contender(trained: Trained, name: str | None = None) -> Contender:
    """Return a run as the gate sees it."""
    task = trained.predictor.task
    return Contender(
        name=name or task.name,
        target=task.target,
        scale=task.scale,
        model=task.model,
        n_descriptors=len(trained.champion.descriptors),
        held_out=trained.held_out,
    )
