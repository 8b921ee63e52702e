"""Describe a folder of cycler files: in parallel, resumable, with a report of failures.

The facts of a file ``A1.csv`` (recipe, area) are in ``A1.json`` beside it, else in
``cell.json`` of the same folder: one cell in the service's own form, without raw data.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import SeicastError, UnreadableFile
from features.readers import readers
from features.records import Cell
from features.registry import select
from seicast.cell_files import cells_from
from store.file_sheets import FileJob, describe_file
from training.executor import run_all

FACTS = "cell.json"
#: Files that stand beside raw data and hold none.
NOT_RAW = {".json", ".md", ".toml", ".txt.license", ".png", ".pdf"}


@dataclass(frozen=True)
class FolderSummary:
    """What became of a folder."""

    n_described: int
    n_failed: int
    sha256: str


def describe_folder(
    folder: Path,
    out: Path,
    *,
    n_cycles: int | None,
    executor: str,
    cache: str,
    tell: Callable[[int, int], None],
) -> FolderSummary:
    """Write the descriptors of all raw files below a folder to a Parquet file.

    Beside ``out`` come ``<stem>.blanks.csv``, the reason of every blank, and
    ``<stem>.failures.csv``, the files that could not be described and why.

    Returns
    -------
    FolderSummary
        With the SHA-256 of ``out``, which does not depend on the executor.
    """
    jobs = file_jobs(folder, out, n_cycles, cache)
    _load()
    rows: list[dict[str, Any]] = []
    for row in run_all(describe_file, jobs, executor, may_fork=True):
        rows.append(row)
        tell(len(rows), len(jobs))
    rows.sort(key=lambda row: str(row["file"]))
    described = [row for row in rows if not row["error"]]
    failed = [row for row in rows if row["error"]]
    _write_table(out, described)
    _write_csv(out.with_suffix(".blanks.csv"), ["file", "descriptor", "reason"], _blanks(described))
    failures = [(row["file"], row["error"]) for row in failed]
    _write_csv(out.with_suffix(".failures.csv"), ["file", "error"], failures)
    return FolderSummary(len(described), len(failed), hashlib.sha256(out.read_bytes()).hexdigest())


def _load() -> None:
    """Import readers and descriptors here, so that no copy of this process need do it."""
    readers()
    select(None)


def file_jobs(folder: Path, out: Path, n_cycles: int | None, cache: str) -> list[FileJob]:
    """Return a job for every raw file below a folder, in the order of their names."""
    if not folder.is_dir():
        raise UnreadableFile(f"There is no folder '{folder}'.")
    paths = sorted(path for path in folder.rglob("*") if _is_raw(path, out))
    if not paths:
        raise UnreadableFile(f"'{folder}' holds no raw files.")
    facts: dict[Path, Cell | str] = {}
    return [_job(folder, path, facts, n_cycles, cache) for path in paths]


def _is_raw(path: Path, out: Path) -> bool:
    is_ours = path.name.startswith(out.stem + ".") and path.parent == out.parent
    return path.is_file() and path.suffix.lower() not in NOT_RAW and not is_ours


def _job(
    folder: Path, path: Path, facts: dict[Path, Cell | str], n_cycles: int | None, cache: str
) -> FileJob:
    found = next(
        (each for each in (path.with_suffix(".json"), path.parent / FACTS) if each.is_file()), None
    )
    name = path.relative_to(folder).as_posix()
    if found is None:
        problem = f"no facts: neither '{path.stem}.json' nor '{FACTS}' stands beside it"
        return FileJob(path, name, None, problem, n_cycles, cache)
    if found not in facts:
        facts[found] = _facts(found)
    cell = facts[found]
    if isinstance(cell, str):
        return FileJob(path, name, None, cell, n_cycles, cache)
    return FileJob(path, name, replace(cell, cell_id=name), "", n_cycles, cache)


def _facts(path: Path) -> Cell | str:
    """Return the cell that a JSON states, or why it states none."""
    try:
        cells = cells_from(path, None, [])
    except SeicastError as error:
        return str(error)
    return cells[0] if len(cells) == 1 else f"'{path.name}' holds {len(cells)} cells, not one"


def _blanks(described: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (row["file"], name, reason)
        for row in described
        for name, reason in sorted(row["reasons"].items())
    ]


def _write_table(out: Path, described: Sequence[dict[str, Any]]) -> None:
    """Write descriptors with their units and versions; whole or not at all."""
    catalogue = select(None)
    columns: dict[str, pa.Array] = {"file": pa.array([row["file"] for row in described])}
    for each in catalogue:
        found = [row["values"].get(each.name) for row in described]
        columns[each.name] = pa.array(found, type=pa.float64())
    fields = [pa.field("file", pa.string())] + [
        pa.field(
            each.name, pa.float64(), metadata={"unit": each.unit, "version": str(each.version)}
        )
        for each in catalogue
    ]
    table = pa.Table.from_arrays(list(columns.values()), schema=pa.schema(fields))
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    pq.write_table(table, partial)
    Path(partial).replace(out)


def _write_csv(path: Path, columns: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    partial = path.with_name(f".{path.name}.partial")
    pd.DataFrame(rows, columns=columns).to_csv(partial, index=False)
    Path(partial).replace(path)
