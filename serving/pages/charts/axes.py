"""Axes: from a quantity to a place on paper, with ticks at round values."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

from models.scales import scale_of
from serving.pages.charts.svg import group, tag
from serving.pages.templating import number

Array = NDArray[np.float64]
#: Efficiencies at which the axis of CE has its ticks; they lie evenly on the lce scale.
CE_TICKS = (0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 0.99999)
#: No cell is drawn closer to a perfect efficiency than this.
HIGHEST_CE = 1 - 1e-6
#: Labels closer than this many units of paper would touch.
LEAST_APART = 34.0
#: Ticks are rounded to so many decimals; those that are closer would be one.
DECIMALS = 12
#: Width of a character of a label.
CHARACTER = 6.2


@dataclass(frozen=True)
class Axis:
    """One axis of a chart.

    Attributes
    ----------
    scale : str
        As in ``models.scales``: linear, log10 or lce.
    low, high : float
        Its ends, in the quantity's unit.
    begin, end : float
        Where these lie on paper.
    """

    scale: str
    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value lies on paper; beyond the ends it lies at the end."""
        low, high = self._forward(self.low), self._forward(self.high)
        inside = min(max(value, self.low), self.high)
        share = (self._forward(inside) - low) / ((high - low) or 1.0)
        return self.begin + min(max(share, 0.0), 1.0) * (self.end - self.begin)

    def holds(self, value: float) -> bool:
        """Tell whether a value lies between the ends."""
        return self.low <= value <= self.high

    def ticks(self, least_apart: float = LEAST_APART) -> list[float]:
        """Return round values between the ends, none too close to the next on paper."""
        kept: list[float] = []
        for tick in _candidates(self, least_apart):
            if not kept or abs(self.at(tick) - self.at(kept[-1])) >= least_apart:
                kept.append(tick)
        return kept

    def _forward(self, value: float) -> float:
        return float(_forward(self.scale)(np.asarray(value, dtype=float)))


def axis_over(
    values: ArrayLike, scale: str, begin: float, end: float, margin: float = 0.06
) -> Axis:
    """Return an axis that holds values, with some room at both ends."""
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite) & ((finite > 0) | (scale != "log10"))]
    places = _forward(scale)(finite if finite.size else np.array([1.0]))
    low, high = float(places.min()), float(places.max())
    room = margin * (high - low) if high > low else max(abs(high) * margin, 0.05)
    back = _inverse(scale)
    return Axis(scale, float(back(low - room)), float(back(high + room)), begin, end)


def below(axis: Axis, y: float, name: str, write: Callable[[float], str] = number) -> Markup:
    """Return a horizontal axis at a height: line, ticks, their values, and its name."""
    parts = [tag("line", x1=axis.begin, x2=axis.end, y1=y, y2=y, class_="axis")]
    free_from = -1e9
    for tick in axis.ticks():
        x, half = axis.at(tick), CHARACTER * len(write(tick)) / 2
        if x - half < free_from:
            continue
        free_from = x + half + CHARACTER
        parts.append(tag("line", x1=x, x2=x, y1=y, y2=y + 4, class_="axis"))
        parts.append(tag("text", write(tick), x=x, y=y + 15, class_="tick", text_anchor="middle"))
    middle = (axis.begin + axis.end) / 2
    parts.append(tag("text", name, x=middle, y=y + 29, class_="name", text_anchor="middle"))
    return group(parts)


def left(axis: Axis, x: float, name: str, write: Callable[[float], str] = number) -> Markup:
    """Return a vertical axis at the left: line, ticks, their values, and its name above."""
    parts = [tag("line", x1=x, x2=x, y1=axis.begin, y2=axis.end, class_="axis")]
    for tick in axis.ticks(18.0):
        y = axis.at(tick)
        parts.append(tag("line", x1=x - 4, x2=x, y1=y, y2=y, class_="axis"))
        parts.append(tag("text", write(tick), x=x - 6, y=y + 4, class_="tick", text_anchor="end"))
    top = min(axis.begin, axis.end) - 7
    parts.append(tag("text", name, x=4, y=top, class_="name"))
    return group(parts)


def percent(value: float) -> str:
    """Return a fraction in percent, with no more digits than it has."""
    return number(100 * value, 6)


def si(value: float) -> str:
    """Return a number with the prefix of its thousands.

    Examples
    --------
    >>> si(1000000.0), si(20000.0), si(0.1)
    ('1M', '20k', '0.1')
    """
    for factor, prefix in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{number(value / factor)}{prefix}"
    return number(value)


def _candidates(axis: Axis, least_apart: float) -> Iterable[float]:
    if axis.scale == "lce":
        return [tick for tick in CE_TICKS if axis.holds(tick)] or [axis.low, axis.high]
    if axis.scale == "log10":
        return _log_ticks(axis, least_apart)
    return _even_ticks(axis, least_apart)


def _even_ticks(axis: Axis, least_apart: float) -> list[float]:
    span = axis.high - axis.low
    wanted = max(2.0, abs(axis.end - axis.begin) / (1.6 * least_apart))
    if not span / wanted > 10.0**-DECIMALS:
        return [axis.low]
    power = 10.0 ** math.floor(math.log10(span / wanted))
    steps = [power * each for each in (0.5, 1, 2, 5, 10)]
    fitting = next(row for row, step in enumerate(steps) if row and span / step <= wanted)
    ticks = _multiples(axis, steps[fitting])
    return ticks if len(ticks) > 1 else _multiples(axis, steps[fitting - 1])


def _multiples(axis: Axis, step: float) -> list[float]:
    first, last = math.ceil(axis.low / step), math.floor(axis.high / step)
    return [round(n * step, DECIMALS) for n in range(first, last + 1)]


def _log_ticks(axis: Axis, least_apart: float) -> list[float]:
    low, high = math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high))
    decades = [10.0**power for power in range(low, high + 1)]
    is_wide = high - low > 3
    steps: Sequence[int] = (1,) if is_wide else (1, 2, 5)
    found = [decade * step for decade in decades for step in steps]
    inside = [tick for tick in found if axis.holds(tick)]
    return inside if len(inside) > 1 else _even_ticks(axis, least_apart)


def _forward(scale: str) -> Callable[[Array], Array]:
    forward = scale_of(scale).forward
    if scale == "lce":
        return lambda values: forward(np.minimum(values, HIGHEST_CE))
    return forward


def _inverse(scale: str) -> Callable[[float], float]:
    inverse = scale_of(scale).inverse
    return lambda place: float(inverse(np.asarray(place, dtype=float)))
