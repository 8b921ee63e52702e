"""From the fields of a form to the JSON that the interface takes; one field a line of paper."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import anyio
from fastapi import Request

from serving.errors import BodyTooLarge, InvalidRequest, Problem, SlowBody, UnsupportedBody
from serving.settings import Settings

Fields = Mapping[str, Sequence[str]]

MEDIA_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 500
MOST_BYTES = 100_000
COATED, BARE = "coated", "bare"
KINDS = {"salt": "salts", "solvent": "solvents", "additive": "additives"}
#: field of the form -> path in the cell, for numbers.
NUMBERS = {
    "area_cm2": ("area_cm2",),
    "thickness_nm": ("recipe", "coating", "thickness_nm"),
    "youngs_modulus_GPa": ("recipe", "coating", "youngs_modulus_GPa"),
    "ionic_conductivity_S_cm": ("recipe", "coating", "ionic_conductivity_S_cm"),
    "volume_uL": ("recipe", "electrolyte", "volume_uL"),
    "lithium_capacity_mAh_cm2": ("recipe", "cell", "lithium_capacity_mAh_cm2"),
    "positive_capacity_mAh_cm2": ("recipe", "cell", "positive_capacity_mAh_cm2"),
    "current_density_mA_cm2": ("recipe", "protocol", "current_density_mA_cm2"),
    "areal_capacity_mAh_cm2": ("recipe", "protocol", "areal_capacity_mAh_cm2"),
    "upper_cutoff_V": ("recipe", "protocol", "upper_cutoff_V"),
    "lower_cutoff_V": ("recipe", "protocol", "lower_cutoff_V"),
    "temperature_degC": ("recipe", "protocol", "temperature_degC"),
}
#: The same for words.
WORDS = {
    "process": ("recipe", "coating", "process"),
    "coating_solvent": ("recipe", "coating", "solvent"),
    "cell_type": ("recipe", "cell", "type"),
    "substrate": ("recipe", "cell", "substrate"),
    "ce_method": ("recipe", "protocol", "ce_method"),
    "charging": ("recipe", "protocol", "charging"),
    "kind": ("source", "kind"),
    "lab": ("source", "lab"),
    "batch": ("source", "batch"),
    "replicate": ("source", "replicate"),
}


async def read_form(request: Request, settings: Settings) -> Fields:
    """Return the fields of a form by name, each with its values in order."""
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != MEDIA_TYPE:
        raise UnsupportedBody(f"A form comes as {MEDIA_TYPE}.")
    try:
        with anyio.fail_after(settings.read_timeout_s):
            body = await request.body()
    except TimeoutError:
        raise SlowBody(f"The form took more than {settings.read_timeout_s} s to arrive.") from None
    if len(body) > MOST_BYTES:
        raise BodyTooLarge(f"The form exceeds {MOST_BYTES} bytes.")
    return parsed(body)


def parsed(body: bytes) -> Fields:
    """Return the fields of an encoded form."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise InvalidRequest([Problem("form", str(error))]) from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.strip())
    return fields


def cell_of(fields: Fields) -> dict[str, Any]:
    """Return the JSON of the cell that a form describes; empty fields are left out.

    Raises
    ------
    InvalidRequest
        If a number cannot be read as one.
    """
    problems: list[Problem] = []
    cell: dict[str, Any] = {
        "cell_id": first(fields, "cell_id") or "this cell",
        "recipe": {"cell": {}, "protocol": {}},
    }
    coating = _coating(fields, problems)
    if coating is not None:
        cell["recipe"]["coating"] = coating
    electrolyte = {
        plural: parts
        for kind, plural in KINDS.items()
        if (parts := _components(fields, kind, problems))
    }
    if electrolyte:
        cell["recipe"]["electrolyte"] = electrolyte
    for name, path in WORDS.items():
        _put(cell, path, first(fields, name) or None)
    for name, path in NUMBERS.items():
        _put(cell, path, _number(first(fields, name), ".".join(path), problems))
    if problems:
        raise InvalidRequest(problems)
    if "source" in cell:
        cell["source"].setdefault("kind", "measured")
    return cell


def first(fields: Fields, name: str, default: str = "") -> str:
    """Return the first value of a field."""
    return next(iter(fields.get(name, ())), default)


def number_of(fields: Fields, name: str, default: float) -> float:
    """Return a field's number, a default where it is empty."""
    problems: list[Problem] = []
    found = _number(first(fields, name), name, problems)
    if problems:
        raise InvalidRequest(problems)
    return default if found is None else found


def _coating(fields: Fields, problems: list[Problem]) -> dict[str, Any] | None:
    """Return a coating; without phases it is a bare electrode, None is one nobody described."""
    kind = first(fields, "coating", COATED)
    if kind == BARE:
        return {"phases": []}
    if kind != COATED:
        return None
    phases = []
    for row, (name, fraction, role, formula) in enumerate(
        _rows(fields, "phase_name", "phase_fraction", "phase_role", "phase_formula")
    ):
        where = f"recipe.coating.phases[{row}].weight_fraction"
        phase: dict[str, Any] = {
            "name": name,
            "weight_fraction": _needed(fraction, where, problems),
        }
        phases.append(phase | _stated(role=role, formula=formula))
    if not phases:
        text = "has no phase; name one, or say that the electrode is bare"
        problems.append(Problem("recipe.coating.phases", text))
    return {"phases": phases}


def _components(fields: Fields, kind: str, problems: list[Problem]) -> list[dict[str, Any]]:
    found = []
    names = (f"{kind}_{part}" for part in ("name", "amount", "unit", "formula", "density_g_mL"))
    for row, (name, amount, unit, formula, density) in enumerate(_rows(fields, *names)):
        where = f"recipe.electrolyte.{KINDS[kind]}[{row}]"
        part: dict[str, Any] = {
            "name": name,
            "amount": _needed(amount, f"{where}.amount", problems),
            "unit": unit,
        }
        density_g_mL = _number(density, f"{where}.density_g_mL", problems)
        part |= _stated(formula=formula)
        found.append(part | ({} if density_g_mL is None else {"density_g_mL": density_g_mL}))
    return found


def _rows(fields: Fields, *names: str) -> list[tuple[str, ...]]:
    """Return the rows of a small table in a form, those without a name left out."""
    columns = [fields.get(name, ()) for name in names]
    longest = max(map(len, columns), default=0)
    filled = [[*column, *[""] * (longest - len(column))] for column in columns]
    return [row for row in zip(*filled, strict=True) if row[0]]


def _put(cell: dict[str, Any], path: Sequence[str], value: object) -> None:
    """Put a value to its place; the fields of a bare electrode's coating go nowhere."""
    if value is None:
        return
    node = cell
    if path[:2] == ("recipe", "coating") and not cell["recipe"].get("coating", {}).get("phases"):
        return
    for part in path[:-1]:
        node = node.setdefault(part, {})
    node[path[-1]] = value


def _stated(**words: str) -> dict[str, str]:
    return {name: word for name, word in words.items() if word}


def _needed(text: str, where: str, problems: list[Problem]) -> float | None:
    if not text:
        problems.append(Problem(where, "is empty; write a number"))
    return _number(text, where, problems)


def _number(text: str, where: str, problems: list[Problem]) -> float | None:
    if not text:
        return None
    try:
        # A decimal comma is what half of the world writes.
        return float(text.replace(",", "."))
    except ValueError:
        problems.append(Problem(where, f"'{text[:40]}' is no number"))
        return None
