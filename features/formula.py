"""Chemical formulas: how many atoms of what, and the mass of a mole."""

import re
from collections import Counter
from functools import lru_cache

from features.errors import InvalidRecord

#: Abridged standard atomic weights, IUPAC 2021, doi:10.1515/pac-2019-0603.
ATOMIC_WEIGHTS_g_mol = {
    "H": 1.008, "Li": 6.94, "Be": 9.0122, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999,
    "F": 18.998, "Na": 22.990, "Mg": 24.305, "Al": 26.982, "Si": 28.085, "P": 30.974, "S": 32.06,
    "Cl": 35.45, "K": 39.098, "Ca": 40.078, "Ti": 47.867, "Mn": 54.938, "Fe": 55.845,
    "Co": 58.933, "Ni": 58.693, "Cu": 63.546, "Zn": 65.38, "Ga": 69.723, "Ge": 72.630,
    "As": 74.922, "Se": 78.971, "Br": 79.904, "Rb": 85.468, "Sr": 87.62, "Y": 88.906,
    "Zr": 91.224, "Nb": 92.906, "Ag": 107.87, "In": 114.82, "Sn": 118.71, "Sb": 121.76,
    "I": 126.90, "Cs": 132.91, "Ba": 137.33, "La": 138.91, "Bi": 208.98,
}  # fmt: skip

_ATOM = r"(?P<element>[A-Z][a-z]?)(?P<count>[1-9]\d*)?"
_TOKEN = re.compile(rf"{_ATOM}|(?P<opens>\()|(?P<closes>\))(?P<times>[1-9]\d*)?")

#: Solids and polymers are written with more: counts that are broken, lowered or letters, names
#: of structures in Greek, other brackets, and signs between parts.
_LOOSE = re.compile(
    r"(?:[A-Z][a-z]?|[0-9₀-₉.,]|[xyznm\u03b1-\u03c9]|[()\[\]{}]|[-+–−±/:·•*_^@| ])*"
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def parse_formula(formula: str) -> dict[str, int]:
    """Return how many atoms of each element a formula holds.

    Parameters
    ----------
    formula : str
        Elements with counts, with round brackets where wanted; no charge, no hydrate dot.

    Raises
    ------
    InvalidRecord
        If it is not such a formula.

    Examples
    --------
    >>> parse_formula("(CF3CH2)2O")
    {'C': 4, 'F': 6, 'H': 4, 'O': 1}
    """
    levels: list[Counter[str]] = [Counter()]
    end = 0
    while token := _TOKEN.match(formula, end):
        end = token.end()
        if token["opens"]:
            levels.append(Counter())
        elif token["closes"]:
            _close_bracket(levels, int(token["times"] or 1), formula)
        else:
            levels[-1][_known(token["element"], formula)] += int(token["count"] or 1)
    if end < len(formula) or len(levels) > 1 or not levels[0]:
        raise _unreadable(formula)
    return dict(levels[0])


@lru_cache(maxsize=4096)
def is_readable(formula: str) -> bool:
    """Tell whether a text can be meant as the formula of a phase, if only by a chemist.

    Looser than ``parse_formula``: elements are not checked, and counts need not be whole.

    Examples
    --------
    >>> [is_readable(text) for text in ("Cu3N", "Li1.3Al0.3Ti1.7(PO4)3", "(C2H4O)n", "(((")]
    [True, True, True, False]
    """
    has_element = re.search(r"[A-Z]", formula) is not None
    return has_element and _LOOSE.fullmatch(formula) is not None and _are_paired(formula)


def molar_mass_g_mol(atoms: dict[str, int]) -> float:
    """Return the mass of one mole of a molecule, in g mol-1.

    Examples
    --------
    >>> round(molar_mass_g_mol(parse_formula("C3H4O3")), 2)
    88.06
    """
    return sum(ATOMIC_WEIGHTS_g_mol[element] * count for element, count in atoms.items())


def _are_paired(formula: str) -> bool:
    """Tell whether each bracket is closed by its own."""
    opened: list[str] = []
    for letter in formula:
        if letter in _PAIRS.values():
            opened.append(letter)
        elif letter in _PAIRS and (not opened or opened.pop() != _PAIRS[letter]):
            return False
    return not opened


def _close_bracket(levels: list[Counter[str]], times: int, formula: str) -> None:
    """Add the atoms of the innermost bracket to the level around it."""
    if len(levels) == 1:
        raise _unreadable(formula)
    for element, count in levels.pop().items():
        levels[-1][element] += count * times


def _known(element: str, formula: str) -> str:
    if element not in ATOMIC_WEIGHTS_g_mol:
        raise InvalidRecord(f"Formula '{formula}': there is no element '{element}' here.")
    return element


def _unreadable(formula: str) -> InvalidRecord:
    return InvalidRecord(
        f"Formula '{formula}' cannot be read; allowed are elements, counts and round brackets, "
        f"such as C3H4O3 or (CF3CH2)2O."
    )
