"""A version of a cell as JSON: recipe, source, outcome, and names and hashes of its raw data."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.errors import InvalidRecord
from features.recipe import recipe_from_dict
from features.records import Cell, Source
from store.blobs import Blobs
from store.outcome import Outcome
from store.raw_tables import from_parquet, in_parquet, spectra_of, table_of, values_sha256

Facts = dict[str, Any]

#: Ids stand in addresses, lists and file names.
CELL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,199}")
#: Of a file's name. File systems take 255; the rest is for what readers seek beside a file, under
#: its name with a longer ending.
MOST_NAME_BYTES = 240
#: Whatever ends a line or a text, or is half a character.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Original:
    """A file as an instrument wrote it.

    Attributes
    ----------
    name : str
        File name without folders.
    content : bytes
    """

    name: str
    content: bytes

    def __post_init__(self) -> None:
        is_plain = self.name not in {"", ".", ".."} and not re.search(r"[/\\]", self.name)
        if not is_plain or not is_printable(self.name):
            raise InvalidRecord(
                f"File name {self.name[:80]!r} is not allowed; send a name without folders, in "
                f"printable characters."
            )
        n_bytes = len(self.name.encode())
        if n_bytes > MOST_NAME_BYTES:
            raise InvalidRecord(
                f"File name {self.name[:80]!r} takes {n_bytes} bytes in UTF-8; at most "
                f"{MOST_NAME_BYTES} are allowed. Shorten it."
            )


@dataclass(frozen=True)
class Sealed:
    """Facts ready to be entered, and the raw files they refer to.

    Attributes
    ----------
    facts : dict
    blobs : mapping of str to bytes
        By name, see ``store.blobs``.
    """

    facts: Facts
    blobs: Mapping[str, bytes]

    @property
    def content_sha256(self) -> str:
        """Return the hash that tells whether two versions say the same."""
        return content_sha256(self.facts)


def sealed(
    cell: Cell, control_id: str | None, outcome: Outcome | None, originals: Sequence[Original]
) -> Sealed:
    """Return a cell's facts and raw files.

    Raises
    ------
    InvalidRecord
        If something in them cannot be kept: an id, a text with control characters, NaN.
    """
    check_cell_id(cell.cell_id)
    blobs: dict[str, bytes] = {}
    facts = {
        "cell_id": cell.cell_id,
        "recipe": asdict(cell.recipe),
        "source": asdict(cell.source),
        "area_cm2": cell.area_cm2,
        "control_id": control_id,
        "outcome": None if outcome is None else asdict(outcome),
        "cycling": _cycling(cell, blobs),
        "spectra": _spectra(cell, blobs),
        "originals": _originals(cell.cell_id, originals, blobs),
    }
    plain = json.loads(in_json(facts, cell.cell_id))
    _check_texts(cell.cell_id, plain)
    return Sealed(plain, blobs)


def is_printable(text: str) -> bool:
    """Tell whether a text breaks neither lists nor logs nor a database."""
    return _UNPRINTABLE.search(text) is None


def check_cell_id(cell_id: str) -> None:
    """Raise InvalidRecord if an id cannot stand in an address."""
    if not CELL_ID.fullmatch(cell_id):
        raise InvalidRecord(
            f"Cell id {cell_id[:80]!r} is not allowed; use letters, digits, space and "
            f". _ - only, at most 200, the first a letter or digit."
        )


def in_json(facts: Facts, cell_id: str) -> str:
    """Return facts as they are entered."""
    try:
        return json.dumps(facts, sort_keys=True, allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise InvalidRecord(f"Cell '{cell_id}' holds what JSON cannot: {error}.") from error


def content_sha256(facts: Facts) -> str:
    """Return a hash of what facts say, whatever version of pyarrow wrote the files."""
    said = {
        **facts,
        "cycling": _said(facts["cycling"]),
        "spectra": _said(facts["spectra"]),
        "originals": sorted(each["file"] for each in facts["originals"]),
    }
    # 1 and 1.0, 0.0 and -0.0 are equal, so their hashes must be.
    plain = json.loads(
        json.dumps(said), parse_int=float, parse_float=lambda text: float(text) + 0.0
    )
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def cell_of(facts: Facts, blobs: Blobs) -> Cell:
    """Return the cell of some facts, with its raw data.

    Raises
    ------
    BrokenStore
        If raw data are gone or altered.
    """
    cycling, spectra = facts["cycling"], facts["spectra"]
    return Cell(
        cell_id=facts["cell_id"],
        recipe=recipe_from_dict(facts["recipe"]),
        source=Source(**facts["source"]),
        area_cm2=facts["area_cm2"],
        cycling=None if cycling is None else from_parquet(blobs.fetch(cycling["file"])),
        spectra=()
        if spectra is None
        else spectra_of(from_parquet(blobs.fetch(spectra["file"])), spectra["each"]),
    )


def blob_names(facts: Facts) -> list[str]:
    """Return the raw files that facts refer to."""
    tables = [facts[kind]["file"] for kind in ("cycling", "spectra") if facts[kind] is not None]
    return tables + [each["file"] for each in facts["originals"]]


def _said(table: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if table is None else {key: table[key] for key in table if key != "file"}


def _cycling(cell: Cell, blobs: dict[str, bytes]) -> Facts | None:
    if cell.cycling is None:
        return None
    name = _put(blobs, in_parquet(cell.cycling), "parquet")
    n_rows = len(cell.cycling)
    return {"file": name, "values_sha256": values_sha256(cell.cycling), "n_rows": n_rows}


def _spectra(cell: Cell, blobs: dict[str, bytes]) -> Facts | None:
    if not cell.spectra:
        return None
    table = table_of(cell.spectra)
    each = [
        {"cycle": one.cycle, "time_h": one.time_h, "n_interfaces": one.n_interfaces}
        for one in cell.spectra
    ]
    name = _put(blobs, in_parquet(table), "parquet")
    return {"file": name, "values_sha256": values_sha256(table), "each": each}


def _originals(
    cell_id: str, originals: Sequence[Original], blobs: dict[str, bytes]
) -> list[dict[str, Any]]:
    names = [original.name for original in originals]
    if len(set(names)) < len(names):
        raise InvalidRecord(f"Cell '{cell_id}': two of its files have one name: {sorted(names)}.")
    return [
        {
            "name": original.name,
            "file": _put(blobs, original.content, "raw"),
            "n_bytes": len(original.content),
        }
        for original in originals
    ]


def _put(blobs: dict[str, bytes], content: bytes, ending: str) -> str:
    name = f"{hashlib.sha256(content).hexdigest()}.{ending}"
    blobs[name] = content
    return name


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _check_texts(cell_id: str, value: object, where: str = "") -> None:
    """Refuse texts that break lists, logs or a database."""
    if isinstance(value, dict):
        for key, each in value.items():
            _check_texts(cell_id, each, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for each in value:
            _check_texts(cell_id, each, where)
    elif isinstance(value, str) and not is_printable(value):
        raise InvalidRecord(
            f"Cell '{cell_id}': {where} is {value[:80]!r}; control characters and half characters "
            f"are not allowed. Leave them out."
        )
