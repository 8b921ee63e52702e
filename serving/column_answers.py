"""From many cells to columns of answers; may run in a worker thread.

Answers are plain dictionaries of arrays, with the fields of ``serving.column_schemas``.
"""

from typing import Any

import numpy as np
import orjson

from features.scan import Scan
from models.prediction import Columns
from models.shelf import Champion
from serving.answers import choosers_for
from serving.champions import Champions
from serving.choice import Choice, Chooser
from serving.column_schemas import ColumnarRequest
from serving.consistency import LIFE, contradictions

#: So many cells are asked one by one sooner than it is found out in what they differ.
FEW = 4
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def columnar_json(asked: ColumnarRequest, champions: Champions) -> bytes:
    """Return predictions of all cells for every target asked for, as JSON.

    Its numbers are the shortest that read back to the same bits.
    """
    choosers = choosers_for(asked, champions)
    ids, scan = asked.ids, asked.to_scan()
    columns = [_column(scan, chooser, asked.level) for chooser in choosers]
    for row, note in contradictions(scan, columns).items():
        notes = next(column["notes"] for column in columns if column["target"] == LIFE)
        notes[row] = (*notes.get(row, ()), note)
    return orjson.dumps({"cell_ids": ids, "predictions": columns}, option=_OPTIONS)


def _column(scan: Scan, chooser: Chooser, asked: float | None) -> dict[str, Any]:
    """Return the answers for one target, each model asked once for all its cells."""
    choices = scan.of_each(chooser.choose)
    choice_of = {choice.champion: choice for choice in choices}
    taken = [champion for champion in chooser.candidates if champion in choice_of]
    level = min(champion.predictor.interval.level_for(asked) for champion in taken)
    number = {champion: place for place, champion in enumerate(taken)}
    model = np.array([number[choice.champion] for choice in choices])
    found = {
        "target": taken[0].predictor.target,
        "unit": taken[0].predictor.unit,
        "level": level,
        "value": np.empty(len(scan)),
        "lower": np.empty(len(scan)),
        "upper": np.empty(len(scan)),
        "in_domain": np.empty(len(scan), dtype=bool),
        "reasons": {},
        "notes": {},
        "models": [_model(choice_of[champion]) for champion in taken],
        "model": model,
    }
    for place, champion in enumerate(taken):
        rows = np.flatnonzero(model == place)
        _fill(found, rows, _answers(champion, scan, rows, level))
    return found


def _answers(champion: Champion, scan: Scan, rows: np.ndarray, level: float) -> Columns:
    """Return what a model says of some cells of a scan."""
    some = scan if len(rows) == len(scan) else scan.rows(rows.tolist())
    return champion.predictor.columns(list(some) if len(some) <= FEW else some, level)


def _fill(found: dict[str, Any], rows: np.ndarray, columns: Columns) -> None:
    """Put a model's answers into their rows."""
    for name in ("value", "lower", "upper", "in_domain"):
        found[name][rows] = getattr(columns, name)
    for name in ("reasons", "notes"):
        found[name] |= {int(rows[place]): said for place, said in getattr(columns, name).items()}


def _model(choice: Choice) -> dict[str, Any]:
    """Return a model that answered for some of the cells."""
    return {"model": choice.model, "tier": choice.tier, "trained_on": choice.trained_on}
