"""From a checked request to its reply; everything here may run in a worker thread.

Answers are plain dictionaries with the fields of ``serving.replies``, which JSON is written from;
what explains them is JSON in these already. Whoever wants the models of pydantic reads the JSON.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from features.any_cells import Cells, described, ids_of, of_each, rows_of
from features.doubts import doubts_of_each
from features.errors import UnknownName
from features.records import Cell
from features.table import DescriptorTable
from models.prediction import Columns
from models.predictor import Predictor
from models.shelf import Champion
from serving.bodies import to_records
from serving.champions import WAY_OUT, Champions
from serving.choice import Choice, Chooser
from serving.consistency import with_contradictions
from serving.errors import InvalidRequest, Problem
from serving.explanations import contributions, neighbours, published
from serving.replies import (
    PredictionOut,
    PredictionReply,
)
from serving.schemas import PredictionRequest, PredictionTerms, Terms
from serving.settings import Settings

#: The predictions of one cell, with the fields of ``serving.replies.CellPredictions``.
AnsweredCell = dict[str, Any]
#: What each descriptor adds and the training cells nearby, one of both a row.
Explanations = tuple[Sequence[object], Sequence[object]]
#: Cells whose answers are held as dictionaries, before they are text.
MOST_AT_ONCE = 256
HEAD, TAIL = b'{"cells":[', b"]}"


def predictions(
    request: PredictionRequest, champions: Champions, settings: Settings
) -> PredictionReply:
    """Return predictions of every cell of a request for every target."""
    return PredictionReply.model_validate_json(as_json(predicted(request, champions, settings)))


def predictions_of(
    cells: Sequence[Cell],
    champions: Champions,
    *,
    level: float | None = None,
    model: str | None = None,
) -> PredictionReply:
    """Return predictions of cells for every target that a model answers."""
    terms = PredictionTerms(level=level, model=model)
    return PredictionReply.model_validate_json(as_json(answered(cells, terms, champions)))


def predicted(
    request: PredictionRequest, champions: Champions, settings: Settings
) -> list[AnsweredCell]:
    """Return predictions of every cell of a request for every target, as dictionaries."""
    choosers_for(request, champions)  # what cannot be answered need not be read
    return answered(to_records(request.cells, settings), request, champions)


def answered(cells: Cells, terms: PredictionTerms, champions: Champions) -> list[AnsweredCell]:
    """Return predictions of cells, each model asked once for all its cells.

    Raises
    ------
    InvalidRequest
        If no model answers a target, or none has the name.
    LevelNotSupported
        If a model's training groups are too few for the level.
    """
    choosers = choosers_for(terms, champions)
    columns = [_of_target(cells, chooser, terms) for chooser in choosers]
    alike: Sequence[object] = published(cells) if terms.explain else [[]] * len(cells)
    rows = with_contradictions(cells, list(zip(*columns, strict=True)))
    return [
        {"cell_id": cell_id, "predictions": row, "nearest_published": figures}
        for cell_id, row, figures in zip(ids_of(cells), rows, alike, strict=True)
    ]


def written(
    cells: Cells,
    terms: PredictionTerms,
    champions: Champions,
    count: Callable[[list[AnsweredCell]], None],
) -> list[bytes]:
    """Return the reply on any number of cells as pieces of JSON, what was answered counted.

    Dictionaries of thousands of cells at a time would be dear to keep; their text is not.
    """
    if len(cells) <= MOST_AT_ONCE:
        count(some := answered(cells, terms, champions))
        return [as_json(some)]
    pieces = []
    for start in range(0, len(cells), MOST_AT_ONCE):
        rows = range(start, min(start + MOST_AT_ONCE, len(cells)))
        count(some := answered(rows_of(cells, rows), terms, champions))
        inner = memoryview(as_json(some))[len(HEAD) : -len(TAIL)]
        pieces.append(b"".join((b"," if start else HEAD, inner)))
    return [*pieces, TAIL]


def as_json(cells: Sequence[AnsweredCell]) -> bytes:
    """Return a reply as JSON; its numbers are the shortest that read back to the same bits."""
    return orjson.dumps({"cells": cells}, option=orjson.OPT_SERIALIZE_NUMPY)


def choosers_for(terms: Terms, champions: Champions) -> list[Chooser]:
    """Return who chooses the model of each target, in the order asked for.

    Raises
    ------
    InvalidRequest
        If no model answers a target, or none has the name.
    """
    available = champions.choosers if terms.model is None else _named(terms.model, champions)
    if not terms.targets:
        return list(available.values())
    unknown = [target for target in terms.targets if target not in available]
    if unknown:
        known = ", ".join(sorted(available))
        raise InvalidRequest(
            [Problem("targets", f"no model answers {unknown}; answered are: {known}. {WAY_OUT}")]
        )
    return [available[target] for target in dict.fromkeys(terms.targets)]


def _named(name: str, champions: Champions) -> Mapping[str, Chooser]:
    try:
        champion = champions.named(name)
    except UnknownName as error:
        raise InvalidRequest([Problem("model", str(error))]) from None
    return {champion.predictor.target: Chooser([champion], is_named=True)}


def _of_target(cells: Cells, chooser: Chooser, terms: PredictionTerms) -> list[dict[str, Any]]:
    """Return one prediction per cell, each model asked once for all its cells."""
    choices = of_each(cells, chooser.choose)
    if len({choice.champion for choice in dict.fromkeys(choices)}) == 1:
        return _of_model(cells, choices, terms)
    rows_of_each: dict[Champion, list[int]] = {}
    for row, choice in enumerate(choices):
        rows_of_each.setdefault(choice.champion, []).append(row)
    found: dict[int, dict[str, Any]] = {}
    for rows in rows_of_each.values():
        of_model = _of_model(rows_of(cells, rows), [choices[row] for row in rows], terms)
        found |= dict(zip(rows, of_model, strict=True))
    return [found[row] for row in range(len(cells))]


def _of_model(
    cells: Cells, choices: Sequence[Choice], terms: PredictionTerms
) -> list[dict[str, Any]]:
    """Return the fields of ``serving.replies.PredictionOut``, which ``predict`` tells as well."""
    predictor = choices[0].champion.predictor
    level = predictor.interval.level_for(terms.level)
    table = described(cells, predictor.descriptor_versions, predictor.n_cycles)
    columns = predictor.columns_of(table.array, level, predictor.outside(cells))
    doubted = doubts_of_each(cells)
    shared = {choice: _of_choice(choice, level, terms) for choice in dict.fromkeys(choices)}
    rows = range(len(choices))
    return [
        {
            **shared[choice],
            "value": value,
            "lower": lower,
            "upper": upper,
            "in_domain": row not in columns.reasons,
            "reasons": columns.reasons.get(row, ()),
            "absent": absent,
            "doubts": doubt,
            "notes": columns.notes.get(row, ()),
            "contributions": contributions,
            "nearest": nearest,
        }
        for row, choice, value, lower, upper, absent, doubt, contributions, nearest in zip(
            rows,
            choices,
            columns.value.tolist(),
            columns.lower.tolist(),
            columns.upper.tolist(),
            table.blanks,
            doubted,
            *(_explained(predictor, table, columns) if terms.explain else _unexplained(len(rows))),
            strict=True,
        )
    ]


def _explained(predictor: Predictor, table: DescriptorTable, columns: Columns) -> Explanations:
    """Return what each descriptor adds in each row, and the training cells nearby."""
    return (
        contributions(predictor, table.array, columns),
        neighbours(predictor.cells, columns),
    )


def _unexplained(n_rows: int) -> Explanations:
    return [{}] * n_rows, [[]] * n_rows


def _of_choice(choice: Choice, level: float, terms: PredictionTerms) -> dict[str, Any]:
    """Return the fields of ``serving.replies.PredictionOut`` in order; a cell's own are blank."""
    predictor = choice.champion.predictor
    lowered = predictor.interval.why_lowered if terms.level is None else ""
    known = {
        "target": predictor.target,
        "unit": predictor.unit,
        "level": level,
        "model": choice.model,
        "trained_on": choice.trained_on,
        "chosen_because": f"{choice.because} {lowered}".rstrip(),
        "n_cycles": predictor.n_cycles,
        "tier": choice.tier,
        "why_not_richer": choice.why_not_richer,
        "scale": predictor.task.scale,
        "mean": predictor.mean,
    }
    return {name: known.get(name) for name in PredictionOut.model_fields}
