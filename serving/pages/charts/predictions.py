"""Charts of an answer: its interval among the training cells, what moved it, a sweep."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from models.training_cells import TrainingCells
from serving.pages.charts.axes import Axis, axis_over, below, left, percent
from serving.pages.charts.svg import WIDTH, drawing, group, polyline, tag
from serving.pages.templating import in_words, number, plainly, quantity
from serving.replies import PredictionOut

Array = NDArray[np.float64]
N_BINS = 40
#: Contributions shown one by one; the rest are added up.
MOST_BARS = 8
#: Pieces of a curve, by how little they say.
KINDS = ("", "outside", "vague")
BEGIN, END = 74.0, WIDTH - 10
#: Names of tiers are longer, and stand in two lines.
TIERS_BEGIN, TIER_HEIGHT, TIER_LINE = 132.0, 34.0, 14.0


def interval_chart(answer: PredictionOut, cells: TrainingCells) -> Markup:
    """Return an answer's interval drawn under the outcomes of the training cells.

    Parameters
    ----------
    answer : PredictionOut
    cells : TrainingCells
        Of the model that answered.
    """
    nearest = [near.label for near in answer.nearest]
    values = [*cells.labels, *nearest, answer.value, answer.lower, answer.upper]
    axis = axis_over(_bearable(values, answer), answer.scale, BEGIN, END)
    write = writer(answer.unit)
    parts = [
        _histogram(axis, cells.labels, 44.0),
        _row("learnt from", 34.0),
        _row("nearest", 64.0),
        *(_near(axis, near.label, is_censored=near.is_censored) for near in answer.nearest),
        _row("this cell", 90.0),
        _whisker(axis, answer, 86.0),
        below(axis, 106.0, axis_name(answer.target, answer.unit), write),
    ]
    told = (
        f"{quantity(answer.value, answer.unit)}, interval {quantity(answer.lower, answer.unit)} "
        f"to {quantity(answer.upper, answer.unit)}; {len(cells.labels)} training cells lie "
        f"between {quantity(float(cells.labels.min()), answer.unit)} and "
        f"{quantity(float(cells.labels.max()), answer.unit)}"
    )
    return drawing(parts, 142.0, f"Predicted {in_words(answer.target)}", told)


def tier_chart(tiers: Sequence[tuple[str, PredictionOut]], cells: TrainingCells) -> Markup:
    """Return the intervals of several tiers for one cell, under what was learnt from.

    Parameters
    ----------
    tiers : sequence of (str, PredictionOut)
        At least one, the poorest evidence first; what was learnt from stands behind a comma.
    cells : TrainingCells
        Of the model of the last.
    """
    answer = tiers[-1][1]
    bounds = [bound for _, each in tiers for bound in (each.value, each.lower, each.upper)]
    axis = axis_over(_bearable([*cells.labels, *bounds], answer), answer.scale, TIERS_BEGIN, END)
    parts = [_histogram(axis, cells.labels, 44.0), _row("learnt from", 34.0)]
    for row, (tier, each) in enumerate(tiers):
        y = 68.0 + TIER_HEIGHT * row
        evidence, _, learnt_from = tier.partition(", ")
        parts += [_row(evidence, y), _row(learnt_from, y + TIER_LINE), _whisker(axis, each, y)]
    base = 64.0 + TIER_HEIGHT * len(tiers)
    parts.append(below(axis, base, axis_name(answer.target, answer.unit), writer(answer.unit)))
    told = "; ".join(f"{tier}: {quantity(each.value, each.unit)}" for tier, each in tiers)
    return drawing(parts, base + 36, f"{in_words(answer.target)} by evidence", told)


def contribution_chart(answer: PredictionOut) -> Markup:
    """Return bars of what each descriptor adds to the answer for the mean training cell.

    One that the cell lacks may do so too: what stands for it is not the mean.
    """
    bars = _largest(answer.contributions, answer.absent)
    reach = max((abs(each) for _, each in bars), default=0.0) or 1.0
    axis = Axis("linear", -reach, reach, WIDTH - 216, WIDTH - 80)
    zero, parts = axis.at(0.0), []
    for row, (name, added) in enumerate(bars):
        y = 8.0 + 20 * row
        x, width = min(zero, axis.at(added)), abs(axis.at(added) - zero)
        kind = "up" if added > 0 else "down"
        parts += [
            tag("text", _cut(name), tag("title", name), x=0, y=y + 10, class_="row"),
            tag("rect", x=x, y=y, width=width, height=13, class_=f"bar {kind}"),
            tag(
                "text", effect(added, answer.scale), x=WIDTH, y=y + 10, class_="row",
                text_anchor="end",
            ),
        ]  # fmt: skip
    height = 16.0 + 20 * len(bars)
    parts.append(tag("line", x1=zero, x2=zero, y1=4, y2=height - 6, class_="axis"))
    told = "; ".join(f"{name} {effect(added, answer.scale)}" for name, added in bars)
    return drawing(parts, height, "What moved the answer", told or "nothing did")


@dataclass(frozen=True)
class Sweep:
    """Answers for one recipe with one quantity varied.

    Attributes
    ----------
    name, unit : str
        Of the quantity.
    values : sequence of float
    answers : sequence of PredictionOut
        For one target, in the order of the values.
    vague : sequence of str
        Of each answer, why it is no number to go by; empty where it is one.
    """

    name: str
    unit: str
    values: Sequence[float]
    answers: Sequence[PredictionOut]
    vague: Sequence[str]

    @property
    def unsaid(self) -> dict[str, int]:
        """Return why nothing can be said, and at how many values."""
        return Counter(why for why in self.vague if why)


def sweep_chart(sweep: Sweep, own: float | None) -> Markup:
    """Return a curve with its band, dashed outside what was learnt, faint where it says nothing.

    Parameters
    ----------
    sweep : Sweep
    own : float or None
        The recipe's own value, which is marked.
    """
    answers = sweep.answers
    first = answers[0]
    x = axis_over(sweep.values, "log10", 52.0, END, 0.0)
    bounds = [bound for each in answers for bound in (each.lower, each.upper, each.value)]
    y = axis_over(_bearable(bounds, first), first.scale, 190.0, 26.0)
    places = [x.at(value) for value in sweep.values]
    upper = [(p, y.at(each.upper)) for p, each in zip(places, answers, strict=True)]
    lower = [(p, y.at(each.lower)) for p, each in zip(places, answers, strict=True)]
    outline = " ".join(f"{a:.2f},{b:.2f}" for a, b in [*upper, *reversed(lower)])
    parts = [
        tag("polygon", points=outline, class_="band"),
        *_curve(places, [y.at(each.value) for each in answers], sweep),
        below(x, 190.0, f"{sweep.name} / {sweep.unit}"),
        left(y, 52.0, axis_name(first.target, first.unit), writer(first.unit)),
    ]
    if own is not None and x.holds(own):
        at = x.at(own)
        parts.append(tag("line", x1=at, x2=at, y1=26, y2=190, class_="own"))
    told = (
        f"from {quantity(answers[0].value, first.unit)} at {number(sweep.values[0])} to "
        f"{quantity(answers[-1].value, first.unit)} at {number(sweep.values[-1])} {sweep.unit}"
    )
    return drawing(parts, 226.0, f"{in_words(first.target)} against {sweep.name}", told)


def effect(added: float, scale: str) -> str:
    """Return what an addition on the learning scale does to the quantity itself.

    Examples
    --------
    >>> effect(0.1, "log10"), effect(0.1, "lce"), effect(-0.02, "linear")
    ('× 1.26', 'loss × 0.79', '-0.02')
    """
    if scale == "log10":
        return f"× {_factor(10.0**added)}"
    if scale == "lce":
        return f"loss × {_factor(10.0**-added)}"
    return f"{added:+.3g}"


def axis_name(target: str, unit: str) -> str:
    """Return the name of a target's axis with its unit."""
    return f"{in_words(target)} / {'%' if unit == 'fraction' else unit}"


def writer(unit: str) -> Callable[[float], str]:
    """Return how the ticks of a unit are written."""
    return percent if unit == "fraction" else number


def _factor(value: float) -> str:
    return f"{value:.2f}" if 0.1 <= value < 100 else f"{value:.1e}"


def _bearable(values: Sequence[float], answer: PredictionOut) -> list[float]:
    """Return values without those so far out that they would flatten the rest."""
    if answer.scale == "lce":
        return [min(max(value, 0.0), 1 - 1e-5) for value in values]
    if answer.scale != "log10":
        return list(values)
    return [min(max(value, answer.value / 1e3), answer.value * 1e3) for value in values]


def _histogram(axis: Axis, labels: Array, base: float) -> Markup:
    places = np.array([axis.at(float(label)) for label in labels])
    counts, edges = np.histogram(places, N_BINS, (axis.begin, axis.end))
    heights = 34.0 * counts / max(1, counts.max())
    bars = [
        tag("rect", x=float(x) + 0.5, y=base - float(h), width=float(edges[1] - edges[0]) - 1,
            height=float(h), class_="count")
        for x, h in zip(edges, heights, strict=False)
        if h
    ]  # fmt: skip
    return group([*bars, tag("line", x1=axis.begin, x2=axis.end, y1=base, y2=base, class_="thin")])


def _near(axis: Axis, label: float, *, is_censored: bool) -> Markup:
    x, y = axis.at(label), 60.0
    if is_censored:  # alive when the test was stopped: at least so long
        return tag("path", d=f"M{x - 4:.2f} {y - 5}l9 5l-9 5z", class_="near open")
    return tag("circle", cx=x, cy=y, r=4, class_="near")


def _whisker(axis: Axis, answer: PredictionOut, y: float) -> Markup:
    low, high, x = axis.at(answer.lower), axis.at(answer.upper), axis.at(answer.value)
    kind = "inside" if answer.in_domain else "outside"
    return group(
        [
            tag("rect", x=low, y=y - 6, width=max(high - low, 1.0), height=12, class_="interval"),
            tag("line", x1=low, x2=low, y1=y - 8, y2=y + 8, class_="bound"),
            tag("line", x1=high, x2=high, y1=y - 8, y2=y + 8, class_="bound"),
            tag("circle", cx=x, cy=y, r=5.5, class_="value"),
        ],
        class_=kind,
    )


def _row(name: str, y: float) -> Markup:
    return tag("text", name, x=0, y=y, class_="row")


def _largest(
    contributions: Mapping[str, float], absent: Collection[str] = ()
) -> list[tuple[str, float]]:
    moved = sorted(
        (
            (f"without {plainly(name)}" if name in absent else plainly(name), added)
            for name, added in contributions.items()
            if abs(added) > 1e-12
        ),
        key=lambda each: -abs(each[1]),
    )
    rest = moved[MOST_BARS:]
    if not rest:
        return moved
    return [*moved[:MOST_BARS], (f"{len(rest)} others", sum(added for _, added in rest))]


def _curve(places: Sequence[float], heights: Sequence[float], sweep: Sweep) -> list[Markup]:
    """Return the curve in pieces, of the kind of whichever end says less."""
    points = list(zip(places, heights, strict=True))
    kinds = [_kind(*each) for each in zip(sweep.answers, sweep.vague, strict=True)]
    pieces = zip(pairwise(points), pairwise(kinds), strict=True)
    return [
        polyline(ends, class_=f"curve {max(both, key=KINDS.index)}".rstrip())
        for ends, both in pieces
    ]


def _kind(answer: PredictionOut, why: str) -> str:
    if why:
        return "vague"
    return "" if answer.in_domain else "outside"


def _cut(name: str) -> str:
    return name if len(name) <= 36 else f"{name[:35]}…"
