from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from training.plot_axes import AXES, efficiency_axes, learning_unit, log_axes


@pytest.fixture
def panel():
    panel = Figure().subplots()
    panel.plot([0.5, 0.999], [0.5, 0.999])
    return panel


def places_of(panel, values):
    return [panel.transData.transform((value, value)) for value in values]


def test_efficiencies_are_spread_as_they_are_learnt(panel):
    """Half the loss is as far everywhere; on an even axis good coatings lie in one corner."""
    efficiency_axes(panel)
    first, second = np.diff(places_of(panel, (0.9, 0.95, 0.975)), axis=0)
    assert first == pytest.approx(second)


def test_an_efficiency_of_one_has_its_place(panel):
    efficiency_axes(panel)
    assert np.isfinite(places_of(panel, [1.0])).all()


def test_a_doubling_is_as_far_everywhere_on_a_logarithmic_axis(panel):
    log_axes(panel)
    first, second = np.diff(places_of(panel, (10.0, 20.0, 40.0)), axis=0)
    assert first == pytest.approx(second)


def test_a_unit_says_what_is_learnt(trained, trained_on_split):
    predictor = trained.predictor
    units = {
        scale: learning_unit(
            replace(
                trained, predictor=replace(predictor, task=replace(predictor.task, scale=scale))
            )
        )
        for scale in (*AXES, "identity")
    }
    unit = predictor.task.unit
    assert units == {"log10": f"log10({unit})", "lce": "lce = -log10(1 - CE)", "identity": unit}
