"""What is to be said of spectra before they are fitted: looked at once, whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.impedance.kramers_kronig import KramersKronig, kramers_kronig
from features.impedance.spectra import Batch
from features.impedance.validity import Doubt, refusal, spectra_doubts
from features.records import Spectrum


@dataclass(frozen=True, eq=False)
class Validity:
    """What was found in spectra before they were fitted, in the order given.

    Attributes
    ----------
    spectra : tuple of Spectrum
    found : KramersKronig
    doubts : tuple of tuples of Doubt
    """

    spectra: tuple[Spectrum, ...]
    found: KramersKronig
    doubts: tuple[tuple[Doubt, ...], ...]

    def __len__(self) -> int:
        return len(self.spectra)

    @property
    def batch(self) -> Batch:
        """Return the spectra sorted and side by side."""
        return self.found.relaxations.batch

    @cached_property
    def refusals(self) -> tuple[str, ...]:
        """Return why a spectrum cannot be fitted; empty where it can."""
        return tuple(refusal(each) or "" for each in self.doubts)

    @cached_property
    def is_sound(self) -> NDArray[np.bool_]:
        """Return which spectra can be fitted."""
        return np.array([not why for why in self.refusals], dtype=bool)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Return all that was doubted in each spectrum, refusals too; empty for a good one."""
        return tuple("; ".join(map(str, each)) for each in self.doubts)

    def take(self, rows: NDArray[np.intp]) -> "Validity":
        """Return what was found in some of the spectra, in another order if wished."""
        return Validity(
            tuple(self.spectra[row] for row in rows),
            self.found.take(rows),
            tuple(self.doubts[row] for row in rows),
        )


def validity_of(
    spectra: Sequence[Spectrum] | Validity, area_cm2: float | Sequence[float] | None = None
) -> Validity:
    """Return the Kramers-Kronig verdicts on spectra and what is to be doubted in them.

    Parameters
    ----------
    spectra : sequence of Spectrum, or Validity
        Validity where they were looked at already.
    area_cm2 : float, or one for each spectrum, optional

    Examples
    --------
    >>> frequency_Hz = np.logspace(5, -1, 50)
    >>> arc_ohm = 5 + 80 / (1 + 1e-3j * 2 * np.pi * frequency_Hz)
    >>> good, mirrored = Spectrum(frequency_Hz, arc_ohm), Spectrum(frequency_Hz, arc_ohm.conj())
    >>> validity_of([good, mirrored]).is_sound.tolist()
    [True, False]
    """
    if isinstance(spectra, Validity):
        return spectra
    found = kramers_kronig(spectra)
    return Validity(tuple(spectra), found, tuple(spectra_doubts(spectra, area_cm2, found)))
