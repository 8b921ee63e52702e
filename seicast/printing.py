"""Replies as tables for a terminal."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table

from features.counting import counted
from features.inspection import Inspection
from features.registry import Descriptor
from serving.replies import CellDescriptors, CellPredictions, ModelCard, PredictionOut

if TYPE_CHECKING:
    from seicast.comparing import Comparison
    from serving.champions import Champions
    from serving.drift_routes import DriftReply

console = Console()
#: Progress is for whoever looks on; what was found is for whoever reads it.
aside = Console(stderr=True)
#: A bar is drawn anew so often at most.
SHOWN_EVERY_S = 0.1
#: Descriptors shown of those that moved an answer.
N_CONTRIBUTIONS = 3
OUTSIDE = "OUTSIDE what it has learnt"
#: How an answer of a unit is written; others are of any size.
FORMATS = {"fraction": ".4f", "cycles": ".0f"}
#: More cycles than these are shown by their ends.
MOST_CYCLES = 12
#: Heading -> (column of the table of cycles, factor).
CYCLE_COLUMNS = {
    "plated mAh": ("plated_Ah", 1000.0),
    "stripped mAh": ("stripped_Ah", 1000.0),
    "CE": ("ce_fraction", 1.0),
    "hysteresis mV": ("hysteresis_mV", 1.0),
    "end V": ("stripping_end_V", 1.0),
}


@contextmanager
def told_aside() -> Iterator[None]:
    """Print what is told on the way where no script looks for JSON."""
    console.stderr = True
    try:
        yield
    finally:
        console.stderr = False


@contextmanager
def counting_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that moves a bar: how many are done, of how many; with rate and rest."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    started = shown = time.monotonic()
    is_quiet = not aside.is_terminal
    # A bar that moves by itself is a thread; workers are copied from processes without (executor).
    with Progress(*columns, console=aside, disable=is_quiet, auto_refresh=False) as bar:
        task = bar.add_task(what, rate="")

        def tell(done: int, total: int) -> None:
            nonlocal shown
            now = time.monotonic()
            is_due = done == total or now - shown >= SHOWN_EVERY_S
            shown = now if is_due else shown
            rate = f"{done / max(now - started, 1e-9):.0f}/s"
            bar.update(task, completed=done, total=total, rate=rate, refresh=is_due)

        yield tell


def show_predictions(
    cells: Sequence[CellPredictions], champions: "Champions | None" = None
) -> None:
    """Print what to expect of each cell, from whom, and whether to trust it.

    Parameters
    ----------
    cells : sequence of CellPredictions
    champions : Champions, optional
        Who answered; with them an interval wider than all they have learnt is told as such.
    """
    for cell in cells:
        vague = [_vagueness(answer, champions) for answer in cell.predictions]
        table = Table("target", "value", "interval", "unit", title=cell.cell_id)
        if any(vague):
            table.add_column("")
        for answer, why in zip(cell.predictions, vague, strict=True):
            table.add_row(*_prediction_row(answer), *(["cannot say"] if why else []))
        console.print(table)
        for answer, why in zip(cell.predictions, vague, strict=True):
            if why:
                console.print(f"{answer.target}: cannot say: {why}", markup=False)
            _show_verdict(answer)


def _vagueness(answer: PredictionOut, champions: "Champions | None") -> str:
    from serving.vagueness import vagueness, vagueness_of  # noqa: PLC0415  loads scikit-learn

    return vagueness(answer, None) if champions is None else vagueness_of(answer, champions)


def _prediction_row(answer: PredictionOut) -> list[str]:
    digits = FORMATS.get(answer.unit, ".4g")
    return [
        answer.target,
        f"{answer.value:{digits}}",
        f"{answer.lower:{digits}} to {answer.upper:{digits}} ({answer.level:.0%})",
        answer.unit,
    ]


def _show_verdict(answer: PredictionOut) -> None:
    verdict = "inside what it has learnt" if answer.in_domain else OUTSIDE
    kinds = ", ".join(f"{count} {kind}" for kind, count in answer.trained_on.kinds.items())
    model = f"{answer.model.name} v{answer.model.version}, trained on {kinds} cells"
    console.print(
        f"{answer.target}: {verdict}. By {model}, from {answer.tier}. {answer.chosen_because}"
    )
    if answer.why_not_richer:
        console.print(f"  not richer: {answer.why_not_richer}", markup=False)
    for note in answer.notes:
        console.print(f"  note: {note}", markup=False)
    if answer.contributions:
        console.print(f"  moved by: {_strongest(answer)}", markup=False)
    for reason in answer.reasons:
        console.print(f"  outside: {reason}", markup=False)
    for name, reason in answer.absent.items():
        console.print(f"  absent: {name}: {reason}", markup=False)
    for doubt in answer.doubts:
        console.print(f"  doubt: {doubt}", markup=False)


def _strongest(answer: PredictionOut) -> str:
    """Return what moves an answer most, with its sign, on the learning scale."""
    ranked = sorted(answer.contributions.items(), key=lambda item: -abs(item[1]))
    return ", ".join(
        f"{'without ' if name in answer.absent else ''}{name} {value:+.2g}"
        for name, value in ranked[:N_CONTRIBUTIONS]
        if value
    )


def show_comparison(found: "Comparison") -> None:
    """Print two runs side by side: what differs, the scores, and the paired difference."""
    differing = {name: pair for name, pair in found.parameters.items() if pair[0] != pair[1]}
    for title, rows in (("parameters that differ", differing), ("scores", found.metrics)):
        table = Table(Column(title, overflow="fold"), *found.names)
        for name, pair in rows.items():
            table.add_row(name, *pair)
        console.print(table)
    gap = found.difference
    if gap is None:
        console.print("They share no held-out cell of one target, so nothing is paired.")
        return
    console.print(
        f"On the {gap.n_cells} cells in {gap.n_groups} groups that both were held out on: RMSE "
        f"{gap.rmse:.4f} against {gap.rmse_other:.4f} on the learning scale; the first is better "
        f"with P = {gap.probability_better:.2f}."
    )


def show_descriptors(cells: Sequence[CellDescriptors]) -> None:
    """Print the descriptor sheet of each cell, then what is blank, by reason."""
    for cell in cells:
        table = Table(Column("descriptor", no_wrap=True), "value", "unit", title=cell.cell_id)
        blank: dict[str, list[str]] = {}
        for name, found in cell.descriptors.items():
            if found.value is None:
                blank.setdefault(str(found.reason), []).append(name)
            else:
                table.add_row(name, f"{found.value:.6g}", found.unit)
        console.print(table)
        for reason, names in blank.items():
            console.print(f"blank, {reason}: {', '.join(names)}", markup=False)
        for doubt in cell.doubts:
            console.print(f"doubt: {doubt}", markup=False)


def show_inspection(name: str, found: Inspection) -> None:
    """Print what was understood of a file, in one screen."""
    console.print(f"{name}: {found.format}", markup=False)
    for told in found.by_type:
        console.print(f"  by its type: {told}", markup=False, highlight=False)
    for what, value in [*found.telling.items(), *found.facts.items()]:
        console.print(f"  {what}: {value}", markup=False)
    n_more = len(found.preamble) - len(found.telling)
    if n_more:
        console.print(
            f"  the file says {counted(n_more, 'thing')} more about itself: --json shows them"
        )
    columns = ", ".join(f"{own!r} as {read}" for own, read in found.columns.items())
    console.print(f"  columns: {columns}", highlight=False, markup=False)
    if found.cycles is not None:
        _show_cycles(found.cycles)
    for doubt in found.doubts:
        if doubt not in found.by_type:
            console.print(f"  note: {doubt}", markup=False)


def _show_cycles(cycles: pd.DataFrame) -> None:
    """Print the first and the last cycles of a table."""
    table = Table("cycle", "kind", *CYCLE_COLUMNS)
    rows = list(range(len(cycles)))
    for row in rows if len(rows) <= MOST_CYCLES else [*rows[:5], *rows[-5:]]:
        values = [
            f"{factor * cycles[column].iloc[row]:.4g}" for column, factor in CYCLE_COLUMNS.values()
        ]
        table.add_row(str(cycles["cycle"].iloc[row]), cycles["kind"].iloc[row], *values)
    console.print(table)
    if len(rows) > MOST_CYCLES:
        console.print(f"  {len(rows)} cycles, the first and last five shown")


def print_inspection_json(found: Inspection) -> None:
    """Print what was understood of a file as JSON."""
    cycles = None if found.cycles is None else json.loads(found.cycles.to_json(orient="records"))
    content = {
        "format": found.format,
        "facts": {**found.preamble, **found.facts},
        "columns": dict(found.columns),
        "by_type": list(found.by_type),
        "doubts": list(found.doubts),
        "cycles": cycles,
    }
    print(json.dumps(content, indent=2))


def show_catalogue(descriptors: Sequence[Descriptor]) -> None:
    """Print what can be computed from a cell."""
    table = Table("descriptor", "unit", "version", "what", "source")
    for each in descriptors:
        table.add_row(each.name, each.unit, str(each.version), each.summary, each.source)
    console.print(table)


def show_drift(found: "DriftReply") -> None:
    """Print what has moved, the most first."""
    if found.descriptors:
        table = Table("descriptor", "moved", "P", "learnt: median", "of late: median")
        for each in found.descriptors:
            medians = (f"{quartiles[1]:.4g}" for quartiles in (each.learnt, each.recent))
            table.add_row(
                each.descriptor, f"{each.moved_fraction:.2f}", f"{each.p_value:.2g}", *medians
            )
        console.print(table)
        console.print(f"{found.n_cells} kept cells: {found.note}", markup=False)
    else:  # too few cells are counted in the note itself
        console.print(found.note, markup=False)


def show_models(cards: Sequence[ModelCard]) -> None:
    """Print the models that answer, with held-out scores beside the dummy's: a row a split."""
    numbers = (Column(name, justify="right") for name in ("RMSE", "dummy", "holds"))
    # A name is copied into other verbs, so it stays in one piece.
    longest = max((len(card.model.name) for card in cards), default=0)
    table = Table(Column("model", min_width=longest), Column("held out", max_width=8), *numbers)
    for card in cards:
        kinds = ", ".join(f"{count} {kind}" for kind, count in card.provenance.kinds.items())
        named = f"{card.model.name}\nv{card.model.version} in {card.unit}, {kinds} cells"
        for split, score in card.provenance.scores.items():
            errors = (f"{score[name]:.3g}" for name in ("rmse", "rmse_dummy"))
            where = split.removesuffix(" held out")
            table.add_row(named, where, *errors, f"{score['coverage']:.0%}")
            named = ""
    console.print(table)
    console.print("RMSE of cells held out; holds: how many of them its interval held", markup=False)
