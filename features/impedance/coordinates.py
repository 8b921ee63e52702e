"""Coordinates in which a fit moves: per arc ln R, ln tau, alpha and diffusion over R; L itself.

Changing the exponent of a constant-phase element at constant Q moves its arc by decades; at
constant tau it only flattens it. So arcs are fitted by what is seen of them. The inductance of
leads may well be zero, where a logarithm has no bottom. Impedance is counted in the spectrum's
median modulus and angular frequency in the middle of its window.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from features.impedance.circuit import Chain, Circuit, Leaf, Node
from features.impedance.elements import Array, ComplexArray

CAPACITIVE = ("C", "CPE")
DIFFUSIVE = ("W", "Wo", "Ws")
#: Exponents of constant-phase elements: below, it is a resistor; 1 is a capacitor.
ALPHA_LIMITS = (0.3, 1.0)
DECADE = float(np.log(10.0))
#: A resistance lies within so many decades of the moduli measured.
DECADES_OF_RESISTANCE = (3.0, 2.0)
#: An arc, or the corner of a bounded diffusion, lies within so many decades of the window.
DECADES_OUTSIDE = 2.5
#: Diffusion over the resistance of its branch, at the window's end.
DECADES_OF_RATIO = 4.0
#: What an inductor, or a capacitor in series, may be over the moduli measured.
DECADES_OF_REACTANCE = (6.0, 2.0)
#: Stands for zero where a logarithm is asked for, scaled.
LEAST_INDUCTANCE = 1e-12


@dataclass(frozen=True)
class Arc:
    """A resistor beside a capacitor or constant-phase element.

    Attributes
    ----------
    resistor, capacitor : int
        Places of R and of C or Q among the parameters.
    alpha : int or None
        Place of the exponent.
    diffusion : tuple of int
        Places of the amplitudes of diffusion elements in series with R.
    node : Chain
        The parallel block.
    """

    resistor: int
    capacitor: int
    alpha: int | None
    diffusion: tuple[int, ...]
    node: Chain


@lru_cache(maxsize=256)
def arcs_of(circuit: Circuit) -> tuple[Arc, ...]:
    """Return the arcs of a circuit in the order of its text, nested ones too."""
    return tuple(_arcs(circuit.root))


def _arcs(node: Node) -> Iterator[Arc]:
    if isinstance(node, Leaf):
        return
    if node.is_parallel and (arc := _arc(node)) is not None:
        yield arc
    for inner in node.nodes:
        yield from _arcs(inner)


def _arc(node: Chain) -> Arc | None:
    """Return the arc that a parallel block is, if one branch is capacitive and one conducts."""
    capacitive = [n for n in node.nodes if isinstance(n, Leaf) and n.element.symbol in CAPACITIVE]
    others = [n for n in node.nodes if n not in capacitive]
    if len(capacitive) != 1 or len(others) != 1:
        return None
    branch = _leaves_in_series(others[0])
    resistors = [leaf for leaf in branch if leaf.element.symbol == "R"]
    if len(resistors) != 1:
        return None
    capacitor = capacitive[0]
    return Arc(
        resistors[0].first,
        capacitor.first,
        capacitor.first + 1 if capacitor.element.symbol == "CPE" else None,
        tuple(leaf.first for leaf in branch if leaf.element.symbol in DIFFUSIVE),
        node,
    )


def _leaves_in_series(node: Node) -> list[Leaf]:
    if isinstance(node, Leaf):
        return [node]
    return [] if node.is_parallel else [n for n in node.nodes if isinstance(n, Leaf)]


def _kind(node: Node) -> str:
    """Return a node's text without numbers."""
    if isinstance(node, Leaf):
        return node.element.symbol
    inner = (_kind(n) for n in node.nodes)
    return f"p({','.join(inner)})" if node.is_parallel else "-".join(inner)


@dataclass(frozen=True)
class Coordinates:
    """The way between coordinates and log-parameters of one circuit.

    Attributes
    ----------
    circuit : Circuit
    arcs : tuple of Arc
    alphas : tuple of int
        Places of all exponents, which are their own coordinates.
    leads : tuple of int
        Places of inductances in series, which are their own coordinates too.
    """

    circuit: Circuit
    arcs: tuple[Arc, ...]
    alphas: tuple[int, ...]
    leads: tuple[int, ...]

    def log_parameters(self, coordinates: Array) -> Array:
        """Return scaled log-parameters, shape (n_problems, n_parameters)."""
        found = coordinates.copy()
        for place in (*self.alphas, *self.leads):
            found[:, place] = np.log(np.maximum(coordinates[:, place], LEAST_INDUCTANCE))
        for arc in self.arcs:
            exponent = 1.0 if arc.alpha is None else coordinates[:, arc.alpha]
            log_resistance = coordinates[:, arc.resistor]
            found[:, arc.capacitor] = exponent * coordinates[:, arc.capacitor] - log_resistance
            for diffusion in arc.diffusion:
                found[:, diffusion] += log_resistance
        return found

    def from_log_parameters(self, log_parameters: Array) -> Array:
        """Return coordinates of scaled log-parameters."""
        found = log_parameters.copy()
        for place in (*self.alphas, *self.leads):
            found[:, place] = np.exp(log_parameters[:, place])
        for arc in self.arcs:
            exponent = 1.0 if arc.alpha is None else found[:, arc.alpha]
            log_resistance = log_parameters[:, arc.resistor]
            found[:, arc.capacitor] += log_resistance
            found[:, arc.capacitor] /= exponent
            for diffusion in arc.diffusion:
                found[:, diffusion] -= log_resistance
        return found

    def ordered(self, coordinates: Array) -> Array:
        """Return coordinates with arcs of one kind in series put from fast to slow."""
        found = coordinates.copy()
        for alike in self._alike():
            places = np.array([range(arc.node.first, arc.node.stop) for arc in alike])
            capacitors = [arc.capacitor for arc in alike]
            order = np.argsort(coordinates[:, capacitors], axis=1, kind="stable")
            for column, own in enumerate(places):
                rows = np.arange(len(found))[:, None]
                found[:, own] = coordinates[rows, places[order[:, column]]]
        return found

    def is_upside_down(self, coordinates: Array) -> NDArray[np.bool_]:
        """Tell where charge transfer, an arc with diffusion, is faster than an arc without."""
        series = [arc for arc in self.arcs if any(arc.node is n for n in self.circuit.root.nodes)]
        slow = [arc.capacitor for arc in series if arc.diffusion]
        fast = [arc.capacitor for arc in series if not arc.diffusion]
        if not slow or not fast:
            return np.zeros(len(coordinates), dtype=bool)
        found: NDArray[np.bool_] = coordinates[:, slow].min(axis=1) < coordinates[:, fast].max(
            axis=1
        )
        return found

    def _alike(self) -> list[list[Arc]]:
        """Return the arcs in series, those of one kind together."""
        groups: dict[str, list[Arc]] = {}
        for arc in self.arcs:
            if any(arc.node is node for node in self.circuit.root.nodes):
                groups.setdefault(_kind(arc.node), []).append(arc)
        return [group for group in groups.values() if len(group) > 1]

    def turn(self, slopes: ComplexArray, coordinates: Array) -> None:
        """Turn slopes (n, n_parameters, m) by log-parameters into those by coordinates."""
        for place in (*self.alphas, *self.leads):
            slopes[:, place] /= np.maximum(coordinates[:, place, None], LEAST_INDUCTANCE)
        for arc in self.arcs:
            slopes[:, arc.resistor] -= slopes[:, arc.capacitor]
            for diffusion in arc.diffusion:
                slopes[:, arc.resistor] += slopes[:, diffusion]
            if arc.alpha is not None:
                log_tau = coordinates[:, arc.capacitor, None]
                slopes[:, arc.alpha] += log_tau * slopes[:, arc.capacitor]
                slopes[:, arc.capacitor] *= coordinates[:, arc.alpha, None]

    def jacobian(self, coordinates: Array) -> Array:
        """Return d log-parameters / d coordinates, shape (n, n_parameters, n_parameters)."""
        n_problems, n_parameters = coordinates.shape
        found = np.tile(np.eye(n_parameters), (n_problems, 1, 1))
        for place in (*self.alphas, *self.leads):
            found[:, place, place] = 1 / np.maximum(coordinates[:, place], LEAST_INDUCTANCE)
        for arc in self.arcs:
            found[:, arc.capacitor, arc.resistor] = -1.0
            for diffusion in arc.diffusion:
                found[:, diffusion, arc.resistor] = 1.0
            if arc.alpha is not None:
                found[:, arc.capacitor, arc.capacitor] = coordinates[:, arc.alpha]
                found[:, arc.capacitor, arc.alpha] = coordinates[:, arc.capacitor]
        return found

    def limits(self, window: "Window") -> tuple[Array, Array]:
        """Return the lowest and highest coordinates, each of shape (n_spectra, n_parameters)."""
        rows = [self._limit(place, window) for place in range(len(self.circuit.parameters))]
        low, high = (
            np.stack([np.broadcast_to(row[i], window.half.shape) for row in rows], axis=1)
            for i in (0, 1)
        )
        return low, high

    def _limit(self, place: int, window: "Window") -> tuple[Array | float, Array | float]:
        fact = self.circuit.facts[place]
        if place in self.alphas:
            return ALPHA_LIMITS
        if place in self.leads:
            return 0.0, np.exp(window.most + DECADE * DECADES_OF_REACTANCE[1] - window.half)
        outside = DECADE * DECADES_OUTSIDE
        if any(place == arc.capacitor for arc in self.arcs) or fact.name == "tau":
            return -window.half - outside, window.half + outside
        ratio = DECADE * DECADES_OF_RATIO + 0.5 * window.half
        if any(place in arc.diffusion for arc in self.arcs):
            return -ratio, ratio
        if fact.impedance_power == 1 and fact.time_power == 0.0:
            low, high = DECADES_OF_RESISTANCE
            return window.least - DECADE * low, window.most + DECADE * high
        low, high = (DECADE * decades for decades in DECADES_OF_REACTANCE)
        reach = (window.least - low - window.half, window.most + high + window.half)
        return reach if fact.impedance_power == 1 else (-reach[1], -reach[0])


@lru_cache(maxsize=256)
def coordinates_of(circuit: Circuit) -> Coordinates:
    """Return the coordinates in which a circuit is fitted."""
    alphas = tuple(i for i, fact in enumerate(circuit.facts) if fact.name == "alpha")
    leads = tuple(
        node.first
        for node in circuit.root.nodes
        if isinstance(node, Leaf) and node.element.symbol == "L"
    )
    return Coordinates(circuit, arcs_of(circuit), alphas, leads)


@dataclass(frozen=True)
class Window:
    """What was measured, in logarithms of scaled quantities, each of shape (n_spectra,).

    Attributes
    ----------
    half : float array
        Half the width of the window of frequencies.
    least, most : float array
        Extreme moduli.
    log_modulus, log_omega : float array
        The scales: median modulus, middle of the window.
    """

    half: Array
    least: Array
    most: Array
    log_modulus: Array
    log_omega: Array

    def take(self, rows: NDArray[np.intp]) -> "Window":
        """Return the windows of some spectra."""
        return Window(*(getattr(self, field.name)[rows] for field in fields(self)))
