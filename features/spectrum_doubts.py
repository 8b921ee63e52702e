"""What to doubt in the spectra of a cell, and in the fits that its descriptors rest on."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from features.cell_spectra import fits, validity
from features.counting import counted
from features.impedance.validity import Doubt
from features.records import Cell, Spectrum
from features.registry import select

#: Modules of the descriptors that are read off a fit of the paper's circuit.
ON_FITS = ("features.descriptors.impedance_fit", "features.descriptors.impedance_growth")
#: Of those, descriptors that read the spectrum itself.
OFF_SPECTRA = ("kramers_kronig_residual_fraction", "frequency_span_decades")
WAY_OUT = "seicast fit FILE names a known circuit that is not refuted, if there is one"


def spectrum_doubts(cell: Cell) -> tuple[str, ...]:
    """Return what is to be doubted in spectra as sent: of each kind the first, and how many more.

    Parameters
    ----------
    cell : Cell
    """
    if not cell.spectra:
        return ()
    found = validity(cell)
    each = zip(found.doubts, found.spectra, strict=True)
    return tuple(_told((doubt, spectrum) for doubts, spectrum in each for doubt in doubts))


def fit_doubts(cell: Cell, names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return what is to be doubted in the fits of the paper's circuit, which read the arcs.

    Parameters
    ----------
    cell : Cell
    names : sequence of str, optional
        Descriptors that are asked for; where none is read off a fit, there is no doubt.

    Examples
    --------
    >>> from features import CellDesign, Recipe, Source
    >>> fit_doubts(Cell("A1", Recipe(CellDesign("Li||Cu")), Source("measured")))
    ()
    """
    if not cell.spectra or not _rests_on_fits(names):
        return ()
    found = fits(cell)
    text = found.circuit.text
    seen = [
        (Doubt("misfit", f"{sentence}; {WAY_OUT}"), spectrum)
        for row, spectrum in enumerate(found.spectra)
        if (sentence := found.misfit.sentence(row, text))
    ]
    return tuple(_told(seen))


def _rests_on_fits(names: Sequence[str] | None) -> bool:
    """Tell whether any of these descriptors is read off a fit; all of them are meant by None."""
    return any(
        each.function.__module__ in ON_FITS and each.name not in OFF_SPECTRA
        for each in select(names)
    )


def _told(seen: Iterable[tuple[Doubt, Spectrum]]) -> Iterator[str]:
    """Yield a sentence for each kind of doubt."""
    every = list(seen)
    counts = Counter(doubt.kind for doubt, _ in every)
    for doubt, spectrum in every:
        n_alike = counts.pop(doubt.kind, 0)
        if n_alike:
            after = "" if spectrum.cycle is None else f" after cycle {spectrum.cycle}"
            more = (
                ""
                if n_alike == 1
                else f" ({counted(n_alike - 1, 'more spectrum', 'more spectra')} alike)"
            )
            yield f"the impedance spectrum{after}: {doubt.sentence}{more}"
