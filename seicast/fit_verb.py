"""The verb that fits impedance spectra: files in, resistances with their confidence out."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from features.counting import counted
from features.errors import InvalidSetting
from features.impedance.circuit import circuit_of
from seicast import printing

if TYPE_CHECKING:
    from seicast.spectrum_files import FileFits, FitSettings

fit_app = typer.Typer()
#: Of more spectra, the first and the last are shown.
MOST_ROWS = 40


@fit_app.command()
def fit(
    files: Annotated[list[Path], typer.Argument(help="Files of any potentiostat, or folders.")],
    circuit: Annotated[
        str, typer.Option(help="As in impedance.py; a name, such as two_arcs; or auto.")
    ] = "lithium_metal",
    area_cm2: Annotated[float | None, typer.Option(help="Of the electrode.")] = None,
    n_interfaces: Annotated[
        int, typer.Option(min=1, help="Like interfaces in series: 2 for Li||Li.")
    ] = 1,
    *,
    is_series: Annotated[
        bool, typer.Option("--series", help="Of one cell: fit all together, and their growth.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, all columns.")] = False,
    plot: Annotated[Path | None, typer.Option(help="PNG of spectra, fits, residuals.")] = None,
    out: Annotated[Path | None, typer.Option(help="Parquet file, all columns.")] = None,
    executor: Annotated[
        str, typer.Option(help="local, local:N or tcp://host:8786 (Dask).")
    ] = "local",
) -> None:
    """Fit impedance spectra without a guess: resistances, how sure they are, and what is doubted.

    Example: seicast fit docs/examples/simulated_impedance.csv --area-cm2 0.5 --n-interfaces 2
    """
    from seicast.spectrum_files import (  # noqa: PLC0415  loads joblib
        AUTO,
        FitSettings,
        growth_in,
        write_table,
    )

    if as_json and as_csv:
        raise InvalidSetting("--json and --csv exclude each other; choose one.")
    if circuit != AUTO:
        circuit_of(circuit)
    keeps_fits = is_series or plot is not None
    settings = FitSettings(circuit, area_cm2, n_interfaces, keeps_fits, is_series)
    found = _fitted(files, settings, executor, is_quiet=as_json or as_csv)
    if as_json:
        _print_json(found, is_series=is_series)
    elif as_csv:
        found.table.to_csv(sys.stdout, index=False)
    else:
        _show(found.table)
        if is_series:
            _show_growth(growth_in(found))
    if out is not None:
        write_table(found.table, out)
        print(f"{counted(len(found.table), 'spectrum', 'spectra')} in {out}", file=sys.stderr)
    if plot is not None and found.fits:
        _draw(found, plot, area_cm2)
    _tell_failures(found, files)


def _print_json(found: "FileFits", *, is_series: bool) -> None:
    """Print a row for each spectrum; of a series its growth as well."""
    from seicast.spectrum_files import growth_in  # noqa: PLC0415  loads joblib

    rows = json.loads(found.table.to_json(orient="records"))
    if not is_series:
        print(json.dumps(rows, indent=2))
        return
    growth = json.loads(growth_in(found).to_json(orient="index"))
    print(json.dumps({"spectra": rows, "growth": growth}, indent=2))


def _show_growth(growth: pd.DataFrame) -> None:
    """Print how the resistances of a series change, and why not where that is not known."""
    for name, row in growth.iterrows():
        told = row["reason"] or f"{row['value']:.4g} ±{row['sd']:.2g}"
        printing.console.print(f"{name}: {told}", markup=False, highlight=False)


def _fitted(
    files: list[Path], settings: "FitSettings", executor: str, *, is_quiet: bool
) -> "FileFits":
    """Fit a few files here and now; a folder with a bar, on all cores."""
    from seicast.spectrum_files import file_batches, fit_all  # noqa: PLC0415  loads joblib

    batches = file_batches(files, settings)
    if len(batches) == 1 and executor == "local":
        executor = "local:1"
    if is_quiet or not any(path.is_dir() for path in files):
        return fit_all(batches, executor, lambda done, total: None)
    with printing.counting_bar("fitting files") as tell:
        return fit_all(batches, executor, tell)


def _draw(found: "FileFits", plot: Path, area_cm2: float | None) -> None:
    from seicast.impedance_plot import impedance_plot  # noqa: PLC0415  loads matplotlib

    n_shown = impedance_plot(found.fits, _names(found.table), plot, area_cm2)
    print(f"{n_shown} of {len(found.table)} spectra drawn in {plot}", file=sys.stderr)


def _tell_failures(found: "FileFits", files: list[Path]) -> None:
    """Tell of files without spectra; an error where one was named or nothing is left."""
    for name, why in found.failures:
        print(f"Not fitted: {name}: {why}", file=sys.stderr)
    if found.failures and (found.table.empty or not all(path.is_dir() for path in files)):
        raise typer.Exit(2)


def _names(table: pd.DataFrame) -> list[str]:
    """Return what to call each spectrum: its file, and its number where the file has several.

    Those of one file are called by their cycles, where these tell them apart.
    """
    if table["file"].nunique() == 1 and table["cycle"].nunique() == len(table) > 1:
        return [f"cycle {cycle}" for cycle in table["cycle"]]
    counts = table.groupby("file")["number"].transform("max")
    is_one_file = table["file"].nunique() == 1
    return [
        str(file) if count == 1 else f"#{number}" if is_one_file else f"{file} #{number}"
        for file, number, count in zip(table["file"], table["number"], counts, strict=True)
    ]


def _show(table: pd.DataFrame) -> None:
    """Print resistances, then why some cannot be told, and what is doubted."""
    if table.empty:
        return
    rows = list(range(len(table)))
    if len(rows) > MOST_ROWS:
        rows = [*rows[: MOST_ROWS // 2], *rows[-MOST_ROWS // 2 :]]
    names = _names(table)
    printing.console.print(_resistances(table, names, rows))
    for file, choice in dict(zip(table["file"], table["choice"], strict=True)).items():
        if choice:
            printing.console.print(f"{file}: {choice}", markup=False, highlight=False)
    for row in rows:
        _show_reasons(names[row], table.iloc[row])
    if len(rows) < len(table):
        printing.console.print(f"{len(table)} spectra, {len(rows)} shown; --out keeps all of them")


def _resistances(table: pd.DataFrame, names: list[str], rows: list[int]) -> Table:
    """Return a table for the terminal, one row a spectrum."""
    names_of_columns = map(str, table.columns)
    resistances = [n for n in names_of_columns if n.startswith("R_") and not n.endswith("_sd")]
    shown = Table(
        Column("spectrum", overflow="fold", min_width=10),
        *(Column(_heading(name), justify="right", no_wrap=True) for name in resistances),
        "arcs\ntold",
        "Kramers-\nKronig",
        title=f"{', '.join(table['circuit'].unique())}; ± one standard deviation",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for row in rows:
        each = table.iloc[row]
        values = [_value(each, name) for name in resistances]
        told = "yes" if each["identifiable"] else "no"
        shown.add_row(names[row], *values, told, _verdict(each))
    return shown


def _show_reasons(name: str, each: pd.Series) -> None:
    if each["reason"]:
        what = "arcs not told apart" if each["is_fitted"] else "not fitted"
        printing.console.print(f"{name}: {what}: {each['reason']}", markup=False, highlight=False)
    if each["doubts"] and each["doubts"] != each["reason"]:
        printing.console.print(f"{name}: doubt: {each['doubts']}", markup=False, highlight=False)


def _heading(name: str) -> str:
    r"""Return a column's name with its unit below.

    Examples
    --------
    >>> _heading("R_SEI_ohm_cm2")
    'R_SEI\nohm cm2'
    """
    head, _, unit = name.partition("_ohm")
    return f"{head}\nohm{unit.replace('_', ' ')}"


def _value(each: pd.Series, name: str) -> str:
    """Return a value with its relative standard deviation."""
    value, sd = each[name], each[f"{name}_sd"]
    if pd.isna(value):
        return "-"
    return f"{value:.4g} ±{sd / value:.1%}" if sd < value else f"{value:.1g} ?"


def _verdict(each: pd.Series) -> str:
    """Return what the Kramers-Kronig test says of a spectrum."""
    if pd.isna(each["kk_rms"]):
        return "not judged"
    return f"{'ok' if each['is_consistent'] else 'no'}, {each['kk_rms']:.2%}"
