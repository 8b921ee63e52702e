"""The order in which a spectrum's rows came: one sweep, several, or none."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.impedance.spectra import SAME_FREQUENCY
from features.records import Spectrum

Array = NDArray[np.float64]

#: Rows that run on in one direction are a sweep from so many on.
LEAST_ROWS = 5
#: Sweeps that share so many decades measured the same thing twice.
LEAST_SHARED_DECADES = 0.5
#: Sweeps that differ by less show one cell in one state.
SAME_IMPEDANCE_FRACTION = 0.02


@dataclass(frozen=True)
class Order:
    """How the rows of a spectrum follow each other.

    Attributes
    ----------
    sweeps : tuple of slice
        Runs of rows of rising or falling frequency that overlap each other; empty for fewer
        than two.
    difference_fraction : float
        Between two sweeps, or between rows of one frequency: median over the modulus.
    n_repeated : int
        Rows whose frequency stands in another row before.
    is_sorted : bool
        Whether frequencies rise or fall throughout.
    """

    sweeps: tuple[slice, ...]
    difference_fraction: float
    n_repeated: int
    is_sorted: bool

    @property
    def is_same_state(self) -> bool:
        """Tell whether what was measured twice agrees."""
        return self.difference_fraction <= SAME_IMPEDANCE_FRACTION


def order_of(spectrum: Spectrum) -> Order:
    """Return how the rows of a spectrum follow each other.

    Examples
    --------
    >>> frequency_Hz = np.concatenate([np.logspace(5, 0, 20), np.logspace(5, 0, 20)])
    >>> [each.stop for each in order_of(Spectrum(frequency_Hz, frequency_Hz + 0j)).sweeps]
    [20, 40]
    """
    log_Hz = np.log(spectrum.frequency_Hz)
    steps = np.diff(log_Hz)
    signs = np.sign(np.where(np.abs(steps) > SAME_FREQUENCY, steps, 0.0))
    is_sorted = not (np.any(signs > 0) and np.any(signs < 0))
    n_repeated = int(np.count_nonzero(np.diff(np.sort(log_Hz)) <= SAME_FREQUENCY))
    sweeps = () if is_sorted else _overlapping(log_Hz, _runs(signs))
    if len(sweeps) > 1:
        return Order(sweeps, _between(spectrum, *sweeps[:2]), n_repeated, is_sorted)
    return Order((), _within(spectrum), n_repeated, is_sorted)


def _runs(signs: Array) -> list[slice]:
    """Return rows that go on in one direction; the row at a turn belongs to the run before it."""
    runs, first = [], 0
    while first < signs.size:
        end = first
        while end < signs.size and signs[end] in (0, signs[first]):
            end += 1
        runs.append(slice(first, end + 1))
        first = end + 1  # the step from run to run belongs to neither
    return [run for run in runs if run.stop - run.start >= LEAST_ROWS]


def _overlapping(log_Hz: Array, runs: list[slice]) -> tuple[slice, ...]:
    """Return the runs that share a range with the longest, where they hold most rows."""
    if len(runs) < 2 or sum(run.stop - run.start for run in runs) < 0.8 * log_Hz.size:
        return ()
    longest = max(runs, key=lambda run: run.stop - run.start)
    low, high = log_Hz[longest].min(), log_Hz[longest].max()
    shared = [
        min(high, log_Hz[run].max()) - max(low, log_Hz[run].min())
        >= np.log(10) * LEAST_SHARED_DECADES
        for run in runs
    ]
    return tuple(run for run, is_shared in zip(runs, shared, strict=True) if is_shared)


def _between(spectrum: Spectrum, one: slice, other: slice) -> float:
    """Return how far two sweeps lie apart where both have measured."""
    log_Hz, impedance_ohm = np.log(spectrum.frequency_Hz), spectrum.impedance_ohm
    rising = np.argsort(log_Hz[one], kind="stable")
    known_Hz, known_ohm = log_Hz[one][rising], impedance_ohm[one][rising]
    is_shared = (log_Hz[other] >= known_Hz[0]) & (log_Hz[other] <= known_Hz[-1])
    at_Hz, seen_ohm = log_Hz[other][is_shared], impedance_ohm[other][is_shared]
    expected_ohm = np.interp(at_Hz, known_Hz, known_ohm.real) + 1j * np.interp(
        at_Hz, known_Hz, known_ohm.imag
    )
    return _difference(seen_ohm, expected_ohm)


def _within(spectrum: Spectrum) -> float:
    """Return how far rows of one frequency lie apart."""
    order = np.argsort(spectrum.frequency_Hz, kind="stable")
    is_same = np.diff(np.log(spectrum.frequency_Hz[order])) <= SAME_FREQUENCY
    sorted_ohm = spectrum.impedance_ohm[order]
    return _difference(sorted_ohm[1:][is_same], sorted_ohm[:-1][is_same])


def _difference(some_ohm: NDArray[np.complex128], others_ohm: NDArray[np.complex128]) -> float:
    if not some_ohm.size:
        return 0.0
    size_ohm = np.maximum(np.abs(others_ohm), np.abs(some_ohm))
    return float(np.median(np.abs(some_ohm - others_ohm) / np.where(size_ohm > 0, size_ohm, 1.0)))
