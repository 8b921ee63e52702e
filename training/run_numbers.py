"""What is logged of a run: parameters and metrics, and those of its candidates and folds."""

from dataclasses import dataclass

from models.scales import scale_of
from training.evaluation import scores
from training.fit import Trained


@dataclass(frozen=True)
class Child:
    """A candidate or an outer fold, which is logged as a run below the run."""

    name: str
    metrics: dict[str, float]
    parameters: dict[str, str]


def children_of(trained: Trained) -> list[Child]:
    """Return every candidate, then every outer fold."""
    scale = scale_of(trained.predictor.task.scale)
    of_candidates = [
        Child(f"candidate {label}", {"cv_rmse_scale": rmse}, {"candidate": label})
        for label, rmse in trained.selection.items()
    ]
    of_folds = [
        Child(
            f"{fold.split}, fold {fold.number}",
            scores(fold.held_out, scale),
            {"champion": fold.champion.label},
        )
        for fold in trained.folds
    ]
    return of_candidates + of_folds


def metrics_of(trained: Trained) -> dict[str, float]:
    """Return cross-validated and held-out scores by name."""
    cross_validated = {f"cv_rmse_scale/{label}": rmse for label, rmse in trained.selection.items()}
    held_out = {
        f"{split.replace(' ', '_')}/{metric}": value
        for split, score in trained.scores.items()
        for metric, value in score.items()
    }
    return cross_validated | held_out


def parameters_of(trained: Trained) -> dict[str, str]:
    """Return all that decided the run, as text."""
    learnt = trained.predictor.provenance
    config = {key: str(value) for key, value in trained.config.model_dump().items()}
    versions = ", ".join(
        f"{name} v{v}" for name, v in trained.predictor.descriptor_versions.items()
    )
    return config | {
        "tier": trained.config.tier,
        "champion": trained.champion.label,
        "descriptor_versions": versions,
        "data_sha256": learnt.data_sha256,
        "n_cells": str(learnt.n_cells),
        "n_groups": str(learnt.n_groups),
        "kinds": str(dict(learnt.kinds)),
    }
