from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from training.split_panels import coverage_panel, parity_panel, residual_panel


def drawn(draw, run, **changes):
    """Return the panel of a run's only split."""
    (part,) = run.held_out
    panel = Figure().subplots()
    draw(panel, replace(part, **changes), run)
    panel.legend()
    return panel


def labels_of(panel):
    return [text.get_text() for text in panel.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("draw", "metric"), [(parity_panel, "rmse"), (residual_panel, "rmse_scale")]
)
def test_an_error_never_stands_without_the_dummys_and_the_number_of_cells(trained, draw, metric):
    score = trained.scores["recipes held out"]
    told = drawn(draw, trained).get_title()
    assert "40 cells" in told
    assert f"{score[metric]:.3g} (dummy {score[f'{metric}_dummy']:.3g}" in told


def test_every_cell_is_in_the_picture_or_said_to_be_left_out(trained):
    """A stopped test has no error; it is counted where it is not drawn."""
    is_stopped = np.arange(40) % 3 == 0
    errors = drawn(residual_panel, trained, is_censored=is_stopped)
    assert "14 stopped tests left out" in errors.get_title()
    labels = labels_of(drawn(parity_panel, trained, is_censored=is_stopped))
    counts = [int(label[:-1].split("(")[1]) for label in labels if "(" in label]
    assert sum(counts) == 40
    assert "at least, test stopped (14)" in labels


def test_coverage_is_held_against_what_was_promised(trained):
    panel = drawn(coverage_panel, trained)
    assert "as promised" in labels_of(panel)
    assert panel.get_xlim() == (0, 1)
