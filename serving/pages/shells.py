"""The pages themselves, which hold nothing of the lab, and their static files."""

from functools import cache
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

from features.end_of_life import Event
from features.molecule_table import SALTS, SOLVENTS
from features.recipe import RANGES, AmountUnit, CellType, CEMethod, PhaseRole
from serving.pages.predict import SWEEPS
from serving.pages.templating import MEDIA_TYPES, page, static_files
from serving.schemas import EXAMPLE_CELL
from serving.trainable import TARGETS, TIERS
from store.jobs import STATES

router = APIRouter(include_in_schema=False)

PROCESSES = (
    "doctor blade",
    "drop casting",
    "spin coating",
    "dip coating",
    "spray coating",
    "sputtering",
    "evaporation",
    "atomic layer deposition",
    "molecular layer deposition",
    "in situ reaction",
    "cold pressing",
    "transfer",
)
AMOUNT_UNITS = {
    "mol_per_L": "mol/L",
    "mol_per_kg": "mol/kg",
    "volume_parts": "parts by volume",
    "weight_parts": "parts by weight",
    "mole_parts": "parts by moles",
    "volume_fraction": "volume fraction",
    "weight_fraction": "weight fraction",
}
CE_METHODS = {
    "cycle_average": "cycle average",
    "aurbach": "Aurbach (reservoir)",
    "inferred_full_cell": "inferred from a full cell",
}
ROLES = {"inorganic": "inorganic", "polymer": "binder", "additive": "additive"}
#: Static files change their address with their content.
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/")
async def predict() -> Response:
    """Return the Predict page."""
    return page("predict.html", current="predict", cell=EXAMPLE_CELL, sweeps=SWEEPS, **_choices())


@router.get("/cells")
async def cells() -> Response:
    """Return the page of kept cells."""
    blank: dict[str, Any] = {"recipe": {"cell": {}, "protocol": {}}}
    return page("cells.html", current="cells", cell=blank, **_choices())


@router.get("/cells/{cell_id}")
async def cell(cell_id: str) -> Response:
    """Return the page of one cell, whoever that is."""
    events = get_args(Event)
    return page(
        "cell.html", current="cells", cell_id=cell_id, events=events, cell_types=get_args(CellType)
    )


@router.get("/compare")
async def compare(cell: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Return the page that holds coatings against their controls."""
    return page("compare.html", current="compare", cell_id=cell)


@router.get("/models")
async def models() -> Response:
    """Return the page of trained models."""
    return page("models.html", current="models")


@router.get("/jobs")
async def jobs() -> Response:
    """Return the page of retraining jobs."""
    return page(
        "jobs.html", current="jobs", states=STATES, trainable=TARGETS, tiers=TIERS, **_choices()
    )


@router.get("/static/{file:path}")
async def static_file(file: str) -> Response:
    """Return one of the pages' own files."""
    path = static_files().get(file)
    if path is None:
        raise HTTPException(404, f"The pages have no file '{file[:80]}'.")
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], headers=FOR_EVER)


@cache
def _choices() -> dict[str, Any]:
    """Return what the form of a recipe offers; the words are those of ``features.recipe``."""
    return {
        "cell_types": get_args(CellType),
        "amount_units": {unit: AMOUNT_UNITS[unit] for unit in get_args(AmountUnit)},
        "ce_methods": {method: CE_METHODS[method] for method in get_args(CEMethod)},
        "roles": {role: ROLES[role] for role in get_args(PhaseRole)},
        "processes": PROCESSES,
        "ranges": RANGES,
        "solvents": _with_other_names({name: row[2] for name, row in SOLVENTS.items()}),
        "salts": _with_other_names({name: row[1] for name, row in SALTS.items()}),
    }


def _with_other_names(table: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the names of molecules, each with the others it goes by."""
    return {name: ", ".join(others) for name, others in table.items()}
