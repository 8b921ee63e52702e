"""Axes of the plots of a run: spread as a target is learnt, and named by its unit."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import (
    FixedLocator,
    FormatStrFormatter,
    LogLocator,
    NullFormatter,
    NullLocator,
)

from models.scales import scale_of
from training.fit import Trained
from training.target import Array

#: Efficiencies written at an axis: evenly spread in log10(1 - CE).
CE_TICKS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
#: No cycler tells a smaller loss per cycle; an axis would have no end.
LEAST_LOSS = 1e-6


def learning_unit(trained: Trained) -> str:
    """Return what the learning scale measures, such as log10(cycles)."""
    unit = trained.predictor.task.unit
    names = {"log10": f"log10({unit})", "lce": "lce = -log10(1 - CE)"}
    return names.get(trained.predictor.task.scale, unit)


def log_axes(panel: Axes) -> None:
    """Make both axes logarithmic, with ticks at 1, 2, 5 written out."""
    panel.set_xscale("log")
    panel.set_yscale("log")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set_minor_formatter(NullFormatter())


def efficiency_axes(panel: Axes) -> None:
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
AXES: dict[str, Callable[[Axes], None]] = {"log10": log_axes, "lce": efficiency_axes}
