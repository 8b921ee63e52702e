"""A recipe with one quantity varied, and what is to be expected along the way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.table import Table

from features.errors import InvalidSetting
from features.records import Cell
from seicast.printing import OUTSIDE, console
from serving.answers import predictions_of
from serving.champions import Champions
from serving.pages.predict import SWEEPS, swept_values
from serving.pages.templating import quantity
from serving.replies import PredictionOut
from serving.vagueness import vagueness_of


@dataclass(frozen=True)
class Sweep:
    """Answers for one recipe with one quantity varied.

    Attributes
    ----------
    name : str
        Of the quantity, with its unit.
    values : sequence of float
    predictions : sequence of sequences of PredictionOut
        For each value, one for each target.
    cannot_say : sequence of sequences of str
        Likewise; why an answer is no number to go by, empty where it is one.
    """

    name: str
    values: Sequence[float]
    predictions: Sequence[Sequence[PredictionOut]]
    cannot_say: Sequence[Sequence[str]]


def swept(
    cell: Cell, text: str, champions: Champions, *, level: float | None, model: str | None
) -> Sweep:
    """Return answers for a cell's recipe along a sweep.

    Parameters
    ----------
    cell : Cell
    text : str
        What is varied, and perhaps from where to where: ``thickness_nm=50:10000``.
    champions : Champions
    level : float or None
        Of the intervals; None for each model's own, see ``models.interval``.
    model : str or None
        Ask this one alone.
    """
    name, low, high = _asked(text)
    values = swept_values(name, low, high)
    cells = [_with(cell, name, value) for value in values]
    reply = predictions_of(cells, champions, level=level, model=model)
    found = [each.predictions for each in reply.cells]
    vague = [[vagueness_of(answer, champions) for answer in row] for row in found]
    return Sweep(name, values, found, vague)


def show_sweep(found: Sweep) -> None:
    """Print a table for each target, a row a value, and why some of them say nothing."""
    columns = (zip(*each, strict=True) for each in (found.predictions, found.cannot_say))
    for answers, vague in zip(*columns, strict=True):
        target = answers[0].target
        table = Table(found.name, "value", "interval", "", title=target)
        for value, each, why in zip(found.values, answers, vague, strict=True):
            bounds = [quantity(bound, each.unit) for bound in (each.lower, each.upper)]
            verdict = ("cannot say" if why else "", "" if each.in_domain else OUTSIDE)
            table.add_row(
                f"{value:g}",
                quantity(each.value, each.unit),
                " to ".join(bounds),
                ", ".join(filter(None, verdict)),
            )
        console.print(table)
        for why, count in Counter(filter(None, vague)).items():
            where = f"at {count} of {len(answers)} values"
            console.print(f"{target}: cannot say {where}: {why}", markup=False)


def _asked(text: str) -> tuple[str, float, float]:
    name, _, ends = text.partition("=")
    if name not in SWEEPS:
        raise InvalidSetting(f"'{name}' cannot be varied; choose one of {', '.join(SWEEPS)}.")
    if not ends:
        return (name, *SWEEPS[name][2])
    low, _, high = ends.partition(":")
    try:
        return name, float(low), float(high)
    except ValueError:
        raise InvalidSetting(
            f"'{ends}' is no range; write it as {name}=LOW:HIGH, such as {name}="
            f"{SWEEPS[name][2][0]:g}:{SWEEPS[name][2][1]:g}."
        ) from None


def _with(cell: Cell, name: str, value: float) -> Cell:
    """Return a copy of a cell with one quantity of its own."""
    recipe = cell.recipe
    if name != "thickness_nm":
        varied: dict[str, Any] = {name: value}
        return replace(cell, recipe=replace(recipe, protocol=replace(recipe.protocol, **varied)))
    if recipe.coating is None or recipe.coating.is_bare:
        raise InvalidSetting(
            f"Cell '{cell.cell_id}' states no coating whose thickness could vary; name its phases."
        )
    return replace(
        cell, recipe=replace(recipe, coating=replace(recipe.coating, thickness_nm=value))
    )
