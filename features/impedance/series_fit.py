"""Fits of a series of spectra: their table, where neighbours were needed, and growth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.impedance.arcs import LEVEL_FRACTION, Arcs, arcs_in, doubts
from features.impedance.batch_fit import BatchFit
from features.impedance.coordinates import arcs_of
from features.impedance.elements import Array
from features.impedance.fit import SpectraFit
from features.impedance.growth import Course, growth_table
from features.impedance.joint_fit import Path
from features.records import Spectrum

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

#: Moved by so many of its own standard deviations, and by more than rounding, an estimate is no
#: longer the spectrum's own.
MOVED_MULTIPLE, LEAST_MOVE = 3.0, 0.01
#: Neighbours help a spectrum that by itself knows the logarithm of a resistance to this. Of less
#: they are all that is known, and the joint error of arcs that overlap may be far too small.
MOST_AMBIGUOUS = 0.10
#: So many spectra, evenly spaced, tell the growth of longer series.
MOST_OF_COURSE = 500


@dataclass(frozen=True, eq=False)
class SeriesFit(SpectraFit):
    """Fits of a series of spectra, from the first to the last.

    Attributes
    ----------
    single : SpectraFit
        The same spectra, each fitted by itself.
    rows : int array of shape (n_fitted,)
        Spectra that take part; the others were refused, or refute the circuit.
    path : Path or None
        The joint fit of those; None where fewer than two take part, or where they say so little
        that there is none. Then all is as in ``single``.
    """

    single: SpectraFit
    rows: IntArray
    path: Path | None

    @cached_property
    def arcs(self) -> Arcs:
        """Return the arcs, each under one name throughout the series."""
        return _in_order(arcs_in(self.fit), self.fit, self._order)

    @cached_property
    def _alone(self) -> Arcs:
        """Return the arcs of the single fits under the names that they have in the series."""
        return _in_order(arcs_in(self.single.fit), self.single.fit, self._order)

    @cached_property
    def _order(self) -> IntArray:
        """Return the arcs of the circuit's text from fast to slow, as most spectra have them."""
        rows = self.rows if self.rows.size else np.flatnonzero(self.validity.is_sound)
        log_frequencies = _log_frequencies(self.fit)[rows]
        usual = np.median(log_frequencies, axis=0) if rows.size else log_frequencies.sum(axis=0)
        return np.argsort(-usual, kind="stable")

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Return why the arcs of each spectrum cannot be told apart; empty where they can."""
        if self.path is None:
            return self.single.reasons
        reasons = list(self.single.reasons)
        found = doubts(self.arcs, self.fit, self.batch)
        for row in self.rows.tolist():
            reasons[row] = "; ".join(filter(None, (found[row], self._ambiguity(row))))
        return tuple(reasons)

    def _ambiguity(self, row: int) -> str:
        """Return why a spectrum, by itself, says too little to trust the joint error."""
        single = self.single
        if np.all(single.arcs.log_resistance_sd[row] <= MOST_AMBIGUOUS):
            return ""
        return f"by itself the spectrum does not tell the arcs apart: {single.reasons[row]}"

    @cached_property
    def was_regularised(self) -> BoolArray:
        """Return where the neighbours were needed.

        By itself such a spectrum does not tell its arcs apart, or it tells something else.
        """
        if self.path is None:
            return np.zeros(len(self.spectra), dtype=bool)
        moved = np.abs(np.log(self.arcs.resistance_ohm / self._alone.resistance_ohm))
        reach = np.maximum(MOVED_MULTIPLE * self._alone.log_resistance_sd, LEAST_MOVE)
        is_ambiguous = np.array([bool(text) for text in self.single.reasons], dtype=bool)
        takes_part = np.isin(np.arange(len(self.spectra)), self.rows)
        found: BoolArray = (is_ambiguous | np.any(moved > reach, axis=1)) & takes_part
        return found

    @cached_property
    def table(self) -> pd.DataFrame:
        """Return one row a spectrum, in the order of the series.

        Columns are those of ``SpectraFit.table``, and

        ``cycle``, ``time_h``
            Of the spectrum, nan where unknown.
        ``was_regularised``
            Whether the neighbours were needed.
        """
        table = super().table
        table.insert(0, "cycle", known(self.spectra, "cycle"))
        table.insert(1, "time_h", known(self.spectra, "time_h"))
        table.insert(list(table).index("reason") + 1, "was_regularised", self.was_regularised)
        return table

    @cached_property
    def growth(self) -> pd.DataFrame:
        """Return how the resistances change; columns value, sd, and the reason for a blank.

        ``R_SEI_growth_..._per_cycle``, ``R_SEI_growth_..._per_sqrt_h``
            Slope over the cycles; at rest, over the root of the hours since assembly.
        ``R_SEI_ratio``, ``R_ct_ratio``
            Last over first spectrum in which the resistance is known.
        """
        return growth_table(self.course("SEI"), self.course("ct"))

    def course(self, arc: str) -> Course:
        """Return the resistance of an arc over the spectra in which it is known.

        Parameters
        ----------
        arc : str
            ``SEI``, ``ct``, ... as in the columns of the table; the course of one that the
            circuit does not have is empty.
        """
        column = self.arcs.names.index(arc) if arc in self.arcs.names else None
        told = np.empty(0, dtype=np.intp) if column is None else self._told(column)
        spectra = [self.spectra[row] for row in told]
        return Course(
            f"R_{arc}",
            "ohm" if self.area_cm2 is None else "ohm_cm2",
            (self.arcs.resistance_ohm[:, column or 0] * self.scale(1))[told],
            self._log_covariance(column or 0, told),
            known(spectra, "cycle"),
            known(spectra, "time_h"),
            len(self.spectra),
        )

    def _told(self, column: int) -> IntArray:
        """Return the spectra in which one resistance is known, by itself roughly, too."""
        apex_Hz, measured_Hz = self.arcs.frequency_Hz[:, column], self.batch.frequency_Hz
        is_told = (
            (2 * self.arcs.log_resistance_sd[:, column] <= LEVEL_FRACTION)
            & (self._alone.log_resistance_sd[:, column] <= MOST_AMBIGUOUS)
            & (apex_Hz <= measured_Hz[:, 0])
            & (apex_Hz >= measured_Hz[:, -1])
            & self.fit.is_converged
            & ~self.misfit.is_missed
        )
        told = np.flatnonzero(is_told)
        if told.size <= MOST_OF_COURSE:
            return told
        return told[np.linspace(0, told.size - 1, MOST_OF_COURSE).round().astype(np.intp)]

    def _log_covariance(self, column: int, told: IntArray) -> Array:
        """Return the covariance of the logarithm of a resistance from spectrum to spectrum."""
        if self.path is None or not told.size:
            return np.diag(self.arcs.log_resistance_sd[told, column] ** 2)
        resistor = arcs_of(self.circuit)[self._order[column]].resistor
        places = np.searchsorted(self.rows, told)
        asked = np.zeros((*self.path.at.shape, told.size))
        asked[places, resistor, np.arange(told.size)] = 1.0
        found: Array = self.path.joint.solve(asked)[places, resistor]
        return found


def known(spectra: Sequence[Spectrum], name: str) -> Array:
    """Return the cycles or hours of spectra, nan where unknown."""
    stated = [getattr(spectrum, name) for spectrum in spectra]
    return np.array([np.nan if value is None else value for value in stated], dtype=float)


def _log_frequencies(fit: BatchFit) -> Array:
    """Return where the arcs peak, as logarithms but for a constant, in the circuit's order."""
    return np.stack(
        [
            -(fit.log_parameters[:, arc.resistor] + fit.log_parameters[:, arc.capacitor])
            / (1.0 if arc.alpha is None else np.exp(fit.log_parameters[:, arc.alpha]))
            for arc in arcs_of(fit.circuit)
        ],
        axis=1,
    )


def _in_order(arcs: Arcs, fit: BatchFit, order: IntArray) -> Arcs:
    """Return arcs, which come from fast to slow, in one order of the circuit's instead."""
    own = np.argsort(-_log_frequencies(fit), axis=1, kind="stable")
    places = np.argsort(own, axis=1)[:, order]
    rows = np.arange(len(places))[:, None]
    return Arcs(
        arcs.names,
        arcs.resistance_ohm[rows, places],
        arcs.frequency_Hz[rows, places],
        arcs.log_resistance_sd[rows, places],
        arcs.log_frequency_sd[rows, places],
        arcs.log_covariance[rows[:, :, None], places[:, :, None], places[:, None, :]],
    )
