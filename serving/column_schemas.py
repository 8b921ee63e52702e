"""Many cells as columns: one recipe that they share, and a list for each field that differs."""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from types import GenericAlias
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, Field, create_model

from features.errors import InvalidRecord
from features.recipe import CellDesign, Coating, Electrolyte, Protocol, Recipe
from features.records import Cell, Source
from serving.errors import MAX_PROBLEMS, InvalidRequest, Problem
from serving.replies import ModelOut, TrainedOn
from serving.schemas import EXAMPLE_CELL, STRICT, CellId, Name

PARTS = {"cell": CellDesign, "coating": Coating, "electrolyte": Electrolyte, "protocol": Protocol}
SOURCE = Source("measured")
Column = list[Any]


def _columns() -> dict[str, Any]:
    """Return a column for every field of a recipe, named like ``coating.thickness_nm``."""
    return {
        f"{part}_{name}": (GenericAlias(list, (hint,)) | None, _named(f"{part}.{name}"))
        for part, record in PARTS.items()
        for name, hint in get_type_hints(record).items()
    }


def _named(alias: str) -> Any:
    return Field(default=None, alias=alias, min_length=1)


Columns = create_model(
    "Columns",
    __config__=STRICT,
    __doc__="A list for each field that differs from cell to cell, one value a cell.",
    **_columns(),
)


class ColumnarRequest(BaseModel):
    """Cells of which nothing was measured yet, such as a scan over thickness and current."""

    model_config = STRICT

    recipe: Recipe = Field(description="What all cells share.")
    columns: Columns
    cell_ids: Annotated[list[CellId], Field(min_length=1)] | None = Field(
        default=None, description='"0", "1", ... if left out.'
    )
    targets: Annotated[list[Name], Field(min_length=1)] | None = None
    level: Annotated[float, Field(ge=0.5, le=0.99)] = 0.9
    model: Name | None = None

    def to_records(self) -> list[Cell]:
        """Return the cells, or raise InvalidRequest with the problem of each."""
        columns = {
            part: {
                field.name: column
                for field in fields(record)
                if (column := getattr(self.columns, f"{part}_{field.name}")) is not None
            }
            for part, record in PARTS.items()
        }
        ids = _ids(self.cell_ids, columns)
        parts = [self._parts(part, columns[part], len(ids)) for part in PARTS]
        return [
            Cell(cell_id, Recipe(*row), SOURCE)
            for cell_id, row in zip(ids, zip(*parts, strict=True), strict=True)
        ]

    def _parts(self, part: str, columns: dict[str, Column], n_cells: int) -> list[Any]:
        """Return a part of the recipe for each cell; equal ones are one object."""
        shared = getattr(self.recipe, part)
        if not columns:
            return [shared] * n_cells
        record = PARTS[part]
        stated = {} if shared is None else _values(shared)
        lacking = [name for name in _required(record) if name not in {*stated, *columns}]
        if lacking:
            where = f"recipe.{part}"
            raise InvalidRequest([Problem(where, f"{lacking} must be stated there, or by column.")])
        return _built(record, stated, columns, part)


def _ids(stated: list[str] | None, columns: dict[str, dict[str, Column]]) -> list[str]:
    """Return the ids of the cells, or raise InvalidRequest if lengths differ or ids repeat."""
    lengths = {
        f"columns.{part}.{name}": len(column)
        for part, of_part in columns.items()
        for name, column in of_part.items()
    }
    if not lengths:
        raise InvalidRequest([Problem("columns", "are none; send at least one.")])
    if stated is not None:
        lengths["cell_ids"] = len(stated)
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InvalidRequest([Problem("columns", f"need one length: {told}.")])
    if stated is not None and len(set(stated)) < len(stated):
        raise InvalidRequest([Problem("cell_ids", "hold an id more than once.")])
    return stated or [str(number) for number in range(next(iter(lengths.values())))]


def _built(
    record: type[Any], stated: dict[str, Any], columns: dict[str, Column], part: str
) -> list[Any]:
    """Return one record a row, or raise InvalidRequest with the problems of the first rows."""
    made: dict[tuple[Any, ...], Any] = {}
    found, problems = [], []
    for row, values in enumerate(zip(*columns.values(), strict=True)):
        if values not in made:
            try:
                made[values] = record(**{**stated, **dict(zip(columns, values, strict=True))})
            except InvalidRecord as error:
                problems.append(Problem(f"columns.{part}, row {row}", str(error)))
                made[values] = None
        found.append(made[values])
        if len(problems) == MAX_PROBLEMS:
            break
    if problems:
        raise InvalidRequest(problems)
    return found


def _values(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _required(record: type[Any]) -> Iterator[str]:
    for field in fields(record):
        if field.default is MISSING and field.default_factory is MISSING:
            yield field.name


COLUMNAR_EXAMPLE: dict[str, Any] = {
    "recipe": EXAMPLE_CELL["recipe"],
    "columns": {
        "coating.thickness_nm": [200, 500, 1000],
        "protocol.current_density_mA_cm2": [0.5, 0.5, 1.0],
    },
}


class AnsweringModel(BaseModel):
    """A model that answered for some of the cells."""

    model: ModelOut
    tier: str
    trained_on: TrainedOn


class ColumnOut(BaseModel):
    """All answers for one target, in the order of the cells."""

    target: str
    unit: str
    level: float = Field(description="Probability with which an interval holds the truth.")
    value: list[float]
    lower: list[float]
    upper: list[float]
    in_domain: list[bool]
    reasons: dict[int, list[str]] = Field(description="Why not, by the number of the cell.")
    notes: dict[int, list[str]] = Field(description="Caps and guard bands, by number of the cell.")
    models: list[AnsweringModel]
    model: list[int] = Field(description="Which of them answered for each cell, from 0.")


class ColumnarReply(BaseModel):
    """Answers by target; explanations and neighbours are left to ``/v1/predictions``."""

    cell_ids: list[str]
    predictions: list[ColumnOut]
