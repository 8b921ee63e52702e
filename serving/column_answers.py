"""From many cells to columns of answers; may run in a worker thread."""

from collections.abc import Sequence

from features.records import Cell
from models.prediction import Prediction
from models.shelf import Champion
from serving.answers import candidates_for
from serving.champions import Champions
from serving.choice import choose, evidence_of
from serving.column_schemas import AnsweringModel, ColumnarReply, ColumnarRequest, ColumnOut
from serving.replies import model_out, trained_on


def columnar_predictions(asked: ColumnarRequest, champions: Champions) -> ColumnarReply:
    """Return predictions of all cells for every target asked for."""
    candidates = candidates_for(asked.targets, asked.model, champions)
    cells = asked.to_records()
    return ColumnarReply(
        cell_ids=[cell.cell_id for cell in cells],
        predictions=[_column(cells, group, asked.level) for group in candidates.values()],
    )


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
    return AnsweringModel(
        model=model_out(champion.entry),
        tier=evidence_of(champion).name,
        trained_on=trained_on(champion.predictor.provenance),
    )
