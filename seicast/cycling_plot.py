"""A picture of a cell's cycling: voltage profiles, efficiency, hysteresis, capacity, flags."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from features.errors import NotMeasured
from features.records import Cell
from serving.pages.curves import cycle_columns, profiles

#: Profiles over all, efficiency beside hysteresis, capacity below.
MOSAIC = "VV;CH;QQ"
#: Column of the table of cycles -> panel, name, factor.
PANELS = {
    "ce": ("C", "CE (%)", 100.0),
    "hysteresis_mV": ("H", "hysteresis (mV)", 1.0),
    "capacity": ("Q", "capacity given back", 1.0),
}


def cycling_plot(cell: Cell, path: Path) -> None:
    """Write a PNG of what the page of a cell draws of its cycling.

    Raises
    ------
    NotMeasured
        If the cell has no cycling, or not one finished cycle.
    """
    if cell.cycling is None:
        raise NotMeasured(
            f"Cell '{cell.cell_id}' has no cycling to draw; send its file with --cycling."
        )
    curves, cycles = profiles(cell), cycle_columns(cell)
    figure = Figure(figsize=(9.6, 9.6), layout="constrained")
    panels = figure.subplot_mosaic(MOSAIC, height_ratios=[1.6, 1, 1])
    _profiles(panels["V"], curves)
    for name, (place, words, factor) in PANELS.items():
        _column(panels[place], cycles, name, words, factor)
    panels["Q"].set_ylabel(f"capacity given back ({cycles['capacity_name']})")
    figure.suptitle(cell.cell_id, fontsize=11)
    figure.savefig(path, dpi=120)


def _profiles(panel: Axes, found: Mapping[str, Any]) -> None:
    shades = colormaps["viridis"](np.linspace(0.0, 0.85, len(found["series"])))
    for shade, each in zip(shades, found["series"], strict=True):
        panel.plot(found["x"], _numbers(each["out"]), lw=1.2, color=shade, label=each["name"])
        if each["back"] is not None:
            panel.plot(found["x"], _numbers(each["back"]), "--", lw=1.2, color=shade)
    out, back = found["halves"]
    panel.set_xlabel(found["x_name"])
    panel.set_ylabel(found["y_name"])
    panel.set_title(f"lines: {out}{f'; dashes: {back}' if back else ''}", fontsize=9)
    panel.legend(fontsize=8, ncols=2)


def _column(panel: Axes, found: Mapping[str, Any], name: str, words: str, factor: float) -> None:
    """Draw a column of the table of cycles, flagged cycles in a ring; say where there is none."""
    panel.set_xlabel("cycle")
    panel.set_ylabel(words)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if name not in found["columns"]:
        panel.text(0.5, 0.5, "not measured", ha="center", transform=panel.transAxes)
        return
    cycle = np.array(found["cycle"])
    panel.set_xlim(cycle[0] - 1, cycle[-1] + 1)
    values = factor * _numbers(found["columns"][name])
    panel.plot(cycle, values, ".-", lw=0.8, ms=4)
    is_flagged = np.isin(cycle, [flag["cycle"] for flag in found["flags"]])
    if is_flagged.any():
        style: dict[str, Any] = {"ms": 9, "mfc": "none", "color": "C3", "label": "flagged"}
        panel.plot(cycle[is_flagged], values[is_flagged], "o", **style)
        panel.legend(fontsize=8)


def _numbers(values: object) -> Any:
    return np.array(values, dtype=float)
