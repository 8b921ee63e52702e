"""Shapes that the blocks of a circuit may take, on a coarse lattice of times and exponents."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from features.impedance.circuit import Circuit, Leaf, Node
from features.impedance.coordinates import DIFFUSIVE, Arc, arcs_of

#: Times of arcs across the window and a little beyond, and exponents.
N_TIMES, REACH = 13, (-1.1, 1.0)
ALPHAS = (0.68, 0.88)
#: |Z| of a Warburg element over its arc's resistance, at the lowest frequency.
WARBURG_RATIOS = (0.05, 0.4, 2.0)
#: Of a bounded diffusion over its arc's resistance, and its time within the window, 1 the slowest.
BOUNDED_RATIOS, BOUNDED_TIMES = (0.3, 1.5), (0.4, 0.7, 1.0)
#: Times within the window of a bounded diffusion in series, and exponents of a CPE there.
TAIL_TIMES = (0.5, 0.75, 1.0, 1.2)
TAIL_ALPHAS = (0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Family:
    """Shapes that one block may take.

    Attributes
    ----------
    node : Node
    amplitude : int
        Place of the coordinate that carries its size.
    sign : int
        1 where the size grows with that parameter, -1 where it falls.
    shapes : tuple of dict of int to tuple of float
        Place of a coordinate -> (share of the half window, constant): its value is
        share * half + constant.
    times : tuple of int
        Place of each shape's time on the lattice, by which neighbours are told.
    rank : int
        Arcs of a higher one are slower: 1 with diffusion, 0 without.
    """

    node: Node
    amplitude: int
    sign: int
    shapes: tuple[dict[int, tuple[float, float]], ...]
    times: tuple[int, ...]
    rank: int = 0


@dataclass(frozen=True)
class Blocks:
    """How a circuit is scanned: what is always there, tails, arcs."""

    resistors: tuple[int, ...]
    inductors: tuple[int, ...]
    tails: tuple[Family, ...]
    arcs: tuple[Family, ...]


@lru_cache(maxsize=256)
def blocks_of(circuit: Circuit) -> Blocks | None:
    """Return how a circuit is scanned, None if it is no series of arcs."""
    arcs = {id(arc.node): arc for arc in arcs_of(circuit)}
    resistors, inductors, tails, blocks = [], [], [], []
    for node in circuit.root.nodes:
        if not isinstance(node, Leaf):
            if id(node) not in arcs or not _is_plain(node):
                return None
            blocks.append(_arc_family(circuit, arcs[id(node)]))
        elif node.element.symbol == "R":
            resistors.append(node.first)
        elif node.element.symbol == "L":
            inductors.append(node.first)
        else:
            tails.append(_tail_family(node))
    return Blocks(tuple(resistors), tuple(inductors), tuple(tails), tuple(blocks))


def _is_plain(node: Node) -> bool:
    """Tell whether an arc's branches hold no parallel block of their own."""
    if isinstance(node, Leaf):
        return True
    return all(isinstance(n, Leaf) or (not n.is_parallel and _is_plain(n)) for n in node.nodes)


def _arc_family(circuit: Circuit, arc: Arc) -> Family:
    steps = np.linspace(*REACH, N_TIMES)
    choices: list[list[dict[int, tuple[float, float]]]] = [
        [{arc.resistor: (0.0, 0.0), arc.capacitor: (float(step), 0.0)} for step in steps]
    ]
    if arc.alpha is not None:
        choices.append([{arc.alpha: (0.0, alpha)} for alpha in ALPHAS])
    for place in arc.diffusion:
        leaf = next(leaf for leaf in circuit.leaves if leaf.first == place)
        choices.append(_diffusion_shapes(leaf))
    shapes = [{k: v for part in parts for k, v in part.items()} for parts in product(*choices)]
    n_each = len(shapes) // N_TIMES
    times = tuple(index // n_each for index in range(len(shapes)))
    return Family(arc.node, arc.resistor, 1, tuple(shapes), times, rank=int(bool(arc.diffusion)))


def _diffusion_shapes(leaf: Leaf) -> list[dict[int, tuple[float, float]]]:
    if leaf.element.symbol == "W":
        # At the lowest frequency, |Z| is sqrt(2) sigma exp(half / 2).
        return [{leaf.first: (-0.5, float(np.log(ratio / np.sqrt(2))))} for ratio in WARBURG_RATIOS]
    return [
        {leaf.first: (0.0, float(np.log(ratio))), leaf.first + 1: (time, 0.0)}
        for ratio in BOUNDED_RATIOS
        for time in BOUNDED_TIMES
    ]


def _tail_family(leaf: Leaf) -> Family:
    symbol = leaf.element.symbol
    shapes: list[dict[int, tuple[float, float]]] = [{leaf.first: (0.0, 0.0)}]
    if symbol == "CPE":
        shapes = [{**shapes[0], leaf.first + 1: (0.0, alpha)} for alpha in TAIL_ALPHAS]
    elif symbol in DIFFUSIVE and symbol != "W":
        shapes = [{**shapes[0], leaf.first + 1: (time, 0.0)} for time in TAIL_TIMES]
    sign = -1 if leaf.element.is_admittance else 1
    return Family(leaf, leaf.first, sign, tuple(shapes), tuple(range(len(shapes))))
