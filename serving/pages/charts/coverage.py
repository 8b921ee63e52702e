"""Whether intervals hold what they promise: the share of held-out cells inside, split by split."""

from collections.abc import Sequence

from markupsafe import Markup

from serving.pages.charts.axes import Axis, below, percent
from serving.pages.charts.svg import WIDTH, drawing, tag
from serving.pages.shown import Score

LEFT = 150.0


def coverage_chart(scores: Sequence[Score]) -> Markup:
    """Return what was promised as a line and what was held as a dot, empty without either.

    Two standard deviations of chance are drawn as a bar: a dot may stray so far.
    """
    told = [each for each in scores if each.coverage is not None and each.level is not None]
    if not told:
        return Markup()
    lowest = min([0.6, *(each.coverage or 0.0 for each in told)])
    axis = Axis("linear", lowest, 1.0, LEFT, WIDTH - 20)
    parts = []
    for row, each in enumerate(told):
        y = 16.0 + 22 * row
        level, held = each.level or 0.0, each.coverage or 0.0
        chance = 2 * (level * (1 - level) / max(each.n_cells or 1.0, 1.0)) ** 0.5
        low, high = axis.at(level - chance), axis.at(level + chance)
        parts += [
            tag("text", each.split[:26], x=0, y=y + 4, class_="row"),
            tag("rect", x=low, y=y - 6, width=high - low, height=12, class_="interval"),
            tag("line", x1=axis.at(level), x2=axis.at(level), y1=y - 8, y2=y + 8, class_="bound"),
            tag("circle", cx=axis.at(held), cy=y, r=4.5, class_="near"),
        ]
    base = 10.0 + 22 * len(told)
    parts.append(below(axis, base, "held-out cells inside their interval / %", percent))
    words = "; ".join(
        f"{s.split}: {percent(s.coverage or 0)} of {percent(s.level or 0)} %" for s in told
    )
    return drawing(parts, base + 36, "Coverage", words)
