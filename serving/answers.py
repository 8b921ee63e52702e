"""From a checked request to its reply; everything here may run in a worker thread."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from features.doubts import doubts
from features.errors import UnknownName
from features.published import nearest_published
from features.records import Cell
from features.registry import select
from features.table import DescriptorTable, describe
from models.prediction import Prediction
from models.shelf import Champion
from serving.bodies import to_records
from serving.champions import WAY_OUT, Champions
from serving.choice import Choice, choose, evidence_of
from serving.consistency import with_contradictions
from serving.errors import InvalidRequest, Problem
from serving.replies import (
    BrokenModel,
    CellDescriptors,
    CellPredictions,
    DescriptorOut,
    DescriptorReply,
    ModelCard,
    ModelsReply,
    NeighbourOut,
    PredictionOut,
    PredictionReply,
    PublishedOut,
    model_out,
    trained_on,
)
from serving.schemas import DescriptorRequest, PredictionRequest
from serving.settings import Settings


def predictions(
    request: PredictionRequest, champions: Champions, settings: Settings
) -> PredictionReply:
    """Return predictions of every cell of a request for every target."""
    candidates = candidates_for(request.targets, request.model, champions)
    cells = to_records(request.cells, settings)
    return _answered(cells, candidates, request.level, request.model)


def predictions_of(
    cells: Sequence[Cell], champions: Champions, *, level: float, model: str | None
) -> PredictionReply:
    """Return predictions of cells for every target that a model answers."""
    return _answered(cells, candidates_for(None, model, champions), level, model)


def _answered(
    cells: Sequence[Cell],
    candidates: Mapping[str, list[Champion]],
    level: float,
    model: str | None,
) -> PredictionReply:
    columns = [_of_target(cells, group, level, model) for group in candidates.values()]
    return PredictionReply(
        cells=[
            CellPredictions(
                cell_id=cell.cell_id,
                predictions=with_contradictions(cell, list(row)),
                nearest_published=_published(cell),
            )
            for cell, row in zip(cells, zip(*columns, strict=True), strict=True)
        ]
    )


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


def candidates_for(
    targets: Sequence[str] | None, model: str | None, champions: Champions
) -> Mapping[str, list[Champion]]:
    """Return the models that may answer, by target in the order asked for.

    Raises
    ------
    InvalidRequest
        If no model answers a target, or none has the name.
    """
    available = champions.by_target() if model is None else _named(model, champions)
    wanted = list(dict.fromkeys(targets or sorted(available)))
    unknown = [target for target in wanted if target not in available]
    if unknown:
        known = ", ".join(sorted(available))
        raise InvalidRequest(
            [Problem("targets", f"no model answers {unknown}; answered are: {known}. {WAY_OUT}")]
        )
    return {target: available[target] for target in wanted}


def _named(name: str, champions: Champions) -> dict[str, list[Champion]]:
    try:
        champion = champions.named(name)
    except UnknownName as error:
        raise InvalidRequest([Problem("model", str(error))]) from None
    return {champion.predictor.target: [champion]}


def _of_target(
    cells: Sequence[Cell], candidates: Sequence[Champion], level: float, model: str | None
) -> list[PredictionOut]:
    """Return one prediction per cell, each model asked once for all its cells."""
    choices = [_choice(candidates, cell, model) for cell in cells]
    found: dict[int, PredictionOut] = {}
    for champion in candidates:
        rows = [row for row, choice in enumerate(choices) if choice.champion is champion]
        if not rows:
            continue
        answers = champion.predictor.predict([cells[row] for row in rows], level)
        for row, answer in zip(rows, answers, strict=True):
            found[row] = _prediction(answer, choices[row])
    return [found[row] for row in range(len(cells))]


def _choice(candidates: Sequence[Champion], cell: Cell, name: str | None) -> Choice:
    if name is not None:
        return Choice(candidates[0], "It was asked for by name.")
    return choose(candidates, cell)


def _prediction(answer: Prediction, choice: Choice) -> PredictionOut:
    return PredictionOut(
        target=answer.target,
        value=answer.value,
        lower=answer.lower,
        upper=answer.upper,
        unit=answer.unit,
        level=answer.level,
        in_domain=answer.in_domain,
        reasons=list(answer.reasons),
        absent=dict(answer.absent),
        doubts=list(answer.doubts),
        model=model_out(choice.champion.entry),
        trained_on=trained_on(choice.champion.predictor.provenance),
        chosen_because=choice.because,
        n_cycles=choice.champion.predictor.n_cycles,
        tier=evidence_of(choice.champion).name,
        why_not_richer=choice.why_not_richer,
        notes=list(answer.notes),
        scale=choice.champion.predictor.task.scale,
        mean=answer.mean,
        contributions=dict(answer.contributions),
        nearest=[NeighbourOut(**asdict(each)) for each in answer.nearest],
    )


def _published(cell: Cell) -> list[PublishedOut]:
    """Return published cells like a lithium-metal cell; others are none of this table's."""
    if "Li||" not in cell.recipe.cell.type:
        return []
    return [PublishedOut(**asdict(each)) for each in nearest_published(cell.recipe)]


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
