"""Plots of fitted spectra: Nyquist and Bode with the fit, its residuals, the arcs by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from features.impedance.elements import Array, ComplexArray
from features.impedance.fit import SpectraFit
from features.records import Spectrum

#: More curves than these cannot be told apart.
MOST_CURVES = 8
#: Points of the fitted curve for each decade.
N_PER_DECADE = 40
#: Residuals beyond so many percent are cut off.
WIDEST_PERCENT = 20.0
MOSAIC = "NN;MP;RR"


@dataclass(frozen=True, eq=False)
class Curve:
    """One spectrum with its fit, in the plot's unit.

    Attributes
    ----------
    fit : SpectraFit
    place : int
        Which of its spectra.
    name : str
    colour : str
    scale : float
        Turns ohm of the cell into the plot's unit.
    """

    fit: SpectraFit
    place: int
    name: str
    colour: str
    scale: float

    @property
    def spectrum(self) -> Spectrum:
        """Return what was measured."""
        return self.fit.spectra[self.place]

    def label(self, unit: str) -> str:
        """Return the name, with what became of the fit where the arcs have no names."""
        if self.fit.refusals[self.place]:
            return f"{self.name}: refused"
        if not self.fit.reasons[self.place]:
            return self.name
        in_all = self.fit.arcs.total_ohm[self.place] * self.per_interface
        sd = self.fit.total_sd_ohm[self.place] * self.per_interface
        what = "arcs not told apart"
        if self.fit.misfit.is_missed[self.place]:
            what = "not described by the circuit"
        return f"{self.name}: {what}, R_int {in_all:.3g} ±{sd:.1g} {unit}"

    @property
    def per_interface(self) -> float:
        """Return what turns ohm of all interfaces into the plot's unit, of one."""
        return float(self.scale / self.fit.n_interfaces[self.place])

    @property
    def measured(self) -> ComplexArray:
        """Return the impedance as measured."""
        return np.asarray(self.spectrum.impedance_ohm * self.scale)

    @property
    def fine_Hz(self) -> Array:
        """Return the frequencies from the highest to the lowest measured, closely filled."""
        low, high = np.log10([self.spectrum.frequency_Hz.min(), self.spectrum.frequency_Hz.max()])
        return np.asarray(np.logspace(high, low, int(N_PER_DECADE * (high - low)) + 2))

    def fitted(self, frequency_Hz: Array) -> ComplexArray:
        """Return the fitted impedance at frequencies; nan where there is no fit."""
        if self.fit.refusals[self.place]:
            return np.full(frequency_Hz.shape, complex(np.nan, np.nan))
        return np.asarray(self.fit.impedance_ohm(self.place, frequency_Hz) * self.scale)

    @property
    def arcs(self) -> list[tuple[str, float, float]]:
        """Return name, apex frequency and resistance of the arcs that peak inside the window.

        There are none where the arcs cannot be told apart: only their sum is known.
        """
        if self.fit.reasons[self.place]:
            return []
        row, arcs, frequency_Hz = self.place, self.fit.arcs, self.spectrum.frequency_Hz
        found = zip(
            arcs.names,
            arcs.frequency_Hz[row].tolist(),
            (arcs.resistance_ohm[row] * self.per_interface).tolist(),
            strict=True,
        )
        return [each for each in found if frequency_Hz.min() <= each[1] <= frequency_Hz.max()]


def impedance_plot(
    fits: Sequence[SpectraFit], names: Sequence[str], path: Path, area_cm2: float | None = None
) -> int:
    """Write a PNG of spectra with their fits; return how many of them it shows.

    Parameters
    ----------
    fits : sequence of SpectraFit
    names : sequence of str
        One for every spectrum of all fits, in order.
    path : Path
    area_cm2 : float, optional
        Of the electrode, the one of the fits; without it the plot is in ohm.

    Notes
    -----
    Of many spectra some are shown, evenly spread from the first to the last.
    """
    every = [(fit, place) for fit in fits for place in range(len(fit.spectra))]
    n_shown = min(len(every), MOST_CURVES)
    shown = np.linspace(0, len(every) - 1, n_shown).round().astype(int).tolist()
    curves = [
        Curve(every[at][0], every[at][1], names[at], f"C{number}", area_cm2 or 1.0)
        for number, at in enumerate(shown)
    ]
    figure = Figure(figsize=(9.6, 9.6), layout="constrained")
    panels = figure.subplot_mosaic(MOSAIC, height_ratios=[1.7, 1.2, 1])
    unit = "ohm" if area_cm2 is None else "ohm cm2"
    _nyquist(panels["N"], curves, unit)
    _modulus(panels["M"], curves, unit)
    _phase(panels["P"], curves)
    _residual(panels["R"], curves)
    few = f" ({n_shown} of {len(every)} spectra)" if n_shown < len(every) else ""
    circuits = sorted({fit.circuit.text for fit in fits})
    figure.suptitle(f"{'; '.join(circuits)}{few}", fontsize=10)
    figure.savefig(path, dpi=120)
    return n_shown


def _nyquist(panel: Axes, curves: Sequence[Curve], unit: str) -> None:
    for curve in curves:
        style: dict[str, Any] = {"ms": 4, "mfc": "none", "color": curve.colour}
        panel.plot(curve.measured.real, -curve.measured.imag, "o", label=curve.label(unit), **style)
        fine = curve.fitted(curve.fine_Hz)
        panel.plot(fine.real, -fine.imag, "-", lw=1.2, color=curve.colour)
    if len(curves) == 1:
        _name_arcs(panel, curves[0], unit)
    else:
        _mark_arcs(panel, curves)
    panel.set_aspect("equal", adjustable="datalim", anchor="S")
    panel.axhline(0, color="0.7", lw=0.8, zorder=0)
    panel.set_xlabel(f"Re Z of the cell ({unit})")
    panel.set_ylabel(f"-Im Z of the cell ({unit})")
    panel.legend(fontsize=8, loc="upper left" if len(curves) == 1 else "best")


def _name_arcs(panel: Axes, curve: Curve, unit: str) -> None:
    """Write at each arc what it is, how large it is per interface, where it peaks."""
    for name, apex_Hz, resistance in curve.arcs:
        at = curve.fitted(np.array([apex_Hz]))[0]
        panel.plot(at.real, -at.imag, "D", ms=6, color=curve.colour)
        panel.annotate(
            f"R_{name} {resistance:.3g} {unit}\n{_hertz(apex_Hz)}",
            (at.real, -at.imag),
            xytext=(0, 10),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    panel.margins(y=0.25)


def _mark_arcs(panel: Axes, curves: Sequence[Curve]) -> None:
    """Mark where arcs peak, a sign for each name."""
    markers = dict(zip(("SEI", "ct", "3", "arc1"), "DsPD", strict=True))
    named = set()
    for curve in curves:
        for name, apex_Hz, _ in curve.arcs:
            at = curve.fitted(np.array([apex_Hz]))[0]
            marker = markers.get(name, "X")
            panel.plot(at.real, -at.imag, marker, ms=6, mec="k", mew=0.6, color=curve.colour)
            named.add((name, marker))
    for name, marker in sorted(named):
        panel.plot([], [], marker, ms=6, mec="k", mew=0.6, color="w", label=f"apex of {name}")


def _modulus(panel: Axes, curves: Sequence[Curve], unit: str) -> None:
    for curve in curves:
        measured, fine_Hz = np.abs(curve.measured), curve.fine_Hz
        panel.plot(curve.spectrum.frequency_Hz, measured, "o", ms=3, mfc="none", color=curve.colour)
        panel.plot(fine_Hz, np.abs(curve.fitted(fine_Hz)), "-", lw=1.2, color=curve.colour)
    panel.set_yscale("log")
    panel.set_ylabel(f"|Z| ({unit})")
    _frequency_axis(panel)


def _phase(panel: Axes, curves: Sequence[Curve]) -> None:
    for curve in curves:
        measured_deg, fine_Hz = -np.angle(curve.measured, deg=True), curve.fine_Hz
        style: dict[str, Any] = {"ms": 3, "mfc": "none", "color": curve.colour}
        panel.plot(curve.spectrum.frequency_Hz, measured_deg, "o", **style)
        fitted_deg = -np.angle(curve.fitted(fine_Hz), deg=True)
        panel.plot(fine_Hz, fitted_deg, "-", lw=1.2, color=curve.colour)
        for name, apex_Hz, _ in curve.arcs:
            panel.axvline(apex_Hz, color=curve.colour, lw=0.8, ls=":")
            if len(curves) == 1:
                place = (apex_Hz, 0.97)
                axes = panel.get_xaxis_transform()
                panel.text(*place, f" {name}", transform=axes, va="top", fontsize=8)
    panel.set_ylabel("-phase (deg)")
    _frequency_axis(panel)


def _residual(panel: Axes, curves: Sequence[Curve]) -> None:
    """Draw the real part's residual filled, the imaginary part's hollow."""
    widest = 1.0
    for number, curve in enumerate(curves):
        frequency_Hz, measured = curve.spectrum.frequency_Hz, curve.measured
        percent = 100 * (curve.fitted(frequency_Hz) - measured) / np.abs(measured)
        style: dict[str, Any] = {"ms": 3, "color": curve.colour}
        labels = ("real part", "imaginary part") if number == 0 else (None, None)
        panel.plot(frequency_Hz, percent.real, "o", label=labels[0], **style)
        panel.plot(frequency_Hz, percent.imag, "o", mfc="none", label=labels[1], **style)
        widest = max(widest, 1.1 * float(np.nan_to_num([percent.real, percent.imag]).max()))
        widest = max(widest, -1.1 * float(np.nan_to_num([percent.real, percent.imag]).min()))
    panel.axhline(0, color="0.4", lw=0.8)
    panel.set_ylim(-min(widest, WIDEST_PERCENT), min(widest, WIDEST_PERCENT))
    panel.set_ylabel("fit - measured (% of |Z|)")
    panel.legend(fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1, 0.98), frameon=False)
    _frequency_axis(panel)


def _frequency_axis(panel: Axes) -> None:
    panel.set_xscale("log")
    panel.set_xlabel("frequency (Hz)")
    panel.xaxis.set_major_locator(LogLocator(numticks=12))
    panel.xaxis.set_minor_formatter(NullFormatter())


def _hertz(frequency_Hz: float) -> str:
    """Return a frequency with a handy unit.

    Examples
    --------
    >>> _hertz(4825.2), _hertz(0.5)
    ('4.83 kHz', '0.5 Hz')
    """
    for factor, unit in ((1e6, "MHz"), (1e3, "kHz")):
        if frequency_Hz >= factor:
            return f"{frequency_Hz / factor:.3g} {unit}"
    return f"{frequency_Hz:.3g} Hz"
