"""What to doubt in a spectrum before it is fitted, each cause told apart from the others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.impedance.kramers_kronig import (
    HIGHEST_RMS_FRACTION,
    LEAST_DRIFT_FRACTION,
    LEAST_STATISTIC,
    KramersKronig,
    kramers_kronig,
)
from features.impedance.relaxations import LEAST_POINTS, LOWEST_FREQUENCY_Hz
from features.impedance.rereadings import EXPLAINED_FRACTION, Explanation, explanations
from features.impedance.sweeps import order_of
from features.records import Spectrum

Array = NDArray[np.float64]

#: A spectrum from 1 kHz down to 1 mHz, or from 10 kHz to less, is more often one in kHz ...
KILOHERTZ_WINDOWS_Hz = ((1.1e3, 1.1e-3), (1.1e4, 0.9e-3))
#: ... and one beyond what any potentiostat reaches is one in mHz.
HIGHEST_FREQUENCY_Hz = 3e7
#: Points further than this many percent of |Z| left of zero are more than noise.
NEGATIVE_FRACTION = 0.03
#: So many points of negative real part leave nothing to fit.
MOST_NEGATIVE_FRACTION = 0.1
#: Scatter, of one part, that no fit should be trusted through.
HIGHEST_NOISE_FRACTION = 0.03
#: Up to so many outliers happen, and a robust fit does without them.
USUAL_OUTLIERS = 3
#: Electrolyte and leads, area-specific: liquids have 1 to 50 ohm cm2, solids up to some 1000.
SERIES_RANGE_ohm_cm2 = (0.02, 5e3)


@dataclass(frozen=True)
class Doubt:
    """What speaks against taking a spectrum at face value.

    Attributes
    ----------
    kind : str
        In a word or two, the same for every spectrum with this fault.
    sentence : str
        What was seen, and the way out.
    refuses : bool
        Whether a fit would be meaningless; otherwise it goes on, with the doubt beside it.
    """

    kind: str
    sentence: str
    refuses: bool = False

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, eq=False)
class _Seen:
    """A spectrum with what the Kramers-Kronig test has found in it."""

    spectrum: Spectrum
    area_cm2: float | None
    n_points: int
    series_ohm: float
    rms: float
    noise: float
    statistic: float
    drift: float
    n_outliers: int
    explanation: Explanation | None

    @property
    def is_judged(self) -> bool:
        return bool(np.isfinite(self.rms))

    @property
    def is_gross(self) -> bool:
        return self.is_judged and self.rms > HIGHEST_RMS_FRACTION


def spectrum_doubts(spectrum: Spectrum, area_cm2: float | None = None) -> tuple[Doubt, ...]:
    """Return what speaks against taking a spectrum at face value; nothing for a good one.

    Parameters
    ----------
    spectrum : Spectrum
    area_cm2 : float, optional
        Of the electrode; without it the unit of the impedance cannot be doubted.

    Examples
    --------
    >>> frequency_Hz = np.logspace(5, -1, 50)
    >>> arc_ohm = 5 + 80 / (1 + 1e-3j * 2 * np.pi * frequency_Hz)
    >>> spectrum_doubts(Spectrum(frequency_Hz, arc_ohm))
    ()
    >>> spectrum_doubts(Spectrum(frequency_Hz, arc_ohm.conj()))[0].refuses
    True
    """
    return spectra_doubts([spectrum], area_cm2)[0]


def spectra_doubts(
    spectra: Sequence[Spectrum],
    area_cm2: float | Sequence[float] | None = None,
    found: KramersKronig | None = None,
) -> list[tuple[Doubt, ...]]:
    """Return the doubts of many spectra, in their order.

    Parameters
    ----------
    spectra : sequence of Spectrum
    area_cm2 : float, or one for each spectrum, optional
    found : KramersKronig, optional
        Of the same spectra, where it is known already.
    """
    areas_cm2 = [None] * len(spectra) if area_cm2 is None else _each(area_cm2, len(spectra))
    seen = _seen(spectra, areas_cm2, kramers_kronig(spectra) if found is None else found)
    return [tuple(doubt for kind in KINDS for doubt in kind(each)) for each in seen]


def refusal(doubts: Sequence[Doubt]) -> str | None:
    """Return why a spectrum cannot be fitted; None where it can."""
    return "; ".join(doubt.sentence for doubt in doubts if doubt.refuses) or None


def _each(area_cm2: float | Sequence[float], n_spectra: int) -> list[float | None]:
    return [float(area) for area in np.broadcast_to(area_cm2, (n_spectra,))]


def _seen(
    spectra: Sequence[Spectrum], areas_cm2: Sequence[float | None], found: KramersKronig
) -> list[_Seen]:
    table = found.table
    rms, noise = (table[name].to_numpy() for name in ("kk_rms", "noise"))
    is_odd = found.relaxations.is_judged & ~table["is_consistent"].to_numpy(dtype=bool)
    # However the columns are read, their scatter stays.
    is_odd &= noise < EXPLAINED_FRACTION * rms
    explained = _explained(spectra, rms, np.flatnonzero(is_odd).tolist())
    batch, series_ohm = found.relaxations.batch, found.relaxations.series[:, 0]
    return [
        _Seen(
            spectrum,
            areas_cm2[row],
            n_points=int(batch.n_points[row]),
            series_ohm=float(series_ohm[row]),
            rms=float(rms[row]),
            noise=float(noise[row]),
            statistic=float(found.drift.statistic[row]),
            drift=float(found.drift.fraction[row]),
            n_outliers=int(found.relaxations.is_outlier[row].sum()),
            explanation=explained.get(row),
        )
        for row, spectrum in enumerate(spectra)
    ]


def _explained(
    spectra: Sequence[Spectrum], rms: Array, odd: list[int]
) -> dict[int, Explanation | None]:
    """Return how odd spectra may have been meant, by their row."""
    if not odd:
        return {}
    found = explanations([spectra[row] for row in odd], rms[odd].tolist())
    return dict(zip(odd, found, strict=True))


def _few_points(seen: _Seen) -> Iterator[Doubt]:
    if seen.n_points < LEAST_POINTS:
        yield Doubt(
            "few points",
            f"there are {seen.n_points} different frequencies, a fit needs {LEAST_POINTS}: "
            f"measure more a decade, or send the whole spectrum",
            refuses=True,
        )


def _order(seen: _Seen) -> Iterator[Doubt]:
    """Tell of sweeps that were joined, of frequencies that come twice, of rows out of order."""
    order = order_of(seen.spectrum)
    if order.sweeps:
        rows = ", ".join(f"{run.start} to {run.stop - 1}" for run in order.sweeps)
        yield Doubt(
            "two sweeps",
            f"{len(order.sweeps)} sweeps over the same frequencies stand in one spectrum (rows "
            f"{rows}), {order.difference_fraction:.1%} of |Z| apart: send each as its own",
            refuses=not order.is_same_state,
        )
    elif 2 * order.n_repeated >= seen.n_points and not order.is_same_state:
        yield Doubt(
            "two sweeps",
            f"{order.n_repeated} frequencies come twice, with impedances "
            f"{order.difference_fraction:.1%} of |Z| apart: two spectra stand in one, send each "
            f"as its own",
            refuses=True,
        )
    elif order.n_repeated:
        yield Doubt(
            "repeated",
            f"{order.n_repeated} rows repeat a frequency, their mean was taken: leave one of each",
        )
    if not order.is_sorted and not order.sweeps:
        yield Doubt(
            "unsorted",
            "the frequencies neither rise nor fall throughout, the rows were sorted: make sure "
            "that each impedance stands beside its own frequency",
        )


def _frequency_unit(seen: _Seen) -> Iterator[Doubt]:
    if not seen.n_points:
        return
    low, high = float(seen.spectrum.frequency_Hz.min()), float(seen.spectrum.frequency_Hz.max())
    window = f"the frequencies run from {high:.3g} down to {low:.3g} Hz"
    if low < LOWEST_FREQUENCY_Hz:
        yield Doubt(
            "frequency unit",
            f"{window}; below {LOWEST_FREQUENCY_Hz:g} Hz one period takes months: check the unit",
            refuses=True,
        )
    elif any(high <= top and low <= bottom for top, bottom in KILOHERTZ_WINDOWS_Hz):
        yield Doubt(
            "frequency unit",
            f"{window}, where one period takes {1 / low / 60:.0f} min and fast arcs are not "
            f"seen: if they are in kHz, multiply them by 1000",
        )
    elif high > HIGHEST_FREQUENCY_Hz:
        yield Doubt(
            "frequency unit",
            f"{window}, beyond any potentiostat: if they are in mHz, divide them by 1000",
        )


def _columns(seen: _Seen) -> Iterator[Doubt]:
    """Tell of columns that hold something else than real and imaginary part."""
    impedance_ohm = seen.spectrum.impedance_ohm
    if seen.n_points > 1 and np.ptp(impedance_ohm.real) == np.ptp(impedance_ohm.imag) == 0:
        yield Doubt(
            "constant",
            f"the impedance is {impedance_ohm[0]:.4g} ohm at every frequency: the channel may be "
            f"stuck; a resistor has nothing to fit",
            refuses=True,
        )
    elif seen.explanation is not None:
        reading = seen.explanation.rereading
        yield Doubt(
            reading.kind,
            f"{reading.what}: read so, the points lie {seen.explanation.rms_fraction:.1%} of |Z| "
            f"off a valid impedance, as sent {seen.rms:.1%}; {reading.way_out}",
            refuses=True,
        )


def _negative(seen: _Seen) -> Iterator[Doubt]:
    """Tell of points that a passive cell cannot give."""
    if seen.explanation is not None:
        return
    impedance_ohm = seen.spectrum.impedance_ohm
    is_negative = impedance_ohm.real < -NEGATIVE_FRACTION * np.abs(impedance_ohm)
    if is_negative.any():
        n_negative = int(is_negative.sum())
        yield Doubt(
            "negative real part",
            f"the real part is negative in {n_negative} of {is_negative.size} points (first in "
            f"row {int(np.argmax(is_negative))}), which no passive cell gives: leave them out, "
            f"and check leads and reference electrode",
            refuses=n_negative > MOST_NEGATIVE_FRACTION * is_negative.size,
        )


def _misfit(seen: _Seen) -> Iterator[Doubt]:
    """Tell scatter, drift and other misfit apart."""
    if seen.explanation is not None or not seen.is_judged:
        return
    if seen.noise > HIGHEST_NOISE_FRACTION:
        yield Doubt(
            "scatter",
            f"the points scatter by {seen.noise:.0%} of |Z|, "
            f"{HIGHEST_NOISE_FRACTION:.0%} is allowed: measure with a larger amplitude or more "
            f"periods, shield the cell, or check that rows were not mixed",
        )
    elif seen.statistic >= LEAST_STATISTIC and abs(seen.drift) >= LEAST_DRIFT_FRACTION:
        yield Doubt(
            "drift",
            f"the cell changed while it was measured: the arcs moved by about "
            f"{abs(seen.drift):.0%} during the sweep ({seen.statistic:.1f} standard deviations); "
            f"rest it longer, or leave out the slowest points",
        )
    elif seen.is_gross:
        yield Doubt(
            "inconsistent",
            f"the points lie {seen.rms:.1%} of |Z| off every impedance that stands still, "
            f"{HIGHEST_RMS_FRACTION:.0%} is allowed: an inductive loop at low frequency, a jump "
            f"of range, or a column that is not the impedance",
        )
    if seen.n_outliers > USUAL_OUTLIERS:
        yield Doubt(
            "outliers",
            f"{seen.n_outliers} of {seen.n_points} points lie far off their neighbours and were "
            f"left out: check the contacts",
        )


def _area(seen: _Seen) -> Iterator[Doubt]:
    if seen.area_cm2 is None or not seen.is_judged or seen.explanation is not None:
        return
    smallest_ohm = float(np.abs(seen.spectrum.impedance_ohm).min())
    series_ohm_cm2 = max(seen.series_ohm, smallest_ohm) * seen.area_cm2
    low, high = SERIES_RANGE_ohm_cm2
    if not low <= series_ohm_cm2 <= high:
        yield Doubt(
            "area",
            f"electrolyte and leads have {series_ohm_cm2:.3g} ohm cm2 on {seen.area_cm2:g} cm2, "
            f"usual are {low:g} to {high:g}: the impedance must be in ohm, of the whole cell, not "
            f"in ohm cm2 or kohm, and the area in cm2",
        )


KINDS: tuple[Callable[[_Seen], Iterator[Doubt]], ...] = (
    _few_points,
    _order,
    _frequency_unit,
    _columns,
    _negative,
    _misfit,
    _area,
)
