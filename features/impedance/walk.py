"""Random walks of coordinates from spectrum to spectrum: what they cost, and how far they step.

Each coordinate of a series drifts at a steady pace, which is not known, and takes independent
normal steps besides. With the spectra, which each know their own coordinates alone, that makes
normal equations of one block a spectrum, joined to the next; the pace, integrated out, joins the
first to the last.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky_banded, solveh_banded

from features.impedance.elements import Array
from features.impedance.problem import Problem

#: What is expected of a step before any is seen: of a logarithm, of an exponent, of diffusion.
USUAL_STEP, USUAL_STEP_OF_ALPHA, USUAL_STEP_OF_DIFFUSION = 0.03, 0.005, 0.05
#: That expectation weighs as much as so many steps.
N_EXPECTED = 2.0
#: A step of expectation-maximisation is taken so many times, as it creeps; below 2 it converges.
HASTE = 1.7
#: An inductance of less than this share of the modulus at the highest frequency is none.
LEAST_INDUCTIVE_FRACTION = 1e-3
#: Spectra nearer in time than this share of the usual distance repeat no better for it.
LEAST_GAP, MOST_GAP = 0.2, 50.0
#: Added to every diagonal, so that what neither spectra nor steps know of stays where it is; and
#: by which it is raised, so that rounding does not make it negative.
IDLE, ROUNDING = 1e-6, 1e-11


@dataclass(frozen=True, eq=False)
class Walk:
    """How far coordinates step.

    Attributes
    ----------
    variance, expected : float array of shape (n_parameters,)
        Of a usual step; what was expected before any was seen.
    gap : float array of shape (n_spectra - 1,)
        Distance from spectrum to spectrum, 1 the usual one.
    """

    variance: Array
    expected: Array
    gap: Array

    @property
    def precision(self) -> Array:
        """Return the reciprocal variance of every step, shape (n_spectra - 1, n_parameters)."""
        return 1 / (self.gap[:, None] * self.variance)

    @property
    def share(self) -> Array:
        """Return which share of the way from first to last, per usual gap, is put down to pace."""
        found: Array = 1 / (self.gap.sum() + self.variance / self.expected)
        return found

    @property
    def bridge(self) -> Array:
        """Return by how much the pace eases the way from first to last, as a precision."""
        return self.share / self.variance

    def cost(self, at: Array) -> float:
        """Return the sum of squared steps off the pace, each over its variance."""
        steps = np.sum(np.diff(at, axis=0) ** 2 * self.precision)
        return float(steps - np.sum((at[-1] - at[0]) ** 2 * self.bridge))

    def gradient(self, at: Array) -> Array:
        """Return half the gradient of the cost."""
        pull = np.diff(at, axis=0) * self.precision
        found = np.zeros_like(at)
        found[1:] += pull
        found[:-1] -= pull
        eased = (at[-1] - at[0]) * self.bridge
        found[-1] -= eased
        found[0] += eased
        return found

    def learnt(self, at: Array, normal: Array) -> "Walk":
        """Return the walk whose steps are those seen (a step of expectation-maximisation).

        Parameters
        ----------
        at : float array of shape (n_spectra, n_parameters)
            The likeliest path.
        normal : float array of shape (n_spectra, n_parameters, n_parameters)
            What each spectrum knows: slopes squared over the variance of its noise.
        """
        found = self.joint(normal).covariances()
        diagonal = np.einsum("tii->ti", found.own)
        spread = diagonal[1:] + diagonal[:-1] - 2 * np.einsum("tii->ti", found.next_one)
        steps = np.diff(at, axis=0) ** 2 + np.maximum(spread, 0)
        way = (at[-1] - at[0]) ** 2 + np.maximum(found.way, 0)
        span, share = self.gap.sum(), self.share
        paced = share * (2 - span * share) * way - span * share * self.variance
        seen = np.maximum(np.sum(steps / self.gap[:, None], axis=0) - paced, 0)
        likeliest = (seen + N_EXPECTED * self.expected) / (len(self.gap) + N_EXPECTED)
        variance = self.variance * (likeliest / self.variance) ** HASTE
        return Walk(variance, self.expected, self.gap)

    def joint(self, normal: Array) -> "Joint":
        """Return the normal equations of this walk and what each spectrum knows."""
        blocks = normal.copy()
        diagonal = np.einsum("tii->ti", blocks)
        links = self.precision
        diagonal[1:] += links
        diagonal[:-1] += links
        diagonal += IDLE + ROUNDING * diagonal
        return Joint(blocks, links, self.bridge)

    @property
    def doubt(self) -> float:
        """Return -2 ln of how likely these variances are, but for a constant."""
        n_steps = len(self.gap) + N_EXPECTED
        expected = N_EXPECTED * self.expected / self.variance
        return float(np.sum(n_steps * np.log(self.variance) + expected))


@dataclass(frozen=True, eq=False)
class Covariances:
    """Blocks of the inverse of normal equations.

    Attributes
    ----------
    own : float array of shape (n_spectra, n_parameters, n_parameters)
    next_one : float array of shape (n_spectra - 1, n_parameters, n_parameters)
        Of each spectrum with the one after it.
    way : float array of shape (n_parameters,)
        Variance of the way from first to last.
    """

    own: Array
    next_one: Array
    way: Array


@dataclass(frozen=True, eq=False)
class Joint:
    """Normal equations of a series.

    Attributes
    ----------
    blocks : float array of shape (n_spectra, n_parameters, n_parameters)
    links : float array of shape (n_spectra - 1, n_parameters)
        Precision of the steps from each spectrum to the next.
    bridge : float array of shape (n_parameters,)
        What is taken off the precision of the way from the first spectrum to the last.
    """

    blocks: Array
    links: Array
    bridge: Array

    def solve(self, right: Array) -> Array:
        """Return the solution for right-hand sides of shape (n_spectra, n_parameters, ...)."""
        n_unknowns = right.shape[0] * right.shape[1]
        both = np.concatenate(
            [right.reshape(n_unknowns, -1), self._ends().reshape(n_unknowns, -1)], axis=1
        )
        solved = solveh_banded(self._bands(), both, lower=True, check_finite=False)
        n_ends = self.bridge.size
        first, ends = solved[:, :-n_ends], solved[:, -n_ends:]
        # Sherman, Morrison and Woodbury: the bridge is no band.
        found: Array = first + ends @ self._bridged(ends) @ _way(first, n_ends)
        return found.reshape(right.shape)

    def log_determinant(self) -> float:
        """Return the logarithm of the determinant."""
        bands, n_ends = self._bands(), self.bridge.size
        factor = cholesky_banded(bands, lower=True, check_finite=False)
        ends = solveh_banded(bands, self._ends().reshape(-1, n_ends), lower=True)
        eased = np.eye(n_ends) - self.bridge[:, None] * _way(ends, n_ends)
        return float(2 * np.sum(np.log(factor[0])) + np.linalg.slogdet(eased)[1])

    def covariances(self) -> Covariances:
        """Return the blocks of the inverse on the diagonal and beside it."""
        own, next_one = self._banded_covariances()
        n_ends = self.bridge.size
        ends = solveh_banded(self._bands(), self._ends().reshape(-1, n_ends), lower=True)
        middle = self._bridged(ends)
        by_spectrum = ends.reshape(self.blocks.shape)
        turned = by_spectrum.transpose(0, 2, 1)
        way = _way(ends, n_ends)
        return Covariances(
            own + by_spectrum @ middle @ turned,
            next_one + by_spectrum[:-1] @ middle @ turned[1:],
            np.diagonal(way + way @ middle @ way.T),
        )

    def _bands(self) -> Array:
        """Return the diagonals as LAPACK wants them, shape (n_parameters + 1, n_unknowns)."""
        n_spectra, n_parameters, _ = self.blocks.shape
        row, column = np.tril_indices(n_parameters)
        bands = np.zeros((n_parameters + 1, n_spectra, n_parameters))
        bands[row - column, :, column] = self.blocks[:, row, column].T
        bands[n_parameters, :-1] = -self.links
        return bands.reshape(n_parameters + 1, -1)

    def _ends(self) -> Array:
        """Return the way from first to last of each coordinate, as a function of all."""
        ends = np.zeros(self.blocks.shape)
        ends[-1] += np.eye(self.bridge.size)
        ends[0] -= np.eye(self.bridge.size)
        return ends

    def _bridged(self, ends: Array) -> Array:
        """Return (1 / bridge - U' B U)^-1, with U the ends and B the inverse of the bands."""
        root = np.sqrt(self.bridge)
        inner = np.eye(root.size) - root[:, None] * _way(ends, root.size) * root
        bridged: Array = root[:, None] * np.linalg.inv(inner) * root
        return bridged

    def _banded_covariances(self) -> tuple[Array, Array]:
        """Return the blocks without the bridge, each given those before, then those behind."""
        n_spectra = len(self.blocks)
        own, next_one = np.empty_like(self.blocks), np.empty_like(self.blocks[1:])
        block = self.blocks[0]
        for row in range(n_spectra):
            own[row] = _inverse(block)
            if row + 1 < n_spectra:
                link = self.links[row]
                block = self.blocks[row + 1] - link[:, None] * own[row] * link
        for row in reversed(range(n_spectra - 1)):
            gain = own[row] * self.links[row]
            next_one[row] = gain @ own[row + 1]
            own[row] = own[row] + next_one[row] @ gain.T
        return own, next_one


def _way(solved: Array, n_parameters: int) -> Array:
    """Return the last spectrum's rows less the first's."""
    way: Array = solved[-n_parameters:] - solved[:n_parameters]
    return way


def _inverse(block: Array) -> Array:
    """Return the inverse of a positive matrix, however different the scales of its rows."""
    scale = 1 / np.sqrt(np.maximum(np.diagonal(block), IDLE))
    inverse = np.linalg.inv(block * scale[:, None] * scale)
    natural: Array = inverse * scale[:, None] * scale
    return natural


def usual_steps(problem: Problem, singles: Array) -> Array:
    """Return the variance of a step that is expected of each coordinate.

    Parameters
    ----------
    problem : Problem
        Of a series, one problem a spectrum.
    singles : float array of shape (n_spectra, n_parameters)
        Coordinates of the spectra fitted by themselves.
    """
    coordinates = problem.coordinates
    steps = np.full(singles.shape[1], USUAL_STEP)
    steps[list(coordinates.alphas)] = USUAL_STEP_OF_ALPHA
    for arc in coordinates.arcs:
        steps[list(arc.diffusion)] = USUAL_STEP_OF_DIFFUSION
    # At the highest frequency, the first column, one whole |Z| would be an inductance of this.
    whole = np.median(np.exp(-problem.log_omega[:, 0]) / problem.weight[:, 0])
    for place in coordinates.leads:
        least = LEAST_INDUCTIVE_FRACTION * whole
        steps[place] = USUAL_STEP * np.maximum(np.median(singles[:, place]), least)
    return steps**2


def gaps(position: Array) -> Array:
    """Return the distances of neighbours, the median being 1, none far below it.

    Examples
    --------
    >>> gaps(np.array([0.0, 10, 20, 50, 100])).tolist()
    [0.5, 0.5, 1.5, 2.5]
    """
    found = np.diff(position)
    usual = float(np.median(found[found > 0])) if np.any(found > 0) else 1.0
    return np.clip(found / usual, LEAST_GAP, MOST_GAP)
