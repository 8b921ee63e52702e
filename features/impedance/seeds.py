"""Starts without a guess: a linear scan over arcs of given times, and scattered starts elsewhere.

A circuit in series is linear in the sizes of its blocks once their shapes are given. So shapes are
taken from a coarse lattice, resistance, inductance and diffusion are projected out, and all
combinations of arcs are solved in closed form (variable projection). Circuits that are no such
series start from a Latin hypercube.
"""

from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from features.impedance.circuit import Circuit, node_impedance
from features.impedance.combinations import arc_gains, projected
from features.impedance.elements import Array, ComplexArray
from features.impedance.problem import Problem
from features.impedance.shapes import Blocks, Family, blocks_of

IntArray = NDArray[np.intp]

#: Least size of a seeded block over the spectrum's least modulus.
LEAST_SIZE = 1e-2
SCATTER_SEED = 20170101


def starts(problem: Problem, n_starts: int) -> Array:
    """Return starts of each problem, shape (n_problems, n_starts, n_parameters), best first."""
    blocks = blocks_of(problem.coordinates.circuit)
    if blocks is None:
        return scattered(problem, n_starts)
    return _Scan(problem, blocks).best(n_starts)


def swapped(problem: Problem, n_starts: int) -> Array:
    """Return starts in which charge transfer is faster than an arc without diffusion."""
    blocks = blocks_of(problem.coordinates.circuit)
    if blocks is None:
        return scattered(problem, n_starts)
    return _Scan(problem, blocks, is_swapped=True).best(n_starts)


def has_kinds(circuit: Circuit) -> bool:
    """Tell whether a circuit in series has arcs with diffusion and arcs without."""
    blocks = blocks_of(circuit)
    return blocks is not None and len({family.rank for family in blocks.arcs}) > 1


def is_scanned(circuit: Circuit) -> bool:
    """Tell whether a circuit is a series of arcs, which can be scanned."""
    return blocks_of(circuit) is not None


def has_bounded_tail(circuit: Circuit) -> bool:
    """Tell whether a circuit in series ends in diffusion whose time is to be found."""
    blocks = blocks_of(circuit)
    return blocks is not None and any(len(family.shapes) > 1 for family in blocks.tails)


def scattered(problem: Problem, n_starts: int) -> Array:
    """Return starts spread over the limits by a Latin hypercube, their sizes those measured."""
    # It takes half a second to load, and only circuits of the user's own are sought like this.
    from scipy.stats import qmc  # noqa: PLC0415

    facts = problem.coordinates.circuit.facts
    sampler = qmc.LatinHypercube(len(facts), rng=np.random.default_rng(SCATTER_SEED))
    spread = 0.15 + 0.7 * sampler.random(n_starts)
    low, high = problem.low[:, None], problem.high[:, None]
    found: Array = low + spread * (high - low)
    return found


class _Scan:
    """The normal equations of all shapes of all blocks, and what their combinations save."""

    def __init__(self, problem: Problem, blocks: Blocks, *, is_swapped: bool = False) -> None:
        self.problem, self.blocks, self.is_swapped = problem, blocks, is_swapped
        self.half = -problem.log_omega[:, -1]
        self.families = (*blocks.tails, *blocks.arcs)
        ends = np.cumsum([0, *(len(family.shapes) for family in self.families)])
        self.place = {
            id(family): slice(int(first), int(stop))
            for family, first, stop in zip(self.families, ends[:-1], ends[1:], strict=True)
        }
        self.n_atoms = int(ends[-1])
        self._build()

    def _build(self) -> None:
        """Set up the Gram matrix of all atoms and their products with the spectrum."""
        problem, blocks = self.problem, self.blocks
        grids, member = _distinct(problem.log_omega)
        atoms = np.concatenate(
            [
                *(_atoms(problem, family, grids) for family in self.families),
                _constant_atoms(grids, bool(blocks.resistors), bool(blocks.inductors)),
            ],
            axis=1,
        )
        weighted = (atoms[member] * problem.weight[:, None]).view(float)
        target = (problem.impedance * problem.weight).view(float)
        self.gram = weighted @ weighted.transpose(0, 2, 1)
        self.moment = (weighted @ target[:, :, None])[:, :, 0]

    def best(self, n_starts: int) -> Array:
        """Return the starts that save most, neighbours left out."""
        gains, combinations = self._gains()
        chosen = self._chosen(gains, combinations, n_starts)
        return np.stack([self._start(chosen[:, k]) for k in range(n_starts)], axis=1)

    def _gains(self) -> tuple[Array, IntArray]:
        """Return what each combination of shapes saves, and the combinations (n, n_families)."""
        tails = list(product(*(range(len(family.shapes)) for family in self.blocks.tails)))
        parts = [self._gains_beside(tail) for tail in tails]
        return (
            np.concatenate([gains for gains, _ in parts], axis=1),
            np.concatenate([combinations for _, combinations in parts], axis=1),
        )

    def _gains_beside(self, tail: tuple[int, ...]) -> tuple[Array, IntArray]:
        """Return gains and combinations of arcs beside a given tail."""
        fixed = [
            self.place[id(family)].start + shape
            for family, shape in zip(self.blocks.tails, tail, strict=True)
        ]
        always = [*fixed, *range(self.n_atoms, self.gram.shape[1])]
        gram, moment, base = projected(self.gram, self.moment, always, self.n_atoms)
        ranges = [np.arange(self.n_atoms)[self.place[id(family)]] for family in self.blocks.arcs]
        gains, arcs = arc_gains(gram, moment, ranges)
        keep = self._is_ordered(arcs)
        gains = np.where(keep, gains, -np.inf)
        head = np.broadcast_to(np.array(fixed, dtype=np.intp), (*arcs.shape[:2], len(fixed)))
        return gains + base[:, None], np.concatenate([head, arcs], axis=2)

    def _is_ordered(self, combinations: IntArray) -> NDArray[np.bool_]:
        """Tell in which combinations slower arcs follow faster ones of their kind.

        Either of two arcs of one kind may be called the first, so half of all is enough. Diffusion
        belongs to charge transfer, which is slower than any arc without; faster where swapped.
        """
        found = np.ones(combinations.shape[:2], dtype=bool)
        families = self.blocks.arcs
        for one, other in permutations(range(len(families)), 2):
            if families[one].rank > families[other].rank or (
                families[one].rank == families[other].rank and one > other
            ):
                continue
            times = [
                np.array(families[i].times)[
                    combinations[:, :, i] - self.place[id(families[i])].start
                ]
                for i in (one, other)
            ]
            is_across = self.is_swapped and families[one].rank != families[other].rank
            found &= times[0] >= times[1] if is_across else times[0] <= times[1]
        return found

    def _chosen(self, gains: Array, combinations: IntArray, n_starts: int) -> IntArray:
        """Return the best combinations (n, n_starts, n_families), of each tail in turn."""
        times = np.concatenate([np.array(family.times, dtype=np.intp) for family in self.families])
        n_tails = int(np.prod([len(family.shapes) for family in self.blocks.tails], dtype=np.intp))
        tails = np.repeat(np.arange(n_tails), gains.shape[1] // n_tails)
        chosen = np.empty((len(gains), n_starts, combinations.shape[2]), dtype=np.intp)
        rows, left = np.arange(len(gains)), gains.copy()
        when = times[combinations]
        is_due = np.ones((len(gains), n_tails), dtype=bool)
        for k in range(n_starts):
            allowed = left if n_tails == 1 else np.where(is_due[:, tails], left, -np.inf)
            index = np.argmax(allowed, axis=1)
            index = np.where(np.isfinite(allowed[rows, index]), index, np.argmax(gains, axis=1))
            chosen[:, k] = combinations[rows % len(combinations), index]
            here = when[rows % len(when), index]
            left[np.all(np.abs(when - here[:, None]) <= 1, axis=2)] = -np.inf
            is_due[rows, tails[index]] = False
            is_due[~is_due.any(axis=1)] = True
        return chosen

    def _start(self, combination: IntArray) -> Array:
        """Return the coordinates of one combination a problem, sizes solved for."""
        n_problems, n_families = combination.shape
        rows = np.arange(n_problems)[:, None]
        always = np.arange(self.n_atoms, self.gram.shape[1])
        used = np.concatenate([combination, np.tile(always, (n_problems, 1))], axis=1)
        gram = self.gram[rows[:, :, None], used[:, :, None], used[:, None, :]]
        diagonal = np.einsum("nii->ni", gram)
        diagonal *= 1 + 1e-9
        sizes = np.linalg.solve(gram, self.moment[rows, used][:, :, None])[:, :, 0]
        start = 0.5 * (self.problem.low + self.problem.high)
        for column, family in enumerate(self.families):
            shape = combination[:, column] - self.place[id(family)].start
            for place in family.shapes[0]:
                values = np.array([shape[place] for shape in family.shapes])[shape]
                start[:, place] = values[:, 0] * self.half + values[:, 1]
            start[:, family.amplitude] = family.sign * self._log_size(sizes[:, column])
        self._set_constants(start, sizes[:, n_families:])
        return start

    def _log_size(self, size: Array) -> Array:
        least = LEAST_SIZE / self.problem.weight.max(axis=1)
        log_size: Array = np.log(np.maximum(size, least))
        return log_size

    def _set_constants(self, start: Array, sizes: Array) -> None:
        blocks = self.blocks
        for place in blocks.resistors:
            start[:, place] = self._log_size(sizes[:, 0] / len(blocks.resistors))
        for place in blocks.inductors:
            start[:, place] = sizes[:, -1] / len(blocks.inductors) * np.exp(-self.half)


def _distinct(log_omega: Array) -> tuple[Array, IntArray]:
    """Return the grids that occur, and which is whose: spectra of one instrument share theirs."""
    found: dict[bytes, int] = {}
    member = np.array([found.setdefault(row.tobytes(), len(found)) for row in log_omega])
    first = np.zeros(len(found), dtype=np.intp)
    first[member[::-1]] = np.arange(len(member))[::-1]
    return log_omega[first], member


def _atoms(problem: Problem, family: Family, grids: Array) -> ComplexArray:
    """Return the impedance of each shape at size 1, (n_grids, n_shapes, width)."""
    n_grids, width = grids.shape
    n_shapes = len(family.shapes)
    half = -grids[:, -1]
    n_parameters = len(problem.coordinates.circuit.parameters)
    at = np.full((n_grids, n_shapes, n_parameters), 0.5)
    for row, shape in enumerate(family.shapes):
        for place, (share, constant) in shape.items():
            at[:, row, place] = share * half + constant
    log_parameters = problem.coordinates.log_parameters(at.reshape(-1, n_parameters))
    log_omega = np.repeat(grids, n_shapes, axis=0)
    found = node_impedance(family.node, log_parameters, log_omega)
    return found.reshape(n_grids, n_shapes, width)


def _constant_atoms(grids: Array, has_resistor: bool, has_inductor: bool) -> ComplexArray:
    """Return a resistor and an inductor, the latter of size 1 at the window's end."""
    atoms = np.empty((len(grids), has_resistor + has_inductor, grids.shape[1]), dtype=complex)
    if has_resistor:
        atoms[:, 0] = 1.0
    if has_inductor:
        atoms[:, -1] = 1j * np.exp(grids + grids[:, -1:])
    return atoms
