import itertools

import numpy as np
import pytest

import models.absence
from models.absence import HeldOutErrors
from models.scales import scale_of


@pytest.fixture
def errors(ridge_predictor):
    predictor = ridge_predictor
    return HeldOutErrors(
        predictor.model, predictor.interval, predictor.cells, scale_of(predictor.task.scale)
    )


def test_nothing_missing_leaves_the_errors_as_they_are(errors, ridge_predictor):
    ((rows, residual),) = errors.by_absence(ridge_predictor.cells.descriptors[:3])
    assert rows.tolist() == [0, 1, 2]
    assert residual is ridge_predictor.interval.residual


@pytest.mark.parametrize("column", [0, 1, 2])
def test_no_error_ever_shrinks_for_what_is_missing(errors, ridge_predictor, column):
    row = ridge_predictor.cells.descriptors[:1].copy()
    row[0, column] = np.nan
    ((_, residual),) = errors.by_absence(row)
    assert (residual >= ridge_predictor.interval.residual).all()


def test_the_loss_of_what_decides_costs_most(errors, ridge_predictor):
    """Life falls with the current density in these cells, and with nothing else."""
    means = []
    for column in range(3):
        row = ridge_predictor.cells.descriptors[:1].copy()
        row[0, column] = np.nan
        means.append(next(iter(errors.by_absence(row)))[1].mean())
    assert means[0] > 3 * max(means[1:])


def test_rows_that_lack_the_same_are_worked_on_together(errors, ridge_predictor):
    X = ridge_predictor.cells.descriptors[:4].copy()
    X[1::2, 0] = np.nan
    X[:, 2] = 3.0
    assert sorted(rows.tolist() for rows, _ in errors.by_absence(X)) == [[0, 2], [1, 3]]


def test_whoever_sends_many_patterns_fills_no_memory(errors, ridge_predictor, monkeypatch):
    monkeypatch.setattr(models.absence, "MOST_PATTERNS", 2)
    for lacking in itertools.product([False, True], repeat=3):
        row = np.where(lacking, np.nan, ridge_predictor.cells.descriptors[:1])
        list(errors.by_absence(row))
    assert len(errors._known) <= 2
