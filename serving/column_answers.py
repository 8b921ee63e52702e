"""From many cells to columns of answers; may run in a worker thread."""

from collections.abc import Mapping, Sequence

from features.errors import UnknownName
from features.records import Cell
from models.prediction import Prediction
from models.shelf import Champion
from serving.champions import Champions
from serving.choice import choose, evidence_of
from serving.column_schemas import AnsweringModel, ColumnarReply, ColumnarRequest, ColumnOut
from serving.errors import InvalidRequest, Problem
from serving.replies import ModelOut, TrainedOn


def columnar_predictions(asked: ColumnarRequest, champions: Champions) -> ColumnarReply:
    """Return predictions of all cells for every target asked for."""
    candidates = _candidates(asked, champions)
    cells = asked.to_records()
    return ColumnarReply(
        cell_ids=[cell.cell_id for cell in cells],
        predictions=[_column(cells, group, asked.level) for group in candidates.values()],
    )


def _candidates(asked: ColumnarRequest, champions: Champions) -> Mapping[str, Sequence[Champion]]:
    """Return the models that may answer, by target."""
    available: Mapping[str, Sequence[Champion]] = champions.by_target()
    if asked.model is not None:
        try:
            named = champions.named(asked.model)
        except UnknownName as error:
            raise InvalidRequest([Problem("model", str(error))]) from None
        available = {named.predictor.target: [named]}
    wanted = asked.targets or sorted(available)
    unknown = [target for target in wanted if target not in available]
    if unknown:
        known = ", ".join(sorted(available))
        text = f"no model answers {unknown}; answered are: {known}."
        raise InvalidRequest([Problem("targets", text)])
    return {target: available[target] for target in dict.fromkeys(wanted)}


def _column(cells: Sequence[Cell], candidates: Sequence[Champion], level: float) -> ColumnOut:
    """Return the answers for one target, each model asked once for all its cells."""
    chosen = [_chosen(candidates, cell) for cell in cells]
    taken = [champion for champion in candidates if any(each is champion for each in chosen)]
    number = {id(champion): place for place, champion in enumerate(taken)}
    answers: dict[int, Prediction] = {}
    for champion in taken:
        rows = [row for row, each in enumerate(chosen) if each is champion]
        some = champion.predictor.predict([cells[row] for row in rows], level, explain=False)
        answers |= dict(zip(rows, some, strict=True))
    in_order = [answers[row] for row in range(len(cells))]
    return ColumnOut(
        target=taken[0].predictor.target,
        unit=taken[0].predictor.unit,
        level=level,
        value=[each.value for each in in_order],
        lower=[each.lower for each in in_order],
        upper=[each.upper for each in in_order],
        in_domain=[each.in_domain for each in in_order],
        reasons={row: list(each.reasons) for row, each in enumerate(in_order) if each.reasons},
        notes={row: list(each.notes) for row, each in enumerate(in_order) if each.notes},
        models=list(map(_model, taken)),
        model=[number[id(champion)] for champion in chosen],
    )


def _chosen(candidates: Sequence[Champion], cell: Cell) -> Champion:
    return candidates[0] if len(candidates) == 1 else choose(candidates, cell).champion


def _model(champion: Champion) -> AnsweringModel:
    entry, provenance = champion.entry, champion.predictor.provenance
    return AnsweringModel(
        model=ModelOut(
            name=entry.name,
            version=entry.version,
            run_id=entry.run_id,
            bundle_sha256=entry.bundle_sha256,
        ),
        tier=evidence_of(champion).name,
        trained_on=TrainedOn(
            cohort=provenance.cohort,
            citation=provenance.citation,
            kinds=dict(provenance.kinds),
            n_cells=provenance.n_cells,
            n_groups=provenance.n_groups,
        ),
    )
