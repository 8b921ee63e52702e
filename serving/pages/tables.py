"""Tables of one cell: its sheet, its cycles, its raw cycling, and what every tier says of it."""

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from features.cycles import cycles
from features.errors import NotMeasured, SeicastError
from features.records import Cell
from features.registry import catalogue
from features.table import describe
from models.domain import scope_reasons
from models.shelf import Champion
from serving import answers
from serving.champions import Champions
from serving.choice import evidence_of
from serving.replies import PredictionOut
from serving.vagueness import vagueness

What = Literal["sheet", "cycles", "cycling", "predictions"]


def table_of(cell: Cell, what: What, champions: Champions) -> pd.DataFrame:
    """Return a table of a cell: its sheet, its cycles, its raw cycling, or all predictions.

    Raises
    ------
    NotMeasured
        If the cell, or the shelf, has nothing of it.
    """
    if what == "predictions":
        return _predictions(champions, cell)
    if what == "cycles":
        return cycles(cell)
    if what == "sheet":
        rows = [vars(row) | {"part": part} for row, part in rows_of(cell)]
        return pd.DataFrame(rows)[["part", "name", "value", "unit", "reason", "source"]]
    if cell.cycling is None:
        raise NotMeasured(f"Cell '{cell.cell_id}' was kept without cycling.")
    return cell.cycling


@dataclass(frozen=True)
class Row:
    """A row of the sheet; the value is NaN where ``reason`` says why."""

    name: str
    summary: str
    value: float
    unit: str
    reason: str
    source: str


def rows_of(cell: Cell) -> list[tuple[Row, str]]:
    """Return the rows of the sheet, each with the phenomenon that it belongs to."""
    table, known = describe([cell]), catalogue()
    absent = table.absent(0)
    values = table.values.iloc[0]
    return [
        (
            Row(
                name=name,
                summary=_as_noun(known[name].summary),
                value=float(values[name]),
                unit=table.units[name],
                reason=absent.get(name, ""),
                source=known[name].source,
            ),
            known[name].function.__module__.rpartition(".")[2].replace("_", " "),
        )
        for name in table.names
    ]


def _as_noun(summary: str) -> str:
    """Return what a descriptor is: a function's docstring without its verb.

    Examples
    --------
    >>> _as_noun("Return the mean of the cycles.")
    'The mean of the cycles.'
    """
    words = summary.removeprefix("Return ")
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Tier:
    """What one model says of a cell, or what the cell lacks for it.

    Attributes
    ----------
    evidence, model : str
    learnt_from : str
        Measured, literature or simulated cells.
    answer : PredictionOut or None
    vague : str
        Why the answer is no number to go by; empty where it is one.
    lack : str
        Empty where there is an answer, unless it is the best one of a cell that no tier fits.
    """

    evidence: str
    model: str
    learnt_from: str
    answer: PredictionOut | None = None
    vague: str = ""
    lack: str = ""


def tiers_of(champions: Champions, cell: Cell, best: PredictionOut) -> list[Tier]:
    """Return what every model of a target says, the poorest evidence first.

    Parameters
    ----------
    champions : Champions
    cell : Cell
    best : PredictionOut
        The answer that was chosen for the target. Its model's tier has it too, be the cell outside
        what that model has learnt; any other such model stays silent.
    """
    ordered = sorted(champions.by_target()[best.target], key=evidence_of)
    return [_tier(champions, cell, each, best) for each in ordered]


def _tier(champions: Champions, cell: Cell, champion: Champion, best: PredictionOut) -> Tier:
    evidence, name = evidence_of(champion), champion.entry.name
    predictor = champion.predictor
    kinds = " and ".join(kind for kind, count in predictor.provenance.kinds.items() if count)
    tier = Tier(evidence.name.replace("_", " "), name, kinds)
    if name == best.model.name:
        vague = vagueness(best, predictor.cells)
        return replace(tier, answer=best, vague=vague, lack=evidence.lack(cell))
    lack = evidence.lack(cell) or "; ".join(scope_reasons(predictor.provenance, cell))
    if lack:
        return replace(tier, lack=lack)
    try:
        reply = answers.predictions_of([cell], champions, model=name)
    except SeicastError as error:
        return replace(tier, lack=str(error))
    (answer,) = reply.cells[0].predictions
    return replace(tier, answer=answer, vague=vagueness(answer, predictor.cells))


def _predictions(champions: Champions, cell: Cell) -> pd.DataFrame:
    """Return a row for every target and tier; blank where the cell has not reached it."""
    (reply,) = answers.predictions_of([cell], champions).cells
    rows = [
        {"target": best.target} | _prediction_row(tier)
        for best in reply.predictions
        for tier in tiers_of(champions, cell, best)
    ]
    if not rows:
        raise NotMeasured("No trained model is ready; train one with: seicast demo")
    return pd.DataFrame(rows)


def _prediction_row(tier: Tier) -> dict[str, object]:
    answer = tier.answer
    told = {} if answer is None else answer.model_dump()
    return {
        "evidence": tier.evidence,
        "model": tier.model,
        "learnt_from": tier.learnt_from,
        "version": None if answer is None else answer.model.version,
        **{name: told.get(name) for name in ("value", "lower", "upper", "level", "unit")},
        "in_domain": told.get("in_domain"),
        "reasons": "; ".join(told.get("reasons", [])),
        "cannot_say": tier.vague,
        "lack": tier.lack,
    }
