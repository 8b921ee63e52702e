"""How much of a cell has been measured: the recipe alone, its first cycles, its impedance."""

import re
from dataclasses import dataclass

from features.cycles import cycles
from features.errors import InvalidRecord, NotMeasured
from features.records import Cell
from features.window import last_cycle

RECIPE = "recipe"
SPECTRA = "spectra"
#: Such as recipe, 20_cycles, spectra, 20_cycles_and_spectra.
NAME = re.compile(rf"{RECIPE}|{SPECTRA}|([1-9]\d*)_cycles?(_and_{SPECTRA})?")


@dataclass(frozen=True, order=True)
class Evidence:
    """What a predictor needs to see of a cell; more cycles are richer, then spectra.

    Attributes
    ----------
    n_cycles : int
        Finished cycles; 0 for none.
    has_spectra : bool
        Whether an impedance spectrum is needed, taken within these cycles.

    Examples
    --------
    >>> Evidence(20, True).name
    '20_cycles_and_spectra'
    >>> Evidence(20) < Evidence(20, True) < Evidence(50)
    True
    """

    n_cycles: int = 0
    has_spectra: bool = False

    @property
    def name(self) -> str:
        """Return the name of the tier: what models that need this are called after."""
        if not self.n_cycles:
            return SPECTRA if self.has_spectra else RECIPE
        cycled = f"{self.n_cycles}_cycle{'s' if self.n_cycles > 1 else ''}"
        return f"{cycled}_and_{SPECTRA}" if self.has_spectra else cycled

    def lack(self, cell: Cell) -> str:
        """Return what the cell lacks of it in words, or an empty string."""
        n_finished = finished_cycles(cell)
        if n_finished < self.n_cycles:
            return f"it needs {self.n_cycles} finished cycles, the cell has {n_finished}"
        if self.has_spectra and not self._has_spectrum_of(cell):
            within = f" within the first {self.n_cycles} cycles" if self.n_cycles else ""
            return f"it needs an impedance spectrum{within}, the cell has none"
        return ""

    def _has_spectrum_of(self, cell: Cell) -> bool:
        if not self.n_cycles:
            return bool(cell.spectra)
        # Those of unknown cycle cannot be shown to lie inside the window.
        return any(s.cycle is not None and s.cycle <= self.n_cycles for s in cell.spectra)


def evidence_named(name: str) -> Evidence:
    """Return the evidence of a tier's name.

    Raises
    ------
    InvalidRecord
        If there is no such tier.

    Examples
    --------
    >>> evidence_named("1_cycle")
    Evidence(n_cycles=1, has_spectra=False)
    """
    found = NAME.fullmatch(name)
    if found is None:
        raise InvalidRecord(
            f"No tier is called '{name}'; call it {RECIPE}, {SPECTRA}, 20_cycles or "
            f"20_cycles_and_{SPECTRA}, with any number of cycles."
        )
    return Evidence(int(found[1] or 0), name.endswith(SPECTRA))


def finished_cycles(cell: Cell) -> int:
    """Return how many cycles a cell has really finished; a cycle begun is none."""
    if not cell.has_time_series:
        return last_cycle(cell)
    try:
        return int(cycles(cell)["cycle"].max())
    except NotMeasured:
        return 0
