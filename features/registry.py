"""The list of descriptors: what each is called, where it comes from, how it is computed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, wraps
from typing import TypeVar
from weakref import WeakKeyDictionary, ref

from numpy.typing import ArrayLike

from features.errors import UnknownName
from features.records import Cell
from features.units import unit_of

#: Names suggested to whoever mistypes one.
N_NEAR = 5
DescriptorFunction = Callable[[Cell], float]
Part = TypeVar("Part")
T = TypeVar("T")


@dataclass(frozen=True)
class OfFact:
    """How a descriptor follows from the one number that it looks at, wherever it is measured.

    Attributes
    ----------
    fact : str
        Of the recipe, such as ``coating.thickness_nm``.
    of_numbers : callable
        From the numbers of many recipes to values, to the bit those of the descriptor.
    """

    fact: str
    of_numbers: Callable[[Sequence[float]], ArrayLike]


@dataclass(frozen=True)
class Descriptor:
    """One number that can be computed from a cell.

    Attributes
    ----------
    name : str
        Ends in its unit, see ``features.units``.
    version : int
        Goes up whenever the value for any cell changes.
    source : str
        DOI of the paper that defines it, or "own".
    function : callable
        Cell to float; raises ``NotMeasured`` with the reason where it does not apply.
    needs_whole_window : bool
        The value is blank unless the cell has run all cycles of the window.
    of_fact : OfFact, optional
        For recipes by the thousand: what gives the same values without a cell for each.
    """

    name: str
    version: int
    source: str
    function: DescriptorFunction
    needs_whole_window: bool = False
    of_fact: OfFact | None = None

    @cached_property
    def unit(self) -> str:
        """Return the unit, read from the name."""
        return unit_of(self.name)

    @property
    def summary(self) -> str:
        """Return the first line of the function's docstring."""
        return (self.function.__doc__ or "").strip().split("\n")[0]


_CATALOGUE: dict[str, Descriptor] = {}


def register(descriptor: Descriptor) -> None:
    """Add a descriptor to the catalogue; its name must be new and end in a unit."""
    if descriptor.name in _CATALOGUE:
        raise ValueError(f"Two descriptors are called '{descriptor.name}'.")
    unit_of(descriptor.name)
    _CATALOGUE[descriptor.name] = descriptor


def descriptor(
    *,
    version: int,
    source: str,
    needs_whole_window: bool = False,
    of_fact: OfFact | None = None,
) -> Callable[[DescriptorFunction], DescriptorFunction]:
    """Register the decorated function as a descriptor under its own name."""

    def add(function: DescriptorFunction) -> DescriptorFunction:
        name = function.__name__
        register(Descriptor(name, version, source, function, needs_whole_window, of_fact))
        return function

    return add


def catalogue() -> dict[str, Descriptor]:
    """Return all descriptors by name, in the order of their modules."""
    import features.descriptors  # noqa: F401, PLC0415  registers them; at the top it would be a cycle

    return dict(_CATALOGUE)


def select(names: Iterable[str] | None) -> list[Descriptor]:
    """Return the named descriptors, each once, or all of them for None.

    Raises
    ------
    UnknownName
        If there is no descriptor of a name.
    """
    known = catalogue()
    if names is None:
        return list(known.values())
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        near = get_close_matches(unknown[0], known, n=N_NEAR, cutoff=0.3)
        raise UnknownName(
            f"No descriptor is called {unknown}; of {len(known)}, the nearest are "
            f"{', '.join(near) or 'none'}. List all of them with: seicast describe"
        )
    return [known[name] for name in wanted]


def once_per_cell(function: Callable[[Cell], T]) -> Callable[[Cell], T]:
    """Keep a function's answer for as long as its cell lives; descriptors share it."""
    answers: WeakKeyDictionary[Cell, T] = WeakKeyDictionary()

    @wraps(function)
    def answer(cell: Cell) -> T:
        found = answers.get(cell)
        if found is None:
            answers[cell] = found = function(cell)
        return found

    return answer


def once_per_part(function: Callable[[Part], T]) -> Callable[[Part], T]:
    """Keep a function's answer for as long as a part of a recipe lives; recipes share it.

    A part is known by itself: to find an equal one, all of its facts would be looked at. What
    is kept must not hold the part, or neither would ever go.
    """
    answers: dict[int, tuple[ref[Part], T]] = {}

    @wraps(function)
    def answer(part: Part) -> T:
        number = id(part)
        found = answers.get(number)
        if found is None:
            # Nothing else is numbered so before this is taken out.
            going = ref(part, lambda _: answers.pop(number, None))
            answers[number] = found = going, function(part)
        return found[1]

    return answer
