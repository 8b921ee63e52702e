"""Raw time series of constant-current cycling, in Battery Data Format columns."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.recipe import Protocol

#: Share of a half-cycle passed at each record; dense where the voltage bends. Both ends are
#: recorded, so the trapezoidal rule over one half-cycle is exact.
PROGRESS = np.concatenate(
    [
        [0.0, 0.004, 0.008, 0.012, 0.016, 0.02, 0.03, 0.04, 0.06, 0.08],
        np.linspace(0.1, 0.9, 17),
        [0.94, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 1.0],
    ]
)
#: A cycler's first record of a step comes a sampling tick after the last one.
TICK_s = 1e-3
#: Own: scatter of a good cycler's voltage reading.
VOLTAGE_NOISE_V = 2e-4
#: Own: width of the last rise or fall of voltage, as a share of the half-cycle.
TAIL_FRACTION = 0.012


def limits_V(protocol: Protocol, lower_V: float, upper_V: float) -> tuple[float, float]:
    """Return both cutoffs of a protocol, the given ones where it states none."""
    lower, upper = protocol.lower_cutoff_V, protocol.upper_cutoff_V
    return (lower_V if lower is None else lower, upper_V if upper is None else upper)


def tail(progress: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 0 along a half-cycle and 1 at its end, where an electrode runs empty."""
    return np.exp(-(1 - progress) / TAIL_FRACTION)


def with_noise(
    voltage_V: NDArray[np.float64], limits_V: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the voltage as recorded by a cycler that never leaves its cutoffs."""
    return np.clip(voltage_V + rng.normal(0, VOLTAGE_NOISE_V, voltage_V.shape), *limits_V)


def cycling_table(
    duration_s: NDArray[np.float64], current_A: NDArray[np.float64], voltage_V: NDArray[np.float64]
) -> pd.DataFrame:
    """Return the rows of two constant-current half-cycles per cycle.

    Parameters
    ----------
    duration_s : float array of shape (n_cycles, 2)
    current_A : float array of shape (2,) or (n_cycles, 2)
        Of the first and of the second half-cycle.
    voltage_V : float array of shape (n_cycles, 2, PROGRESS.size)

    Returns
    -------
    DataFrame
        ``n_cycles * 2 * PROGRESS.size`` rows.
    """
    n_cycles = duration_s.shape[0]
    start_s = np.concatenate([[0.0], np.cumsum(duration_s.ravel() + TICK_s)[:-1]])
    time_s = start_s.reshape(n_cycles, 2, 1) + duration_s[:, :, np.newaxis] * PROGRESS
    current = np.broadcast_to(current_A[..., np.newaxis], time_s.shape)
    cycle = np.broadcast_to(np.arange(1.0, n_cycles + 1)[:, np.newaxis, np.newaxis], time_s.shape)
    return pd.DataFrame(
        {
            "test_time_second": time_s.ravel(),
            "current_ampere": current.ravel(),
            "voltage_volt": voltage_V.ravel(),
            "cycle_count": cycle.ravel(),
        }
    )


def followed_by(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return two records as one, time and the counter of cycles running on."""
    later = second.assign(
        test_time_second=second["test_time_second"] + first["test_time_second"].iloc[-1] + TICK_s,
        cycle_count=second["cycle_count"] + first["cycle_count"].iloc[-1],
    )
    return pd.concat([first, later], ignore_index=True)
