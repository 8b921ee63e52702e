"""Fits of the founding paper's circuit to the last spectrum in the window, of one interface's area.

``R0-p(R1,CPE1)-p(R2-W1,C2)``: electrolyte, SEI, charge transfer with diffusion. The SEI is
the faster arc, whichever branch of the circuit has taken it. Where the arcs cannot be told
apart, their sum, the series resistance and the model-free readings remain.
"""

import numpy as np

from features.cell_spectra import FittedSpectrum, last_fitted, last_spectrum, validity
from features.errors import NotMeasured
from features.impedance.coordinates import Arc, arcs_of
from features.impedance.elements import Array
from features.records import Cell
from features.registry import descriptor

PAPER = "doi:10.1002/adma.201605531"
#: Capacitance of a constant-phase arc from its apex (Hsu and Mansfeld).
HSU_MANSFELD_2001 = "doi:10.5006/1.3280607"
SEI, CHARGE_TRANSFER = 0, 1
#: Of free space, in F cm-1.
VACUUM_PERMITTIVITY_F_cm = 8.8541878e-14
#: Assumed of every SEI and coating: salts of lithium have 4 to 20; thickness is in proportion.
RELATIVE_PERMITTIVITY = 10.0
nm_PER_cm = 1e7


@descriptor(version=2, source=PAPER)
def series_resistance_ohm_cm2(cell: Cell) -> float:
    """Return the fitted resistance before the arcs, times area: electrolyte and leads."""
    last = last_fitted(cell)
    return last.series().value * last.known_area_cm2


@descriptor(version=2, source=PAPER)
def sei_resistance_ohm_cm2(cell: Cell) -> float:
    """Return the fitted resistance of the faster arc, the SEI with its coating, per interface."""
    return _resistance_ohm_cm2(last_fitted(cell), SEI)


@descriptor(version=2, source=PAPER)
def charge_transfer_resistance_ohm_cm2(cell: Cell) -> float:
    """Return the fitted resistance of the slower arc, charge transfer, per interface."""
    return _resistance_ohm_cm2(last_fitted(cell), CHARGE_TRANSFER)


@descriptor(version=2, source=f"own, after {PAPER}")
def interface_resistance_ohm_cm2(cell: Cell) -> float:
    """Return SEI and charge-transfer resistance together, per interface; known where they are not.

    The sum of two overlapping arcs is seen far better than either.
    """
    last = last_fitted(cell)
    return last.of_interface(last.interface().value)


@descriptor(version=2, source=PAPER)
def warburg_coefficient_ohm_cm2_s05(cell: Cell) -> float:
    """Return the diffusion coefficient sigma of W = sigma (1 - j) / sqrt(omega), per interface."""
    last = last_fitted(cell)
    last.demand_identifiable()
    return last.of_interface(last.parameter("W1")[0])


@descriptor(version=2, source=PAPER)
def sei_cpe_coefficient_S_s_alpha_cm2(cell: Cell) -> float:
    """Return Q of the SEI's constant-phase element Q (j omega)^alpha, per area of an interface."""
    last = last_fitted(cell)
    arc, log_parameters = _branch(last, SEI)
    return last.of_interface(float(np.exp(log_parameters[arc.capacitor])), -1)


@descriptor(version=2, source=PAPER)
def sei_cpe_exponent_ratio(cell: Cell) -> float:
    """Return the exponent alpha of the SEI's constant-phase element; 1 is a capacitor."""
    arc, log_parameters = _branch(last_fitted(cell), SEI)
    return 1.0 if arc.alpha is None else float(np.exp(log_parameters[arc.alpha]))


@descriptor(version=2, source=HSU_MANSFELD_2001)
def sei_capacitance_F_cm2(cell: Cell) -> float:
    """Return the capacitance Q^(1/alpha) R^((1-alpha)/alpha) of the SEI, per area of an interface.

    It is 1 / (2 pi f R) of the arc's apex.
    """
    return _capacitance_F_cm2(last_fitted(cell), SEI)


@descriptor(version=2, source=PAPER)
def double_layer_capacitance_F_cm2(cell: Cell) -> float:
    """Return the capacitance of the slower arc, per area of an interface; grows with real area."""
    return _capacitance_F_cm2(last_fitted(cell), CHARGE_TRANSFER)


@descriptor(version=2, source=f"own, after {HSU_MANSFELD_2001}")
def sei_thickness_nm(cell: Cell) -> float:
    """Return the thickness of a plate capacitor of the SEI's capacitance and permittivity 10."""
    capacitance_F_cm2 = _capacitance_F_cm2(last_fitted(cell), SEI)
    permittivity_F_cm = VACUUM_PERMITTIVITY_F_cm * RELATIVE_PERMITTIVITY
    return nm_PER_cm * permittivity_F_cm / capacitance_F_cm2


@descriptor(version=2, source="own")
def log10_sei_apex_frequency_Hz(cell: Cell) -> float:
    """Return log10 of the frequency at which the SEI's arc peaks."""
    return float(np.log10(last_fitted(cell).apex_frequency_Hz(SEI)))


@descriptor(version=2, source="own")
def log10_charge_transfer_apex_frequency_Hz(cell: Cell) -> float:
    """Return log10 of the frequency at which the arc of charge transfer peaks, diffusion aside."""
    return float(np.log10(last_fitted(cell).apex_frequency_Hz(CHARGE_TRANSFER)))


@descriptor(version=2, source="own")
def has_identifiable_arcs(cell: Cell) -> float:
    """Return whether both arcs are known to 10 % (twice the standard deviation) and seen whole."""
    return float(not last_fitted(cell).reason)


@descriptor(version=1, source="own")
def impedance_residual_fraction(cell: Cell) -> float:
    """Return the root mean square distance of the points from the fit, over the modulus."""
    last = last_fitted(cell)
    size = np.abs(last.fits.fit.residuals[last.row]) ** 2
    return float(np.sqrt(size.sum() / last.fits.batch.n_points[last.row]))


@descriptor(version=1, source="own, after doi:10.1149/1.2044210")
def kramers_kronig_residual_fraction(cell: Cell) -> float:
    """Return the root mean square residual of the Kramers-Kronig test, over the modulus."""
    last_spectrum(cell)
    rms = float(validity(cell).found.table["kk_rms"].iloc[-1])
    if not np.isfinite(rms):
        raise NotMeasured("the spectrum has too few frequencies for a Kramers-Kronig test")
    return rms


@descriptor(version=2, source="own")
def sei_resistance_relative_sd_fraction(cell: Cell) -> float:
    """Return the standard deviation of the SEI resistance over its value, at most 1."""
    return _relative_sd(last_fitted(cell), SEI)


@descriptor(version=2, source="own")
def charge_transfer_resistance_relative_sd_fraction(cell: Cell) -> float:
    """Return the standard deviation of the charge-transfer resistance over its value, at most 1."""
    return _relative_sd(last_fitted(cell), CHARGE_TRANSFER)


@descriptor(version=1, source="own")
def resistance_correlation_ratio(cell: Cell) -> float:
    """Return how far SEI and charge-transfer resistance stand in for each other: 0 to 1."""
    last = last_fitted(cell)
    return float(abs(last.fits.arcs.correlation[last.row]))


@descriptor(version=1, source="own")
def frequency_span_decades(cell: Cell) -> float:
    """Return the decades between the lowest and the highest frequency of the last spectrum."""
    frequency_Hz = last_spectrum(cell).frequency_Hz
    if not frequency_Hz.size:
        raise NotMeasured("the spectrum is empty")
    with np.errstate(over="ignore"):  # 5e-324 Hz: more decades than there are numbers
        return float(np.log10(frequency_Hz.max() / frequency_Hz.min()))


def _resistance_ohm_cm2(last: FittedSpectrum, number: int) -> float:
    return last.of_interface(last.arc(number).value)


def _capacitance_F_cm2(last: FittedSpectrum, number: int) -> float:
    resistance_ohm_cm2 = _resistance_ohm_cm2(last, number)
    return 1 / (2 * np.pi * last.apex_frequency_Hz(number) * resistance_ohm_cm2)


def _branch(last: FittedSpectrum, number: int) -> tuple[Arc, Array]:
    """Return the branch of the circuit that an arc has taken, and all log-parameters."""
    resistance_ohm, log_parameters = last.arc(number).value, last.log_parameters
    return min(
        arcs_of(last.fits.circuit),
        key=lambda arc: abs(log_parameters[arc.resistor] - np.log(resistance_ohm)),
    ), log_parameters


def _relative_sd(last: FittedSpectrum, number: int) -> float:
    """Return the relative standard deviation; that of a resistance nobody can see is 1."""
    log_sd = float(last.fits.arcs.log_resistance_sd[last.row, number])
    return min(log_sd, 1.0)
