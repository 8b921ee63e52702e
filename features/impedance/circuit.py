"""Equivalent circuits: impedance.py's strings, read once, evaluated for many problems at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from features.errors import InvalidSetting
from features.impedance.elements import ELEMENTS, Array, ComplexArray, Element, Parameter

#: Names that stand for a circuit; the first is the founding paper's.
NAMED_CIRCUITS = {
    "lithium_metal": "R0-p(R1,CPE1)-p(R2-W1,C2)",
    "one_arc": "R0-p(R1,CPE1)",
    "two_arcs": "R0-p(R1,CPE1)-p(R2,CPE2)",
    "two_arcs_open_warburg": "R0-p(R1,CPE1)-p(R2,CPE2)-Wo1",
    "three_arcs": "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)",
}
#: A circuit with more elements than this is no model of a spectrum.
MOST_ELEMENTS, DEEPEST = 24, 12
TOKEN = re.compile(r"\s*(p\(|[(),-]|[A-Za-z]+_?\d*)")
NAME = re.compile(r"([A-Za-z]+)_?(\d*)")


@dataclass(frozen=True)
class Leaf:
    """One element and the place of its first parameter."""

    name: str
    element: Element
    first: int

    @property
    def stop(self) -> int:
        """Return the place behind its last parameter."""
        return self.first + len(self.element.parameters)


@dataclass(frozen=True)
class Chain:
    """Nodes in series, or side by side."""

    nodes: tuple["Node", ...]
    is_parallel: bool

    @property
    def first(self) -> int:
        """Return the place of its first parameter."""
        return self.nodes[0].first

    @property
    def stop(self) -> int:
        """Return the place behind its last parameter."""
        return self.nodes[-1].stop


Node = Leaf | Chain


@dataclass(frozen=True)
class Circuit:
    """An equivalent circuit.

    Attributes
    ----------
    text : str
        In impedance.py's grammar: ``-`` in series, ``p(,)`` in parallel.
    root : Chain
        Nodes in series.
    leaves : tuple of Leaf
        Elements in the order of the text.
    """

    text: str
    root: Chain
    leaves: tuple[Leaf, ...] = field(repr=False)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters, in impedance.py's order."""
        return tuple(name for name, _ in self._named())

    @property
    def units(self) -> tuple[str, ...]:
        """Return the unit of each parameter; empty for an exponent."""
        return tuple(parameter.unit for _, parameter in self._named())

    @property
    def facts(self) -> tuple[Parameter, ...]:
        """Return what is known of each parameter."""
        return tuple(parameter for _, parameter in self._named())

    def _named(self) -> Iterator[tuple[str, Parameter]]:
        for leaf in self.leaves:
            for parameter in leaf.element.parameters:
                yield "_".join(filter(None, (leaf.name, parameter.name))), parameter

    def impedance_ohm(self, log_parameters: Array, frequency_Hz: Array) -> ComplexArray:
        """Return the impedance of each problem.

        Parameters
        ----------
        log_parameters : float array of shape (n_problems, n_parameters)
            Natural logarithms, in the order of ``parameters``.
        frequency_Hz : float array of shape (n_problems, n_frequencies)
        """
        return self.evaluate(log_parameters, np.log(2 * np.pi * frequency_Hz))[0]

    def evaluate(
        self, log_parameters: Array, log_omega: Array
    ) -> tuple[ComplexArray, ComplexArray]:
        """Return impedance and its derivatives by the log-parameters.

        Parameters
        ----------
        log_parameters : float array of shape (n_problems, n_parameters)
        log_omega : float array of shape (n_problems, n_frequencies)
            Logarithm of the angular frequency.

        Returns
        -------
        impedance : complex array of shape (n_problems, n_frequencies)
        slopes : complex array of shape (n_problems, n_parameters, n_frequencies)
        """
        slopes = np.empty((*log_parameters.shape, log_omega.shape[1]), dtype=complex)
        value, is_admittance = _evaluate(self.root, log_parameters, log_omega, slopes)
        if is_admittance:
            value = _invert(value, slopes)
        return value, slopes


def _evaluate(
    node: Node, log_parameters: Array, log_omega: Array, slopes: ComplexArray
) -> tuple[ComplexArray, bool]:
    """Return the value of a node and whether it is an admittance; fill its slopes."""
    if isinstance(node, Leaf):
        own = slice(node.first, node.stop)
        value = node.element.law(log_parameters[:, own], log_omega, slopes[:, own])
        return value, node.element.is_admittance
    total: ComplexArray | None = None
    for inner in node.nodes:
        value, is_admittance = _evaluate(inner, log_parameters, log_omega, slopes)
        if is_admittance != node.is_parallel:
            value = _invert(value, slopes[:, inner.first : inner.stop])
        total = value if total is None else np.add(total, value, out=total)
    assert total is not None
    return total, node.is_parallel


def node_impedance(node: Node, log_parameters: Array, log_omega: Array) -> ComplexArray:
    """Return the impedance of one part of a circuit, given the parameters of the whole."""
    slopes = np.empty((*log_parameters.shape, log_omega.shape[1]), dtype=complex)
    value, is_admittance = _evaluate(node, log_parameters, log_omega, slopes)
    return 1 / value if is_admittance else value


def _invert(value: ComplexArray, slopes: ComplexArray) -> ComplexArray:
    """Return 1 / value; turn the slopes of the value into those of its inverse."""
    inverse = value.conj()
    inverse /= value.real**2 + value.imag**2
    slopes *= -(inverse * inverse)[:, None]
    return inverse


@lru_cache(maxsize=256)
def circuit_of(text: str) -> Circuit:
    """Return the circuit that a string, or a name, stands for.

    Parameters
    ----------
    text : str
        A string such as ``R0-p(R1,CPE1)-p(R2-W1,C2)``, or a key of ``NAMED_CIRCUITS``.

    Raises
    ------
    InvalidSetting
        If the string is no circuit; the message tells where.

    Examples
    --------
    >>> circuit_of("lithium_metal").parameters
    ('R0', 'R1', 'CPE1_Q', 'CPE1_alpha', 'R2', 'W1', 'C2')
    """
    reader = _Reader(NAMED_CIRCUITS.get(text, text))
    node = reader.series()
    if reader.token:
        raise reader.error("is not expected", "a ')' too many closes nothing")
    root = node if isinstance(node, Chain) and not node.is_parallel else Chain((node,), False)
    return Circuit(reader.text, root, tuple(reader.leaves))


class _Reader:
    """Reads a string from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.end, self.depth = text, 0, 0, 0
        self.leaves: list[Leaf] = []
        self.token = ""
        self.advance()

    def advance(self) -> None:
        """Go to the next token; the empty one is the end."""
        self.position = self.end + len(self.text[self.end :]) - len(self.text[self.end :].lstrip())
        found = TOKEN.match(self.text, self.end)
        if found is None:
            self.token = self.text[self.position : self.position + 1]
            if self.token:
                raise self.error("is no part of a circuit", "elements are letters and a number")
            return
        self.token, self.end = found.group(1), found.end()

    def error(self, what: str, way_out: str) -> InvalidSetting:
        """Return what to raise here."""
        here = f"'{self.token}'" if self.token else "the end"
        return InvalidSetting(
            f"Circuit '{self.text}': {here} at position {self.position + 1} {what}; {way_out}. "
            f"A circuit reads like 'R0-p(R1,CPE1)-p(R2-W1,C2)', or is one of "
            f"{', '.join(NAMED_CIRCUITS)}."
        )

    def series(self) -> Node:
        """Read nodes joined by '-'."""
        nodes = [self.node()]
        while self.token == "-":
            self.advance()
            nodes.append(self.node())
        return nodes[0] if len(nodes) == 1 else Chain(tuple(nodes), is_parallel=False)

    def node(self) -> Node:
        """Read one element, or a parallel block."""
        if self.token != "p(":
            return self.leaf()
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error("is nested too deeply", f"at most {DEEPEST} blocks lie in one another")
        self.advance()
        branches = [self.series()]
        while self.token == ",":
            self.advance()
            branches.append(self.series())
        if self.token != ")":
            raise self.error("comes before a parallel block is closed", "close it with ')'")
        if len(branches) == 1:
            raise self.error("closes a block of one branch", "a parallel block has two or more")
        self.depth -= 1
        self.advance()
        return Chain(tuple(branches), is_parallel=True)

    def leaf(self) -> Leaf:
        """Read one element."""
        found = NAME.fullmatch(self.token)
        if found is None:
            raise self.error("stands where an element is due", f"allowed are {', '.join(ELEMENTS)}")
        symbol, number = found.groups()
        if symbol not in ELEMENTS:
            raise self.error("is no known element", f"allowed are {', '.join(ELEMENTS)}")
        name = f"{symbol}{number}"
        if any(name == leaf.name for leaf in self.leaves):
            raise self.error("occurs twice", "number the elements of a kind apart")
        if len(self.leaves) == MOST_ELEMENTS:
            raise self.error("is one too many", f"at most {MOST_ELEMENTS} elements are fitted")
        leaf = Leaf(name, ELEMENTS[symbol], self.leaves[-1].stop if self.leaves else 0)
        self.leaves.append(leaf)
        self.advance()
        return leaf


def with_inductance(circuit: Circuit) -> Circuit:
    """Return a circuit with an inductor in series, itself if it has one.

    Deciding from the data whether leads are inductive costs accuracy; fitting always does not.
    """
    if any(isinstance(node, Leaf) and node.element.symbol == "L" for node in circuit.root.nodes):
        return circuit
    taken = {leaf.name for leaf in circuit.leaves}
    name = next(f"L{number}" for number in range(MOST_ELEMENTS + 1) if f"L{number}" not in taken)
    return circuit_of(f"{circuit.text}-{name}")
