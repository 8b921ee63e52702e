"""Which circuit of a short list the spectra ask for, by a corrected information criterion."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import NotMeasured
from features.impedance.circuit import NAMED_CIRCUITS, Circuit, Leaf, circuit_of
from features.impedance.coordinates import CAPACITIVE, DIFFUSIVE, arcs_of
from features.impedance.elements import Array
from features.impedance.fit import SpectraFit, fit_spectra
from features.impedance.robust import robust_cost, robust_scale
from features.impedance.verdicts import validity_of
from features.records import Spectrum

IntArray = NDArray[np.intp]

#: One to three arcs, each without a tail, with diffusion behind its slowest, and with a bounded
#: one in series; and the founding paper's.
SHORT_LIST = (
    NAMED_CIRCUITS["one_arc"],
    "R0-p(R1-W1,CPE1)",
    "R0-p(R1,CPE1)-Wo1",
    NAMED_CIRCUITS["two_arcs"],
    NAMED_CIRCUITS["lithium_metal"],
    "R0-p(R1,CPE1)-p(R2-W1,CPE2)",
    NAMED_CIRCUITS["two_arcs_open_warburg"],
    NAMED_CIRCUITS["three_arcs"],
    "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3-W1,CPE3)",
    "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-Wo1",
)
#: A lead of less does not settle it: a likelihood ratio of three.
LEAST_LEAD = 2.0
#: Residuals alike by more than chance are counted for fewer points.
CHANCE_AUTOCORRELATION, MOST_AUTOCORRELATION = 0.3, 0.95
#: No instrument is better than this share of |Z|; to the last digit some circuit always is.
LEAST_NOISE = 1e-5


@dataclass(frozen=True, eq=False)
class Choice:
    """A circuit, and why it.

    Attributes
    ----------
    circuit : str
    table : DataFrame
        One row a candidate, the best first: ``circuit``, ``n_arcs``, ``has_tail``,
        ``n_parameters`` of one spectrum, ``AICc``, ``BIC``, ``CAIC`` and ``lead`` (of the best
        CAIC over it), ``noise`` (median residual over the modulus, robustly).
    is_stated : bool
        Whether it was asked for rather than chosen.
    sentence : str
    """

    circuit: str
    table: pd.DataFrame
    is_stated: bool
    sentence: str

    @property
    def n_arcs(self) -> int:
        """Return the number of arcs of the circuit."""
        return len(arcs_of(circuit_of(self.circuit)))

    @property
    def has_tail(self) -> bool:
        """Tell whether the circuit ends in diffusion, or in a capacitor in series."""
        return has_tail(circuit_of(self.circuit))


def has_tail(circuit: Circuit) -> bool:
    """Tell whether a circuit has diffusion anywhere, or a capacitor in series."""
    in_series = [node.element.symbol for node in circuit.root.nodes if isinstance(node, Leaf)]
    is_blocking = any(symbol in CAPACITIVE for symbol in in_series)
    return is_blocking or any(leaf.element.symbol in DIFFUSIVE for leaf in circuit.leaves)


def choose_circuit(
    spectra: Sequence[Spectrum],
    candidates: Sequence[str] = SHORT_LIST,
    stated: str | None = None,
) -> Choice:
    """Return the one circuit that all these spectra ask for.

    Parameters
    ----------
    spectra : sequence of Spectrum
        One, or several that one circuit is to describe, each with parameters of its own.
    candidates : sequence of str
        Circuits, or names out of ``NAMED_CIRCUITS``.
    stated : str, optional
        The user's own, which always wins; the table tells how the others compare.

    Raises
    ------
    InvalidSetting
        If a circuit cannot be read or has no arc.
    NotMeasured
        If none of the spectra can be fitted.

    Notes
    -----
    By Bozdogan's consistent AIC (doi:10.1007/BF02294361), cost + k (ln n + 1). The cost counts
    residuals in the noise of the candidate that leaves least, each cut off at three standard
    deviations, so that outliers ask for no arc. Where even that candidate leaves residuals that
    are alike at neighbouring frequencies, the cost is that of as many independent points. The
    inductance, which is always fitted, is counted in all; a drift within the sweep where it is
    needed.

    Examples
    --------
    >>> frequency_Hz = np.logspace(5, -1, 40)
    >>> ohm = 4 + 60 / (1 + 60 * 1e-5 * (2j * np.pi * frequency_Hz) ** 0.9)
    >>> choose_circuit([Spectrum(frequency_Hz, ohm)], ["one_arc", "two_arcs"]).n_arcs
    1
    """
    listed = [stated, *candidates] if stated is not None else [*candidates]
    texts = list(dict.fromkeys(circuit_of(text).text for text in listed))
    validity = validity_of(spectra)
    if not validity.is_sound.any():
        reasons = "; ".join(dict.fromkeys(validity.refusals)) or "there is none"
        raise NotMeasured(f"no spectrum can be fitted: {reasons}")
    fits = [fit_spectra(validity, text) for text in texts]
    table = _table(texts, fits, np.flatnonzero(validity.is_sound))
    best = str(table["circuit"].iloc[0])
    if stated is None:
        return Choice(best, table, False, _sentence(table))
    own = circuit_of(stated).text
    return Choice(own, table, True, _sentence_of_stated(own, table))


def _table(texts: list[str], fits: list[SpectraFit], rows: IntArray) -> pd.DataFrame:
    scales = np.array([_scale(fit, rows) for fit in fits])
    quietest = (np.argmin(scales, axis=0), np.arange(rows.size))
    alike = np.array([fit.fit.autocorrelation[rows] for fit in fits])
    share = _independent_share(alike[quietest])
    found = [_criteria(fit, rows, scales[quietest], share) for fit in fits]
    table = pd.DataFrame({"circuit": texts}).join(pd.DataFrame(found))
    table["noise"] = np.median(scales, axis=1)
    table = table.sort_values("CAIC", kind="stable", ignore_index=True)
    table.insert(7, "lead", table["CAIC"] - table["CAIC"].iloc[0])
    return table


def _scale(fit: SpectraFit, rows: IntArray) -> Array:
    """Return the noise that a circuit leaves, its parameters accounted for."""
    n_points = fit.batch.n_points[rows]
    scale = robust_scale(fit.fit.residuals[rows], n_points, len(fit.parameters))
    return np.maximum(scale, LEAST_NOISE)


def _independent_share(alike: Array) -> Array:
    """Return how many independent points one counts for, from the correlation of neighbours."""
    excess = np.clip(alike - CHANCE_AUTOCORRELATION, 0, MOST_AUTOCORRELATION)
    share: Array = (1 - excess) / (1 + excess)
    return share


def _criteria(fit: SpectraFit, rows: IntArray, noise: Array, share: Array) -> dict[str, object]:
    """Return what the criteria make of a candidate, summed over the spectra."""
    cost = share * robust_cost(fit.fit.residuals[rows], noise)
    n_values = 2 * fit.batch.n_points[rows] * share
    n_parameters = len(fit.parameters) + (fit.fit.drift[rows] != 0)
    left = np.maximum(n_values - n_parameters - 1, 1)
    circuit = fit.circuit
    return {
        "n_arcs": len(arcs_of(circuit)),
        "has_tail": has_tail(circuit),
        "n_parameters": len(fit.parameters),
        "AICc": float(np.sum(cost + 2 * n_parameters * n_values / left)),
        "BIC": float(np.sum(cost + n_parameters * np.log(n_values))),
        "CAIC": float(np.sum(cost + n_parameters * (np.log(n_values) + 1))),
    }


def _sentence(table: pd.DataFrame) -> str:
    best = table.iloc[0]
    chosen = f"{best['circuit']} was chosen: {_words(best)}"
    if len(table) == 1:
        return f"{chosen}, the only candidate."
    second = table.iloc[1]
    if second["lead"] < LEAST_LEAD:
        return f"{chosen}, hardly before {second['circuit']} (CAIC {second['lead']:.1f} higher)."
    return f"{chosen}; the next is {second['circuit']} (CAIC {second['lead']:.1f} higher)."


def _sentence_of_stated(own: str, table: pd.DataFrame) -> str:
    row = table[table["circuit"] == own].iloc[0]
    best = table.iloc[0]
    if row["circuit"] == best["circuit"]:
        return f"{own} was asked for, and no other candidate describes the spectra better."
    return (
        f"{own} was asked for; {best['circuit']}, {_words(best)}, describes the spectra better "
        f"(CAIC {row['lead']:.1f} lower)."
    )


def _words(row: pd.Series) -> str:
    n_arcs = row["n_arcs"]
    arcs = "one arc" if n_arcs == 1 else f"{n_arcs} arcs"
    return f"{arcs} {'with' if row['has_tail'] else 'without'} a diffusion tail"
