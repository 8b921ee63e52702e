"""Spectra of many files, fitted in batches: here or on a cluster, with a report of failures."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import NotMeasured, SeicastError, UnreadableFile
from features.impedance.choice import choose_circuit
from features.impedance.fit import PAPERS_CIRCUIT, SpectraFit, fit_spectra
from features.impedance.series import fit_series
from features.impedance.series_fit import SeriesFit
from features.readers import read_file
from features.records import Spectrum
from seicast.folders import NOT_RAW
from seicast.ways_out import doubts_with_ways_out
from training.executor import run_all

#: Stands for the circuit that the data ask for.
AUTO = "auto"
#: Files that one worker fits together: spectra fitted side by side share the work.
N_TOGETHER = 16


@dataclass(frozen=True)
class FitSettings:
    """What to fit, and of what.

    Attributes
    ----------
    circuit : str
        In impedance.py's grammar, a name, or ``auto``.
    area_cm2 : float or None
    n_interfaces : int
        Where a file does not say.
    keeps_fits : bool
        Whether the fits are wanted beside the table, for a plot.
    is_series : bool
        Whether all spectra are of one cell, to be fitted together from the first to the last.
    """

    circuit: str
    area_cm2: float | None = None
    n_interfaces: int = 1
    keeps_fits: bool = False
    is_series: bool = False


@dataclass(frozen=True)
class FileBatch:
    """Some files that are fitted together, with the names they are shown by."""

    position: int
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    settings: FitSettings


@dataclass(frozen=True, eq=False)
class FileFits:
    """What became of some files.

    Attributes
    ----------
    table : DataFrame
        A row for every spectrum: file, number in the file, cycle, time, circuit and why it was
        chosen, then the columns of ``SpectraFit.table``.
    failures : tuple of (str, str)
        Files that gave no spectrum, and why.
    fits : tuple of SpectraFit
        Where they were to be kept, in the order of the rows.
    """

    table: pd.DataFrame
    failures: tuple[tuple[str, str], ...]
    fits: tuple[SpectraFit, ...]


def file_batches(paths: Sequence[Path], settings: FitSettings) -> list[FileBatch]:
    """Return the files named, and all raw files below the folders named, in batches."""
    found: dict[Path, str] = {}
    for path in paths:
        below = sorted(each for each in path.rglob("*") if _is_raw(each)) if path.is_dir() else []
        found |= {each: each.relative_to(path).as_posix() for each in below}
        if not path.is_dir():
            found[path] = path.name
    if not found:
        raise UnreadableFile(f"'{paths[0]}' holds no raw files.")
    every = list(found)
    counts = Counter(found.values())
    names = [name if counts[name] == 1 else str(path) for path, name in found.items()]
    n_together = len(every) if settings.is_series else N_TOGETHER
    return [
        FileBatch(
            position,
            tuple(every[first : first + n_together]),
            tuple(names[first : first + n_together]),
            settings,
        )
        for position, first in enumerate(range(0, len(every), n_together))
    ]


def fit_all(
    batches: Sequence[FileBatch], executor: str, tell: Callable[[int, int], None]
) -> FileFits:
    """Return the fits of all batches; the table does not depend on who did the work."""
    n_files, n_done = sum(len(batch.paths) for batch in batches), 0
    found: dict[int, FileFits] = {}
    for position, part in run_all(_fit_at, batches, executor):
        found[position] = part
        n_done += len(batches[position].paths)
        tell(n_done, n_files)
    parts = [found[position] for position in sorted(found)]
    tables = [part.table for part in parts if len(part.table)]
    return FileFits(
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
        tuple(failure for part in parts for failure in part.failures),
        tuple(fit for part in parts for fit in part.fits),
    )


def fit_files(batch: FileBatch) -> FileFits:
    """Return the fits of all spectra in some files."""
    origins: list[dict[str, object]] = []
    spectra: list[Spectrum] = []
    failures = []
    for path, name in zip(batch.paths, batch.names, strict=True):
        try:
            own = _spectra(path)
        except SeicastError as error:
            failures.append((name, error.in_words))
        else:
            spectra += own
            origins += [_origin(name, number, each) for number, each in enumerate(own, start=1)]
    table, fits = _fitted(spectra, origins, batch.settings)
    return FileFits(table, tuple(failures), fits if batch.settings.keeps_fits else ())


def growth_in(found: FileFits) -> pd.DataFrame:
    """Return how the resistances of a series change; empty where no spectrum was fitted."""
    series = [fit for fit in found.fits if isinstance(fit, SeriesFit)]
    return series[0].growth if series else pd.DataFrame(columns=["value", "sd", "reason"])


def write_table(table: pd.DataFrame, out: Path) -> None:
    """Write a table to a Parquet file, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), partial)
    partial.replace(out)


def _fit_at(batch: FileBatch) -> tuple[int, FileFits]:
    return batch.position, fit_files(batch)


def _is_raw(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() not in {*NOT_RAW, ".parquet"}


def _spectra(path: Path) -> tuple[Spectrum, ...]:
    reading = read_file(path)
    if not reading.spectra:
        raise UnreadableFile(f"'{path.name}' ({reading.format}) holds no impedance spectrum.")
    return reading.spectra


def _origin(name: str, number: int, spectrum: Spectrum) -> dict[str, object]:
    return {"file": name, "number": number, "cycle": spectrum.cycle, "time_h": spectrum.time_h}


def _fitted(
    spectra: Sequence[Spectrum], origins: Sequence[dict[str, object]], settings: FitSettings
) -> tuple[pd.DataFrame, tuple[SpectraFit, ...]]:
    """Return the table of all spectra and their fits, those of one circuit in one batch."""
    # A series is of one cell, whichever files it is in.
    files = [None if settings.is_series else origin["file"] for origin in origins]
    chosen = _circuits(spectra, files, settings)
    tables, fits = [], []
    for circuit in dict.fromkeys(circuit for circuit, _ in chosen):
        own = [row for row, (text, _) in enumerate(chosen) if text == circuit]
        some = [spectra[row] for row in own]
        fit = _fit(some, circuit, settings)
        # A series comes back in its own order.
        places = {id(each): row for each, row in zip(some, own, strict=True)}
        own = [places[id(each)] for each in fit.spectra]
        told = pd.DataFrame([origins[row] for row in own])
        told = told.astype({"cycle": "Int64", "time_h": "Float64"}).assign(
            circuit=circuit, choice=[chosen[row][1] for row in own]
        )
        table = fit.table.drop(columns=["cycle", "time_h"], errors="ignore")
        of_series = [files[row] for row in own]
        table["doubts"] = doubts_with_ways_out(fit, of_series, is_chosen=settings.circuit == AUTO)
        tables.append(pd.concat([told, table], axis=1))
        fits.append(fit)
    return (pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()), tuple(fits)


def _fit(spectra: Sequence[Spectrum], circuit: str, settings: FitSettings) -> SpectraFit:
    fit = fit_series if settings.is_series else fit_spectra
    return fit(spectra, circuit, settings.area_cm2, settings.n_interfaces)


def _circuits(
    spectra: Sequence[Spectrum], files: Sequence[object], settings: FitSettings
) -> list[tuple[str, str]]:
    """Return the circuit of each spectrum, and why it: one for all spectra of a file."""
    if settings.circuit != AUTO:
        return [(settings.circuit, "")] * len(spectra)
    chosen = {
        file: _chosen([each for each, of in zip(spectra, files, strict=True) if of == file])
        for file in dict.fromkeys(files)
    }
    return [chosen[file] for file in files]


def _chosen(spectra: Sequence[Spectrum]) -> tuple[str, str]:
    """Return the circuit that spectra ask for, and why; the paper's where none can be fitted."""
    try:
        choice = choose_circuit(spectra)
    except NotMeasured as reason:
        return PAPERS_CIRCUIT, str(reason)
    return choice.circuit, choice.sentence
