"""The spectra of a cell with their fits: what is drawn, and the numbers beside it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from features.errors import SeicastError
from features.impedance.fit import SpectraFit, fit_spectra
from features.records import Cell, Spectrum
from serving.pages.charts.impedance import (
    Drawn,
    bode_chart,
    growth_chart,
    nyquist_chart,
    residual_chart,
)

#: More spectra than these would hide each other; the first and the last are among them.
MOST_DRAWN = 6
#: Spectra so many times smaller than the largest would be a dot beside it.
LARGEST_RATIO = 20.0
#: A fit of so many takes about a second.
MOST_FITTED = 200


@dataclass(frozen=True, eq=False)
class Fitted:
    """One spectrum's row of the table.

    Attributes
    ----------
    name : str
    values : list of (float, float)
        Value and standard deviation, in the order of ``Impedance.columns``.
    is_identifiable : bool
    reason : str
    residual_rms, kk_rms : float
        Fractions of the modulus.
    n_points : int
    """

    name: str
    values: list[tuple[float, float]]
    is_identifiable: bool
    reason: str
    residual_rms: float
    kk_rms: float
    n_points: int


@dataclass(frozen=True, eq=False)
class Impedance:
    """The spectra of a cell as a page shows them.

    Attributes
    ----------
    charts : list of Markup
    columns : list of str
        Names of the resistances in the table.
    unit : str
        Theirs.
    rows : list of Fitted
    growth : Markup
        R_SEI, or the whole interface, against the cycle; empty where cycles are not known.
    why_no_fit : str
    n_spectra : int
    n_drawn : int
    circuit : str
    """

    charts: list[Markup]
    columns: list[str]
    unit: str
    rows: list[Fitted]
    growth: Markup
    why_no_fit: str
    n_spectra: int
    n_drawn: int
    circuit: str


def impedance_of(cell: Cell) -> Impedance:
    """Return the spectra of a cell, fitted and drawn."""
    spectra = cell.spectra[:MOST_FITTED]
    picked = _picked(len(spectra))
    fit, why = _fit(cell, spectra)
    names = [_name(spectrum, row) for row, spectrum in enumerate(spectra)]
    drawn = [_drawn(names[row], place, spectra, fit, row) for place, row in enumerate(picked)]
    charts = [nyquist_chart(alike) for alike in _of_one_size(drawn)] + [bode_chart(drawn)]
    if fit is not None:
        charts.append(residual_chart(drawn))
    unit = "Ω" if cell.area_cm2 is None else "Ω cm²"
    columns = [] if fit is None else _columns(fit.table)
    return Impedance(
        charts=charts,
        columns=[name.partition("_ohm")[0] for name in columns],
        unit=unit,
        rows=[] if fit is None else _rows(fit.table, columns, names),
        growth=_growth(fit, unit),
        why_no_fit=why,
        n_spectra=len(cell.spectra),
        n_drawn=len(drawn),
        circuit="" if fit is None else "Rs – (R_SEI | CPE) – ((R_ct + W) | C_dl)",
    )


def _fit(cell: Cell, spectra: tuple[Spectrum, ...]) -> tuple[SpectraFit | None, str]:
    """Return the fit of the paper's circuit, or why there is none."""
    n_interfaces = 2 if cell.recipe.cell.type == "Li||Li" else 1
    try:
        return fit_spectra(spectra, area_cm2=cell.area_cm2, n_interfaces=n_interfaces), ""
    except SeicastError as error:
        return None, str(error)


def _drawn(
    name: str, place: int, spectra: tuple[Spectrum, ...], fit: SpectraFit | None, row: int
) -> Drawn:
    spectrum = spectra[row]
    order = np.argsort(-spectrum.frequency_Hz)
    frequency_Hz = spectrum.frequency_Hz[order]
    impedance_ohm = spectrum.impedance_ohm[order]
    if fit is None or fit.refusals[row]:
        return Drawn(name, place, frequency_Hz, impedance_ohm)
    dense_Hz = np.geomspace(frequency_Hz[0], frequency_Hz[-1], 160)
    return Drawn(
        name,
        place,
        frequency_Hz,
        impedance_ohm,
        dense_Hz,
        fit.impedance_ohm(row, dense_Hz),
        fit.impedance_ohm(row, frequency_Hz),
    )


def _of_one_size(drawn: list[Drawn]) -> list[list[Drawn]]:
    """Return spectra in groups that can share one pair of axes, the largest first."""
    rest = sorted(drawn, key=_size_ohm, reverse=True)
    groups = []
    while rest:
        alike = [each for each in rest if _size_ohm(each) * LARGEST_RATIO >= _size_ohm(rest[0])]
        groups.append([each for each in drawn if each in alike])
        rest = [each for each in rest if each not in alike]
    return groups


def _size_ohm(each: Drawn) -> float:
    return float(np.abs(each.impedance_ohm).max())


def _columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of the resistances, in the order of the table."""
    names = [str(name) for name in table.columns]
    return [name for name in names if name.startswith("R_") and name.endswith(("_ohm", "_ohm_cm2"))]


def _rows(table: pd.DataFrame, columns: list[str], names: list[str]) -> list[Fitted]:
    return [
        Fitted(
            name=name,
            values=[(float(row[column]), float(row[f"{column}_sd"])) for column in columns],
            is_identifiable=bool(row["identifiable"]),
            reason=str(row["reason"]),
            residual_rms=float(row["residual_rms"]),
            kk_rms=float(row["kk_rms"]),
            n_points=int(row["n_points"]),
        )
        for name, row in zip(names, table.to_dict("records"), strict=True)
    ]


def _growth(fit: SpectraFit | None, unit: str) -> Markup:
    """Return the chart of resistance against cycle, empty below two spectra of known cycles."""
    if fit is None:
        return Markup()
    known = [row for row, each in enumerate(fit.spectra) if each.cycle is not None]
    if len(known) < 2:
        return Markup()
    table = fit.table
    # Where arcs cannot be told apart, only their sum is a number.
    can_tell = all(table["identifiable"].iloc[known])
    columns = _columns(table)
    name = next((each for each in columns if each.startswith("R_SEI") and can_tell), columns[-1])
    part = table.iloc[known]
    cycle = np.array([float(fit.spectra[row].cycle or 0) for row in known])
    values = part[name].to_numpy(dtype=float)
    sd = part[f"{name}_sd"].to_numpy(dtype=float)
    return growth_chart(cycle, values, sd, f"{name.partition('_ohm')[0]} / {unit}")


def _picked(n_spectra: int) -> list[int]:
    n_drawn = min(n_spectra, MOST_DRAWN)
    return [int(each) for each in np.unique(np.linspace(0, n_spectra - 1, n_drawn).round())]


def _name(spectrum: Spectrum, row: int) -> str:
    if spectrum.cycle is not None:
        return f"cycle {spectrum.cycle}"
    return f"spectrum {row + 1}" if spectrum.time_h is None else f"{spectrum.time_h:.4g} h"
