"""Many cells as columns: one recipe that they share, and a list for each field that differs."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from functools import cached_property
from types import GenericAlias
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, Field, create_model

from features.errors import InvalidRecord
from features.recipe import CellDesign, Coating, Electrolyte, Protocol, Recipe
from features.scan import Scan
from serving.errors import MAX_PROBLEMS, InvalidRequest, Problem
from serving.replies import ModelOut, TrainedOn
from serving.schemas import EXAMPLE_CELL, STRICT, CellId, Terms

PARTS = {"cell": CellDesign, "coating": Coating, "electrolyte": Electrolyte, "protocol": Protocol}
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


class ColumnarRequest(Terms):
    """Cells of which nothing was measured yet, such as a scan over thickness and current."""

    recipe: Recipe = Field(description="What all cells share.")
    columns: Columns
    cell_ids: Annotated[list[CellId], Field(min_length=1)] | None = Field(
        default=None, description='"0", "1", ... if left out.'
    )

    def to_scan(self) -> Scan:
        """Return the cells, or raise InvalidRequest with the problem of each."""
        columns = self._stated()
        for part, of_part in columns.items():
            self._check_required(part, of_part)
        named = {
            f"{part}.{name}": column
            for part, of_part in columns.items()
            for name, column in of_part.items()
        }
        try:
            return Scan(self.recipe, named)
        except InvalidRecord as error:
            raise InvalidRequest(self._problems(columns) or [_of_columns(error)]) from None

    @cached_property
    def ids(self) -> list[str]:
        """Return the ids of the cells, or raise InvalidRequest if lengths differ or ids repeat."""
        return _ids(self.cell_ids, self._stated())

    def _stated(self) -> dict[str, dict[str, Column]]:
        """Return the columns that were sent, by part and field."""
        return {
            part: {
                field.name: column
                for field in fields(record)
                if (column := getattr(self.columns, f"{part}_{field.name}")) is not None
            }
            for part, record in PARTS.items()
        }

    def _facts(self, part: str) -> dict[str, Any]:
        """Return what all cells share of a part."""
        shared = getattr(self.recipe, part)
        return {} if shared is None else {each.name: getattr(shared, each.name)
                                          for each in fields(shared)}  # fmt: skip

    def _check_required(self, part: str, columns: Mapping[str, Column]) -> None:
        if not columns:
            return
        known = {*self._facts(part), *columns}
        lacking = [name for name in _required(PARTS[part]) if name not in known]
        if lacking:
            where = f"recipe.{part}"
            raise InvalidRequest([Problem(where, f"{lacking} must be stated there, or by column.")])

    def _problems(self, columns: Mapping[str, Mapping[str, Column]]) -> list[Problem]:
        """Return what is wrong with the first rows that a record refuses."""
        found: list[Problem] = []
        for part, of_part in columns.items():
            record, shared = PARTS[part], self._facts(part)
            for row, values in enumerate(zip(*of_part.values(), strict=True)):
                try:
                    record(**{**shared, **dict(zip(of_part, values, strict=True))})
                except InvalidRecord as error:
                    found.append(Problem(f"columns.{part}, row {row}", str(error)))
                if len(found) == MAX_PROBLEMS:
                    return found
        return found


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


def _of_columns(error: InvalidRecord) -> Problem:
    return Problem("columns", str(error))


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
    level: float = Field(
        description="Probability with which an interval holds the truth; unless it was stated, the "
        "lowest of those that the models of this column carry."
    )
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
