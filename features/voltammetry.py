"""Cyclic voltammograms: their peaks, and protocols that undo a coating."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks, savgol_filter

from features.errors import NotMeasured
from features.recipe import Recipe

Array = NDArray[np.float64]

LIU_2017 = "doi:10.1002/adma.201605531"
#: The current is averaged over steps of potential and smoothed over a tenth of a volt.
STEP_V, SMOOTHING_V, SMOOTHING_ORDER = 0.005, 0.1, 3
#: A peak stands out by this share of the sweep's span of current, and by so many times its noise.
LEAST_PROMINENCE, NOISE_MULTIPLE = 0.05, 10.0
#: A sweep covers most of the window; a shorter turn is an artefact or a hold.
LEAST_SPAN = 0.8
#: Nitrides made from Cu3N stay whole below 0.4 to 0.5 V (Liu et al. 2017).
HIGHEST_NITRIDE_V = 0.5
NITRIDES = ("cu3n", "li3n")


@dataclass(frozen=True)
class Peak:
    """One peak: where it is, and the current there."""

    potential_V: float
    current_A: float


@dataclass(frozen=True)
class CyclicPeaks:
    """Peaks of the first sweep either way, by rising potential."""

    anodic: tuple[Peak, ...]
    cathodic: tuple[Peak, ...]


def cv_peaks(potential_V: Array, current_A: Array) -> CyclicPeaks:
    """Return the peaks of a cyclic voltammogram.

    Parameters
    ----------
    potential_V, current_A : float arrays of shape (n_rows,)
        In the order of recording; reduction is negative current.

    Raises
    ------
    NotMeasured
        If the potential does not sweep, or the rows are too few.

    Notes
    -----
    Of several cycles the first sweep either way is read. A peak at the end of a sweep,
    where lithium begins to plate, is none.
    """
    if potential_V.size < 2 or not np.ptp(potential_V) > SMOOTHING_V:
        raise NotMeasured(f"a voltammogram spans more than {SMOOTHING_V} V")
    anodic = _first_sweep(potential_V, rising=True)
    cathodic = _first_sweep(potential_V, rising=False)
    return CyclicPeaks(
        anodic=_peaks(potential_V[anodic], current_A[anodic], 1.0),
        cathodic=_peaks(potential_V[cathodic], current_A[cathodic], -1.0),
    )


def cutoff_warning(recipe: Recipe) -> str | None:
    """Return a warning if the protocol's upper cutoff decomposes the coating, else None.

    Only Li||Cu and Li||Li are judged: there the cell's voltage is the coating's potential.
    """
    cutoff_V = recipe.protocol.upper_cutoff_V
    if recipe.coating is None or cutoff_V is None or recipe.cell.type not in ("Li||Cu", "Li||Li"):
        return None
    names = [name for phase in recipe.coating.phases for name in (phase.name, phase.formula)]
    nitrides = [name for name in names if name is not None and name.casefold() in NITRIDES]
    if not nitrides or cutoff_V <= HIGHEST_NITRIDE_V:
        return None
    return (
        f"The upper cutoff of {cutoff_V:g} V decomposes the {nitrides[0]} coating: its nitride is "
        f"oxidised from 0.4 to 0.5 V vs Li on ({LIU_2017}); strip to {HIGHEST_NITRIDE_V:g} V at "
        f"most."
    )


def _first_sweep(potential_V: Array, *, rising: bool) -> slice:
    """Return the rows of the first sweep over most of the window in one direction."""
    upright_V = potential_V if rising else -potential_V
    turns = _turning_rows(upright_V)
    for start, end in pairwise(turns):
        if upright_V[end] - upright_V[start] >= LEAST_SPAN * np.ptp(potential_V):
            return slice(int(start), int(end) + 1)
    return slice(0, 0)


def _turning_rows(potential_V: Array) -> NDArray[np.int64]:
    """Return first and last row and those where the sweep turns by more than the smoothing."""
    highs, _ = find_peaks(potential_V, prominence=SMOOTHING_V)
    lows, _ = find_peaks(-potential_V, prominence=SMOOTHING_V)
    inner = np.sort(np.concatenate([highs, lows]))
    return np.concatenate([[0], inner, [potential_V.size - 1]]).astype(np.int64)


def _peaks(potential_V: Array, current_A: Array, sign: float) -> tuple[Peak, ...]:
    """Return the peaks of one sweep, upwards for sign 1 and downwards for -1."""
    grid_V, mean_A = _on_grid(potential_V, current_A)
    window = round(SMOOTHING_V / STEP_V) | 1
    if grid_V.size < window:
        return ()
    smooth_A = savgol_filter(mean_A, window, SMOOTHING_ORDER)
    noise_A = float(np.std(mean_A - smooth_A)) / np.sqrt(window)
    least_A = max(LEAST_PROMINENCE * float(np.ptp(smooth_A)), NOISE_MULTIPLE * noise_A)
    tops, _ = find_peaks(sign * smooth_A, prominence=least_A)
    return tuple(Peak(float(grid_V[top]), float(smooth_A[top])) for top in tops)


def _on_grid(potential_V: Array, current_A: Array) -> tuple[Array, Array]:
    """Return mean currents on evenly spaced potentials."""
    if not potential_V.size:
        return potential_V, current_A
    rising = np.argsort(potential_V, kind="stable")
    low_V, high_V = float(potential_V.min()), float(potential_V.max())
    edges_V = np.linspace(low_V, high_V, max(round((high_V - low_V) / STEP_V), 1) + 1)
    charge = np.concatenate([[0.0], np.cumsum(current_A[rising])])
    rows = np.searchsorted(potential_V[rising], edges_V)
    rows[-1] = potential_V.size
    counts = np.diff(rows)
    centres_V = (edges_V[1:] + edges_V[:-1]) / 2
    has_rows = counts > 0
    mean_A = np.diff(charge[rows])[has_rows] / counts[has_rows]
    return centres_V, np.interp(centres_V, centres_V[has_rows], mean_A)
