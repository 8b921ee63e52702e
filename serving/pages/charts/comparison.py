"""Cells side by side: replicates as points, medians as bars, published pairs as lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from serving.pages.charts.axes import axis_over, left
from serving.pages.charts.predictions import axis_name, writer
from serving.pages.charts.svg import drawing, group, tag
from serving.pages.templating import quantity

TOP, BASE = 26.0, 196.0
#: Where the columns stand: control, coated, published control, published coated.
PLACES = (104.0, 196.0, 288.0, 376.0)
NAMES = ("control", "coated", "published", "published")
SPREAD = 26.0


@dataclass(frozen=True)
class Point:
    """One cell; ``is_bound`` where its value is a lower bound, ``is_suspect`` where it shorts."""

    name: str
    value: float
    is_bound: bool = False
    is_suspect: bool = False


def comparison_chart(
    title: str,
    unit: str,
    scale: str,
    sides: Sequence[Sequence[Point]],
    pairs: Sequence[tuple[Point, Point]],
) -> Markup:
    """Return control and coated cells as columns of points, published pairs beside.

    Parameters
    ----------
    title, unit, scale : str
    sides : sequence of sequence of Point
        Control and coated.
    pairs : sequence of (Point, Point)
        Published control and coating.
    """
    columns = [*sides, [one for one, _ in pairs], [other for _, other in pairs]]
    values = [min(point.value, 1 - 1e-5) if scale == "lce" else point.value
              for column in columns for point in column]  # fmt: skip
    y = axis_over(values, scale, BASE, TOP)
    parts = [left(y, 56.0, axis_name(title, unit), writer(unit))]
    for one, other in pairs:
        parts.append(
            tag("line", x1=PLACES[2], y1=y.at(one.value), x2=PLACES[3], y2=y.at(other.value),
                class_="join")
        )  # fmt: skip
    for place, (x, name, column) in enumerate(zip(PLACES, NAMES, columns, strict=True)):
        if not column and place > 1:
            continue
        shade = "s1" if place % 2 == 0 else "s0"
        parts.append(tag("text", name, x=x, y=BASE + 18, class_="tick", text_anchor="middle"))
        kind = ("", "", "bare, ", "coated, ")[place]
        parts.append(tag("text", kind + _count(column), x=x, y=BASE + 32, class_="tick",
                         text_anchor="middle"))  # fmt: skip
        spread = SPREAD if place < 2 else 0.0
        parts.append(group(_dots(column, x, y.at, spread), class_=shade))
        healthy = [point.value for point in column if not point.is_suspect]
        if place < 2 and healthy:
            at = y.at(float(np.median(healthy)))
            bar = tag("line", x1=x - 34, x2=x + 34, y1=at, y2=at, class_="median")
            parts.append(group([bar], class_=shade))
    told = "; ".join(
        f"{name}: " + ", ".join(quantity(point.value, unit) for point in column)
        for name, column in zip(NAMES, columns, strict=True)
        if column
    )
    return drawing(parts, BASE + 40, title, told)


def _dots(
    column: Sequence[Point], x: float, at: Callable[[float], float], spread: float
) -> list[Markup]:
    offsets = np.linspace(-spread, spread, len(column)) if len(column) > 1 else np.zeros(1)
    dots = []
    for point, offset in zip(column, offsets, strict=False):
        cx, cy = x + float(offset), at(point.value)
        told = tag("title", f"{point.name}{', at least' if point.is_bound else ''}"
                            f"{', soft short suspected' if point.is_suspect else ''}")  # fmt: skip
        if point.is_suspect:
            cross = f"M{cx - 4:.2f} {cy - 4:.2f}l8 8m0 -8l-8 8"
            dots.append(tag("path", told, d=cross, class_="censored"))
        elif point.is_bound:
            arrow = f"M{cx - 4.5:.2f} {cy + 3:.2f}l9 0l-4.5 -8z"
            dots.append(tag("path", told, d=arrow, class_="censored"))
        else:
            dots.append(tag("circle", told, cx=cx, cy=cy, r=4, class_="dot"))
    return dots


def _count(column: Sequence[Point]) -> str:
    return f"{len(column)} cell{'' if len(column) == 1 else 's'}"
