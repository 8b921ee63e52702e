"""The spectra of a cell with their fits: what is drawn, and the numbers beside it.

Spectra of known cycles, or hours, are one series: each is fitted together with its neighbours, so
that an arc keeps its name from the first to the last.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from features.cell_spectra import MOST_UNCERTAIN_FRACTION, usual_interfaces
from features.errors import SeicastError
from features.impedance.fit import SpectraFit, fit_spectra
from features.impedance.growth import Course
from features.impedance.kramers_kronig import HIGHEST_RMS_FRACTION
from features.impedance.series import fit_series
from features.impedance.series_fit import SeriesFit, known
from features.records import Cell, Spectrum
from serving.pages.charts.impedance import (
    Drawn,
    bode_chart,
    growth_chart,
    nyquist_chart,
    residual_chart,
)
from serving.pages.templating import printed_unit, with_sd

#: More spectra than these would hide each other; the first and the last are among them.
MOST_DRAWN = 6
#: Spectra so many times smaller than the largest would be a dot beside it.
LARGEST_RATIO = 20.0
#: A fit of so many takes about a second; of more, some are left out between first and last.
MOST_FITTED = 200


@dataclass(frozen=True, eq=False)
class Fitted:
    """One spectrum's row of the table.

    Attributes
    ----------
    name : str
    values : list of (float, float)
        Value and standard deviation, in the order of ``Impedance.columns``; nan where it is not
        told.
    is_identifiable : bool
    was_regularised : bool
        Whether the neighbours were needed.
    reason : str
    doubts : str
        What is to be doubted in the spectrum and its fit; empty for good ones.
    residual_rms, kk_rms : float
        Fractions of the modulus.
    n_points : int
    is_fitted : bool
    """

    name: str
    values: list[tuple[float, float]]
    is_identifiable: bool
    was_regularised: bool
    reason: str
    doubts: str
    residual_rms: float
    kk_rms: float
    n_points: int
    is_fitted: bool

    @property
    def is_usable(self) -> bool:
        """Tell whether the resistances are those of an impedance, and the fit goes through it."""
        worst = max(self.residual_rms, 0.0 if np.isnan(self.kk_rms) else self.kk_rms)
        return self.is_fitted and worst <= HIGHEST_RMS_FRACTION


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
        R_SEI, or the whole interface, against cycle or hours; empty where neither is known.
    pace : list of str
        How fast the arcs change, in words; why not, where that is not known.
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
    pace: list[str]
    why_no_fit: str
    n_spectra: int
    n_drawn: int
    circuit: str


def impedance_of(cell: Cell) -> Impedance:
    """Return the spectra of a cell, fitted and drawn."""
    spectra = tuple(cell.spectra[row] for row in _picked(len(cell.spectra), MOST_FITTED))
    fit, why = _fit(cell, spectra)
    spectra = spectra if fit is None else fit.spectra
    picked = _picked(len(spectra), MOST_DRAWN)
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
        pace=_pace(fit),
        why_no_fit=why,
        n_spectra=len(cell.spectra),
        n_drawn=len(drawn),
        circuit="" if fit is None else "Rs – (R_SEI | CPE) – ((R_ct + W) | C_dl)",
    )


def _fit(cell: Cell, spectra: tuple[Spectrum, ...]) -> tuple[SpectraFit | None, str]:
    """Return the fit of the paper's circuit, or why there is none."""
    fit = fit_series if _is_series(spectra) else fit_spectra
    try:
        return fit(spectra, area_cm2=cell.area_cm2, n_interfaces=usual_interfaces(cell)), ""
    except SeicastError as error:
        return None, str(error)


def _is_series(spectra: tuple[Spectrum, ...]) -> bool:
    """Tell whether spectra follow each other: all of known cycles or hours, not all the same."""
    moments = (known(spectra, name) for name in ("cycle", "time_h"))
    return any(np.unique(each).size > 1 and np.isfinite(each).all() for each in moments)


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
            values=[_told(row, column) for column in columns],
            is_identifiable=bool(row["identifiable"]),
            was_regularised=bool(row.get("was_regularised", False)),
            reason=str(row["reason"]),
            doubts=str(row["doubts"]),
            residual_rms=float(row["residual_rms"]),
            kk_rms=float(row["kk_rms"]),
            n_points=int(row["n_points"]),
            is_fitted=bool(row["is_fitted"]),
        )
        for name, row in zip(names, table.to_dict("records"), strict=True)
    ]


def _told(row: Mapping[Hashable, Any], column: str) -> tuple[float, float]:
    """Return a resistance with its deviation, nan where the spectrum does not tell it."""
    value, sd = float(row[column]), float(row[f"{column}_sd"])
    is_sure = 2 * sd <= MOST_UNCERTAIN_FRACTION * value
    is_told = bool(row["identifiable"]) or column.startswith(("R_s_", "R_int_"))
    return (value, sd) if is_sure and is_told else (float("nan"), float("nan"))


def _growth(fit: SpectraFit | None, unit: str) -> Markup:
    """Return the chart of resistance against its moment, empty below two spectra that tell it."""
    if not isinstance(fit, SeriesFit):
        return Markup()
    course = fit.course("SEI")
    if course.resistance.size < 2:
        # Where arcs cannot be told apart, only their sum is a number.
        course = _interface(fit)
    by_cycle = np.isfinite(course.cycle).all()
    moment, words = (course.cycle, "cycle") if by_cycle else (course.time_h, "hours")
    if course.resistance.size < 2 or np.unique(moment).size < 2:
        return Markup()
    sd = course.resistance * np.sqrt(np.diag(course.log_covariance))
    return growth_chart(moment, course.resistance, sd, f"{course.name} / {unit}", words)


def _interface(fit: SeriesFit) -> Course:
    """Return the sum of all arcs over the spectra in which it is known."""
    unit = "ohm" if fit.area_cm2 is None else "ohm_cm2"
    value = fit.table[f"R_int_{unit}"].to_numpy(dtype=float)
    log_sd = fit.table[f"R_int_{unit}_sd"].to_numpy(dtype=float) / value
    told = np.flatnonzero(2 * log_sd <= MOST_UNCERTAIN_FRACTION)
    spectra = [fit.spectra[row] for row in told]
    return Course(
        "R_int",
        unit,
        value[told],
        np.diag(log_sd[told] ** 2),
        known(spectra, "cycle"),
        known(spectra, "time_h"),
        len(fit.spectra),
    )


def _pace(fit: SpectraFit | None) -> list[str]:
    """Return how fast the arcs change, in words, and why not where that is not known."""
    if not isinstance(fit, SeriesFit):
        return []
    found = [
        (str(name), float(row["value"]), float(row["sd"]), str(row["reason"]))
        for name, row in fit.growth.iterrows()
    ]
    told = [f"{_change(name)} {with_sd(value, sd)}" for name, value, sd, why in found if not why]
    return told or list(dict.fromkeys(why for *_, why in found))


def _change(name: str) -> str:
    """Return a change of a resistance in words, with its unit.

    Examples
    --------
    >>> _change("R_SEI_growth_ohm_cm2_per_cycle"), _change("R_ct_ratio")
    ('R_SEI grows, in Ω cm² per cycle:', 'R_ct, last over first:')
    """
    if name.endswith("_ratio"):
        return f"{name.removesuffix('_ratio')}, last over first:"
    what, _, unit = name.partition("_growth_")
    words = unit.replace("ohm_cm2", "ohm cm2").replace("_", " ").replace("per sqrt h", "per √h")
    return f"{what} grows, in {printed_unit(words)}:"


def _picked(n_spectra: int, n_most: int) -> list[int]:
    """Return so many rows at most, evenly spread, the first and the last among them."""
    n_picked = min(n_spectra, n_most)
    return [int(each) for each in np.unique(np.linspace(0, n_spectra - 1, n_picked).round())]


def _name(spectrum: Spectrum, row: int) -> str:
    if spectrum.cycle is not None:
        return f"cycle {spectrum.cycle}"
    return f"spectrum {row + 1}" if spectrum.time_h is None else f"{spectrum.time_h:.4g} h"
