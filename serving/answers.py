"""From a checked request to its reply; everything here may run in a worker thread.

Answers are plain dictionaries with the fields of ``serving.replies``, which JSON is written from;
whoever wants the models of pydantic makes them of these.
"""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

import orjson

from features.doubts import doubts
from features.errors import UnknownName
from features.published import figures_of_each
from features.records import Cell
from features.registry import select
from features.table import DescriptorTable, describe
from models.neighbours import neighbours_of_each
from models.prediction import Columns
from models.predictor import Predictor
from models.shelf import Champion
from serving.bodies import to_records
from serving.champions import WAY_OUT, Champions
from serving.choice import Choice, Chooser, evidence_of
from serving.consistency import with_contradictions
from serving.errors import InvalidRequest, Problem
from serving.replies import (
    BrokenModel,
    CellDescriptors,
    DescriptorOut,
    DescriptorReply,
    ModelCard,
    ModelsReply,
    PredictionOut,
    PredictionReply,
    model_out,
)
from serving.schemas import DescriptorRequest, PredictionRequest, PredictionTerms, Terms
from serving.settings import Settings

#: The predictions of one cell, with the fields of ``serving.replies.CellPredictions``.
AnsweredCell = dict[str, Any]


def predictions(
    request: PredictionRequest, champions: Champions, settings: Settings
) -> PredictionReply:
    """Return predictions of every cell of a request for every target."""
    return PredictionReply.model_validate({"cells": predicted(request, champions, settings)})


def predictions_of(
    cells: Sequence[Cell], champions: Champions, *, level: float, model: str | None
) -> PredictionReply:
    """Return predictions of cells for every target that a model answers."""
    terms = PredictionTerms(level=level, model=model)
    return PredictionReply.model_validate({"cells": answered(cells, terms, champions)})


def predicted(
    request: PredictionRequest, champions: Champions, settings: Settings
) -> list[AnsweredCell]:
    """Return predictions of every cell of a request for every target, as dictionaries."""
    choosers_for(request, champions)  # what cannot be answered need not be read
    return answered(to_records(request.cells, settings), request, champions)


def answered(
    cells: Sequence[Cell], terms: PredictionTerms, champions: Champions
) -> list[AnsweredCell]:
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
    published = _published(cells) if terms.explain else [[]] * len(cells)
    return [
        {
            "cell_id": cell.cell_id,
            "predictions": with_contradictions(cell, row),
            "nearest_published": figures,
        }
        for cell, row, figures in zip(cells, zip(*columns, strict=True), published, strict=True)
    ]


def as_json(cells: Sequence[AnsweredCell]) -> bytes:
    """Return a reply as JSON; its numbers are the shortest that read back to the same bits."""
    return orjson.dumps({"cells": cells}, option=orjson.OPT_SERIALIZE_NUMPY)


def descriptors(request: DescriptorRequest, settings: Settings) -> DescriptorReply:
    """Return descriptors of every cell of a request, each blank with its reason."""
    try:
        select(request.names)
    except UnknownName as error:
        raise InvalidRequest([Problem("names", str(error))]) from None
    cells = to_records(request.cells, settings)
    return descriptors_of(cells, request.names, n_cycles=request.n_cycles)


def descriptors_of(
    cells: Sequence[Cell], names: Sequence[str] | None = None, *, n_cycles: int | None = None
) -> DescriptorReply:
    """Return descriptors of cells, each blank with its reason."""
    table = describe(cells, names, n_cycles)
    return DescriptorReply(
        cells=[
            CellDescriptors(
                cell_id=cell.cell_id,
                descriptors=_described(table, row),
                doubts=list(doubts(cell)),
            )
            for row, cell in enumerate(cells)
        ],
        n_cycles=n_cycles,
    )


def models(champions: Champions) -> ModelsReply:
    """Return the cards of all ready models, and what is wrong with the others."""
    return ModelsReply(
        models=[model_card(champion) for champion in champions.ready.values()],
        broken=broken_models(champions),
    )


def model_card(champion: Champion) -> ModelCard:
    """Return what a model predicts, from what, and what it was trained on."""
    predictor = champion.predictor
    return ModelCard(
        model=model_out(champion.entry),
        target=predictor.target,
        unit=predictor.unit,
        n_cycles=predictor.n_cycles,
        tier=evidence_of(champion).name,
        descriptors=dict(predictor.descriptor_versions),
        provenance=predictor.provenance,
    )


def broken_models(champions: Champions) -> list[BrokenModel]:
    """Return the models that could not be loaded."""
    return [BrokenModel(name=name, error=error) for name, error in champions.broken.items()]


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


def _of_target(
    cells: Sequence[Cell], chooser: Chooser, terms: PredictionTerms
) -> list[dict[str, Any]]:
    """Return one prediction per cell, each model asked once for all its cells."""
    choices = [chooser.choose(cell) for cell in cells]
    rows_of: dict[Champion, list[int]] = {}
    for row, choice in enumerate(choices):
        rows_of.setdefault(choice.champion, []).append(row)
    found: dict[int, dict[str, Any]] = {}
    for champion, rows in rows_of.items():
        some = [cells[row] for row in rows]
        of_model = _of_model(some, [choices[row] for row in rows], champion.predictor, terms)
        found |= dict(zip(rows, of_model, strict=True))
    return [found[row] for row in range(len(cells))]


def _of_model(
    cells: Sequence[Cell], choices: Sequence[Choice], predictor: Predictor, terms: PredictionTerms
) -> list[dict[str, Any]]:
    """Return the fields of ``serving.replies.PredictionOut``, which ``predict`` tells as well."""
    predictor.interval.check_level(terms.level)
    table = describe(cells, predictor.descriptor_versions, predictor.n_cycles)
    columns = predictor.columns_of(table.array, terms.level, predictor.outside(cells))
    contributions, nearest = _explained(predictor, table, columns) if terms.explain else ({}, {})
    value, lower, upper = (each.tolist() for each in (columns.value, columns.lower, columns.upper))
    shared = {choice: _of_choice(choice, terms.level) for choice in dict.fromkeys(choices)}
    return [
        {
            **shared[choices[row]],
            "value": value[row],
            "lower": lower[row],
            "upper": upper[row],
            "in_domain": row not in columns.reasons,
            "reasons": columns.reasons.get(row, ()),
            "absent": table.absent(row),
            "doubts": () if cell.cycling is None and not cell.spectra else doubts(cell),
            "notes": columns.notes.get(row, ()),
            "contributions": contributions.get(row, {}),
            "nearest": nearest.get(row, ()),
        }
        for row, cell in enumerate(cells)
    ]


def _explained(
    predictor: Predictor, table: DescriptorTable, columns: Columns
) -> tuple[dict[int, dict[str, float]], dict[int, list[dict[str, Any]]]]:
    """Return, by row, what each descriptor adds and the training cells nearby."""
    contributions = predictor.contributions_by_name(table.array, columns)
    nearest = neighbours_of_each(predictor.cells, columns.nearest, columns.distances_sd)
    return dict(enumerate(contributions)), dict(enumerate(nearest))


def _of_choice(choice: Choice, level: float) -> dict[str, Any]:
    """Return the fields of ``serving.replies.PredictionOut`` in order; a cell's own are blank."""
    predictor = choice.champion.predictor
    known = {
        "target": predictor.target,
        "unit": predictor.unit,
        "level": level,
        "model": choice.model,
        "trained_on": choice.trained_on,
        "chosen_because": choice.because,
        "n_cycles": predictor.n_cycles,
        "tier": choice.tier,
        "why_not_richer": choice.why_not_richer,
        "scale": predictor.task.scale,
        "mean": predictor.mean,
    }
    return {name: known.get(name) for name in PredictionOut.model_fields}


def _published(cells: Sequence[Cell]) -> list[list[dict[str, Any]]]:
    """Return published cells like each lithium-metal cell; others are none of this table's."""
    recipes = [cell.recipe for cell in cells]
    is_metal = ["Li||" in recipe.cell.type for recipe in recipes]
    found = iter(figures_of_each(list(compress(recipes, is_metal))))
    return [next(found) if is_one else [] for is_one in is_metal]


def _described(table: DescriptorTable, row: int) -> dict[str, DescriptorOut]:
    reasons = table.absent(row)
    values: list[float] = table.array[row].tolist()
    return {
        name: DescriptorOut(
            value=None if name in reasons else value,
            unit=table.units[name],
            version=table.versions[name],
            reason=reasons.get(name),
        )
        for name, value in zip(table.names, values, strict=True)
    }
