"""How a coating was sputtered, read from the words of its process.

A process reads "sputtering, 40 W, 120 s, 6 rpm"; other words may stand between.
"""

import re

import numpy as np

from features.errors import NotMeasured
from features.records import Cell
from features.registry import descriptor

NUMBER = r"(\d+(?:\.\d+)?) ?"
SECONDS_PER_MINUTE = 60.0


@descriptor(version=1, source="own")
def log10_sputter_power_W(cell: Cell) -> float:
    """Return log10 of the power of sputtering."""
    return _log10_stated(cell, "W", "power")


@descriptor(version=1, source="own")
def log10_sputter_time_s(cell: Cell) -> float:
    """Return log10 of the time of sputtering."""
    return _log10_stated(cell, "s", "time")


@descriptor(version=1, source="own")
def substrate_rotation_Hz(cell: Cell) -> float:
    """Return how fast the substrate turns while sputtered, in turns per second."""
    return _stated(cell, "rpm", "rotation") / SECONDS_PER_MINUTE


def _log10_stated(cell: Cell, unit: str, what: str) -> float:
    value = _stated(cell, unit, what)
    if not value > 0:
        raise NotMeasured(f"the {what} of sputtering is stated as {value:g} {unit}")
    return float(np.log10(value))


def _stated(cell: Cell, unit: str, what: str) -> float:
    coating = cell.recipe.coating
    process = (coating.process if coating is not None else None) or ""
    if "sputter" not in process.lower():
        raise NotMeasured("no coating by sputtering is stated")
    found = re.search(rf"\b{NUMBER}{unit}\b", process)
    if found is None:
        raise NotMeasured(f"the process states no {what} of sputtering in {unit}")
    return float(found[1])
