"""A folder of cells, each kept as it was sent: facts as JSON, raw data as Parquet.

    <root>/<cell_id>/cell.json          recipe, source, area; names and hashes of the rest
    <root>/<cell_id>/<sha256>.parquet   cycling, or a spectrum, in Battery Data Format columns

``cell.json`` is written last and replaced in one step: a cell is there whole or not at all.
The root is any folder or object store that fsspec knows.
"""

import hashlib
import io
import json
import re
from dataclasses import asdict
from typing import Any

import fsspec
import numpy as np
import pandas as pd

from features.errors import InvalidRecord, UnknownName
from features.recipe import recipe_from_dict
from features.records import Cell, Source, Spectrum

#: Cell ids become folder names.
CELL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,199}")


class CellStore:
    """Cells under one root.

    Parameters
    ----------
    root : str
        A folder, or an address that fsspec knows (``memory://cells``).
    """

    def __init__(self, root: str) -> None:
        self._files, self._root = fsspec.url_to_fs(root)

    def add(self, cell: Cell) -> None:
        """Keep a cell; one of the same id must not be there yet.

        Raises
        ------
        InvalidRecord
            If the id is taken or makes no folder name.
        """
        folder = self._folder(cell.cell_id)
        if self._files.exists(f"{folder}/cell.json"):
            raise InvalidRecord(
                f"Cell '{cell.cell_id}' is in the store already; send it under a new id."
            )
        facts = {
            "cell_id": cell.cell_id,
            "recipe": asdict(cell.recipe),
            "source": asdict(cell.source),
            "area_cm2": cell.area_cm2,
            "cycling": None if cell.cycling is None else self._keep(folder, cell.cycling),
            "spectra": [self._keep_spectrum(folder, spectrum) for spectrum in cell.spectra],
        }
        self._write(f"{folder}/cell.json", json.dumps(facts, indent=2).encode())

    def get(self, cell_id: str) -> Cell:
        """Return a cell.

        Raises
        ------
        UnknownName
            If it is not in the store.
        InvalidRecord
            If its raw data are gone, or do not have the hash they were kept under.
        """
        folder = self._folder(cell_id)
        if not self._files.exists(f"{folder}/cell.json"):
            raise UnknownName(
                f"No cell '{cell_id}' is in the store; it holds {len(self.ids())} cells."
            )
        facts = json.loads(self._files.cat_file(f"{folder}/cell.json"))
        return Cell(
            cell_id=facts["cell_id"],
            recipe=recipe_from_dict(facts["recipe"]),
            source=Source(**facts["source"]),
            area_cm2=facts["area_cm2"],
            cycling=None if facts["cycling"] is None else self._fetch(folder, facts["cycling"]),
            spectra=tuple(self._fetch_spectrum(folder, kept) for kept in facts["spectra"]),
        )

    def ids(self) -> list[str]:
        """Return the ids of all cells, sorted."""
        found = (str(path).split("/") for path in self._files.find(self._root, maxdepth=2))
        return sorted(parts[-2] for parts in found if parts[-1] == "cell.json")

    def _folder(self, cell_id: str) -> str:
        if not CELL_ID.fullmatch(cell_id):
            raise InvalidRecord(
                f"Cell id {cell_id[:80]!r} is not allowed; use letters, digits, space and "
                f". _ - only, at most 200, the first a letter or digit."
            )
        return f"{self._root}/{cell_id}"

    def _keep(self, folder: str, table: pd.DataFrame) -> str:
        """Write a table under its hash and return the hash."""
        content = io.BytesIO()
        table.to_parquet(content, index=False)
        sha256 = hashlib.sha256(content.getvalue()).hexdigest()
        self._write(f"{folder}/{sha256}.parquet", content.getvalue())
        return sha256

    def _fetch(self, folder: str, sha256: str) -> pd.DataFrame:
        path = f"{folder}/{sha256}.parquet"
        if not self._files.exists(path):
            raise InvalidRecord(f"{path} is missing; restore it from a backup.")
        content = self._files.cat_file(path)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InvalidRecord(f"{path} was altered; restore it from a backup.")
        return pd.read_parquet(io.BytesIO(content))

    def _keep_spectrum(self, folder: str, spectrum: Spectrum) -> dict[str, Any]:
        table = pd.DataFrame(
            {
                "frequency_hertz": spectrum.frequency_Hz,
                "real_impedance_ohm": spectrum.impedance_ohm.real,
                "imaginary_impedance_ohm": spectrum.impedance_ohm.imag,
            }
        )
        return {
            "sha256": self._keep(folder, table),
            "cycle": spectrum.cycle,
            "time_h": spectrum.time_h,
            "n_interfaces": spectrum.n_interfaces,
        }

    def _fetch_spectrum(self, folder: str, kept: dict[str, Any]) -> Spectrum:
        columns = self._fetch(folder, kept["sha256"]).to_numpy(dtype=float).T
        return Spectrum(
            frequency_Hz=np.ascontiguousarray(columns[0]),
            impedance_ohm=columns[1] + 1j * columns[2],
            cycle=kept["cycle"],
            time_h=kept["time_h"],
            n_interfaces=kept["n_interfaces"],
        )

    def _write(self, path: str, content: bytes) -> None:
        """Write a file so that no reader ever sees a part of it."""
        partial = f"{path}.partial"
        self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        self._files.pipe_file(partial, content)
        self._files.mv(partial, path)
