"""A cell as sent: recipe, raw cycling in Battery Data Format columns, impedance spectra, source.

Records are checked on construction; below this point nobody checks again.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.charge_check import charge_check
from features.errors import InvalidRecord
from features.extremes import extremes, falls
from features.recipe import Recipe

SourceKind = Literal["measured", "literature", "simulated"]

#: Battery Data Format column -> (lowest, highest) plausible value. I > 0 charges the test object.
#: A value outside is a unit error (mV for V, mA for A) rather than a battery of this lab.
CYCLING_COLUMNS = {
    "test_time_second": (0.0, 1e10),
    "current_ampere": (-1000.0, 1000.0),
    "voltage_volt": (-10.0, 10.0),
    "cycle_count": (0.0, 1e6),
    "charging_capacity_ah": (-1.0, 1e4),
    "discharging_capacity_ah": (-100.0, 1e4),
    "ambient_temperature_celsius": (-80.0, 200.0),
}
#: One of these sets must be there: a time series, or capacity-voltage curves by cycle.
COLUMN_SETS = (
    ("test_time_second", "current_ampere", "voltage_volt"),
    ("cycle_count", "voltage_volt", "discharging_capacity_ah"),
)
#: No electrode of this field carries more; 1000 times too much is mA sent as A.
HIGHEST_CURRENT_DENSITY_mA_cm2 = 200.0
#: An open circuit reads less; 1e300 is a fault of the export.
HIGHEST_IMPEDANCE_OHM = 1e12
#: Measured over stated current density: outside, one of the two has another unit.
CURRENT_AGREEMENT = (0.02, 50.0)


@dataclass(frozen=True)
class Source:
    """Where a cell comes from; the keys by which data are grouped."""

    kind: SourceKind
    lab: str | None = None
    batch: str | None = None
    replicate: str | None = None
    doi: str | None = None


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One impedance spectrum of a whole cell.

    Attributes
    ----------
    frequency_Hz : float array of shape (n_frequencies,)
    impedance_ohm : complex array of shape (n_frequencies,)
        Capacitive points have a negative imaginary part.
    cycle : int or None
        Number of cycles finished when it was taken; 0 is the fresh cell.
    time_h : float or None
        Hours since assembly.
    n_interfaces : int or None
        Like interfaces in series: 2 in a symmetric cell, also where a symmetric sister
        was measured in place of the cell. None leaves it to the cell's type.
    """

    frequency_Hz: NDArray[np.float64]
    impedance_ohm: NDArray[np.complex128]
    cycle: int | None = None
    time_h: float | None = None
    n_interfaces: int | None = None

    def __post_init__(self) -> None:
        if self.frequency_Hz.shape != self.impedance_ohm.shape or self.frequency_Hz.ndim != 1:
            raise InvalidRecord(
                f"Spectrum: {self.frequency_Hz.size} frequencies stand beside "
                f"{self.impedance_ohm.size} impedances; both need the same length."
            )
        is_finite = np.abs(self.impedance_ohm) <= HIGHEST_IMPEDANCE_OHM
        if not np.all(is_finite):
            row = int(np.argmin(is_finite))
            raise InvalidRecord(
                f"Spectrum: impedance holds NaN, or more than {HIGHEST_IMPEDANCE_OHM:g} ohm "
                f"({self.impedance_ohm[row]:g} in row {row}); leave such points out."
            )
        is_frequency = (self.frequency_Hz > 0) & (self.frequency_Hz <= 1e8)
        if not np.all(is_frequency):
            row = int(np.argmin(is_frequency))
            raise InvalidRecord(
                f"Spectrum: frequencies must be above 0 and at most 1e8 Hz, row {row} has "
                f"{self.frequency_Hz[row]:g}; leave out rows at 0 Hz."
            )


@dataclass(frozen=True, eq=False)
class Cell:
    """One cell of any kind; everything a descriptor may look at.

    Attributes
    ----------
    cell_id : str
    recipe : Recipe
    source : Source
    area_cm2 : float or None
        Geometric area of the working electrode.
    cycling : DataFrame or None
        Columns out of ``CYCLING_COLUMNS``; one of ``COLUMN_SETS`` is complete.
    spectra : tuple of Spectrum
    """

    cell_id: str
    recipe: Recipe
    source: Source
    area_cm2: float | None = None
    cycling: pd.DataFrame | None = None
    spectra: tuple[Spectrum, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.area_cm2 is not None and not 1e-4 <= self.area_cm2 <= 1e4:
            raise InvalidRecord(
                f"Cell '{self.cell_id}': area_cm2 is {self.area_cm2:g}; allowed is 1e-4 to 1e4 cm2."
            )
        if self.cycling is not None:
            _check_columns(self.cell_id, self.cycling)
            _check_values(self.cell_id, self.cycling)
            _check_current(self)
            _check_charge(self.cell_id, self.cycling)

    @property
    def has_time_series(self) -> bool:
        """Tell whether current, voltage and time were recorded row by row."""
        return self.cycling is not None and set(COLUMN_SETS[0]) <= set(self.cycling.columns)

    @property
    def is_full_cell(self) -> bool:
        """Tell whether both electrodes store lithium at different potentials."""
        return self.recipe.cell.type not in ("Li||Cu", "Li||Li")


def _check_columns(cell_id: str, cycling: pd.DataFrame) -> None:
    unknown = sorted(set(cycling.columns) - set(CYCLING_COLUMNS))
    if unknown:
        raise InvalidRecord(
            f"Cell '{cell_id}': cycling has unknown columns {unknown}; "
            f"known are {sorted(CYCLING_COLUMNS)}."
        )
    if not any(set(needed) <= set(cycling.columns) for needed in COLUMN_SETS):
        raise InvalidRecord(
            f"Cell '{cell_id}': cycling has {sorted(cycling.columns)}; it needs all of "
            f"{list(COLUMN_SETS[0])}, or all of {list(COLUMN_SETS[1])}."
        )
    if cycling.empty:
        raise InvalidRecord(f"Cell '{cell_id}': cycling has no rows; leave it out instead.")


def _check_values(cell_id: str, cycling: pd.DataFrame) -> None:
    for column in cycling.columns:
        values = cycling[column].to_numpy(dtype=float, na_value=np.nan)
        low, high = CYCLING_COLUMNS[column]
        lowest, highest = extremes(values)
        if low <= lowest and highest <= high:  # NaN lies nowhere
            continue
        row = int(np.argmin((values >= low) & (values <= high)))
        raise InvalidRecord(
            f"Cell '{cell_id}': {column} is {values[row]:g} in row {row}; allowed is "
            f"{low:g} to {high:g}. Check the unit, which is part of the column's name."
        )
    if "test_time_second" in cycling:
        _check_order(cell_id, cycling["test_time_second"].to_numpy())


def _check_order(cell_id: str, time_s: NDArray[np.float64]) -> None:
    if falls(time_s):
        raise InvalidRecord(
            f"Cell '{cell_id}': test_time_second steps backwards in row "
            f"{int(np.argmax(time_s[1:] < time_s[:-1])) + 1}; send rows in the order of the test, "
            f"with the time since its start."
        )


def _check_current(cell: Cell) -> None:
    """Refuse milliampere sent as ampere, told by the electrode's area."""
    if cell.cycling is None or "current_ampere" not in cell.cycling or cell.area_cm2 is None:
        return
    current_A = cell.cycling["current_ampere"].to_numpy(dtype=float)
    lowest_A, highest_A = extremes(current_A)
    highest_mA_cm2 = 1000 * max(-lowest_A, highest_A) / cell.area_cm2
    if highest_mA_cm2 > HIGHEST_CURRENT_DENSITY_mA_cm2:
        raise InvalidRecord(
            f"Cell '{cell.cell_id}': current_ampere reaches {highest_mA_cm2:g} mA/cm2 on "
            f"{cell.area_cm2:g} cm2; at most {HIGHEST_CURRENT_DENSITY_mA_cm2:g} is allowed. "
            f"Is the current in mA? Divide it by 1000. Or is the area wrong? So much current "
            f"takes {highest_mA_cm2 * cell.area_cm2 / HIGHEST_CURRENT_DENSITY_mA_cm2:.3g} cm2."
        )
    stated = cell.recipe.protocol.current_density_mA_cm2
    if stated is None or highest_mA_cm2 == 0:
        return
    low, high = CURRENT_AGREEMENT
    if not low <= highest_mA_cm2 / stated <= high:
        raise InvalidRecord(
            f"Cell '{cell.cell_id}': current_ampere peaks at {highest_mA_cm2:g} mA/cm2, the "
            f"protocol states {stated:g} mA/cm2; measured over stated must be {low:g} to {high:g}. "
            f"Check the unit of both."
        )


def _check_charge(cell_id: str, cycling: pd.DataFrame) -> None:
    """Refuse a unit error in current or time, told by the cycler's own capacity counters."""
    check = charge_check(cycling)
    if check is not None and not check.is_right:
        raise InvalidRecord(
            f"Cell '{cell_id}': current_ampere integrated over test_time_second gives "
            f"{check.ratio:.4g} times the counted capacity (median of {check.n_judged} "
            f"half-cycles); it may differ from 1 by {check.tolerance:.2g}: {check.hint}."
        )
