"""The joint fit of a series: the likeliest path of all coordinates, and how far they step."""

from dataclasses import dataclass

import numpy as np

from features.impedance.elements import Array
from features.impedance.problem import Problem
from features.impedance.robust import robust_cost, robust_scale, robust_weight
from features.impedance.walk import Joint, Walk

#: Gauss-Newton steps between two looks at outliers and step sizes.
N_STEPS = 5
#: Rounds of such steps on every start, and on the best of them.
N_ROUNDS, N_ROUNDS_OF_BEST = 3, 12
#: Coordinates that move, and variances of steps that change, by less between rounds are settled.
SETTLED = 0.05
TOLERANCE = 1e-3
FIRST_DAMPING, EASED, TIGHTENED, MOST_DAMPING = 1e-3, 0.1, 8.0, 1e6
#: No coordinate moves further in one step.
LONGEST_STEP = 1.0
#: Below this share of |Z| it is the circuit that does not agree, and equations lose their digits.
LEAST_NOISE = 1e-5


@dataclass(frozen=True, eq=False)
class Path:
    """Where a series is in its descent.

    Attributes
    ----------
    at : float array of shape (n_spectra, n_parameters)
    walk : Walk
    noise : float array of shape (n_spectra,)
        Standard deviation of either part of a point over its modulus.
    weight : float array of shape (n_spectra, width)
        Of each squared residual; an outlier's is small.
    normal : float array of shape (n_spectra, n_parameters, n_parameters)
        What each spectrum knows by itself, around the path.
    moved : float
        By how much any coordinate moved last.
    changed : float
        By how much the logarithm of any variance of steps changed last.
    """

    at: Array
    walk: Walk
    noise: Array
    weight: Array
    normal: Array
    moved: float = np.inf
    changed: float = np.inf

    @property
    def is_converged(self) -> bool:
        """Tell whether the path has come to its end."""
        return self.moved < SETTLED

    @property
    def joint(self) -> Joint:
        """Return the normal equations around the path."""
        return self.walk.joint(self.normal)


def joint_fit(problem: Problem, starts: Array, walk: Walk, noise: Array) -> Path:
    """Return the likeliest path of a series.

    Parameters
    ----------
    problem : Problem
        One problem a spectrum, in the order of the series, all in one scale.
    starts : float array of shape (n_starts, n_spectra, n_parameters)
    walk : Walk
        As expected.
    noise : float array of shape (n_spectra,)
        A first estimate.
    """
    paths = [_descended(problem, at, walk, np.maximum(noise, LEAST_NOISE)) for at in starts]
    quietest = np.min([path.noise for path in paths], axis=0)
    best = min(paths, key=lambda path: _doubt(problem, path, quietest))
    for _ in range(N_ROUNDS_OF_BEST):
        if best.is_converged and best.changed < SETTLED:
            break
        best = _round(problem, best)
    return best


def _descended(problem: Problem, at: Array, walk: Walk, noise: Array) -> Path:
    inside = np.clip(at, problem.low, problem.high)
    residuals = problem.residuals(inside)
    # Far from its end a path has no outliers; all is far off.
    scale = np.maximum(noise, robust_scale(residuals, problem.n_points, at.shape[1]))
    weight = robust_weight(residuals, scale) * (problem.weight > 0)
    path = Path(inside, walk, noise, weight, np.empty(0))
    for _ in range(N_ROUNDS):
        path = _round(problem, path)
    return path


def _round(problem: Problem, path: Path) -> Path:
    """Return the path after some steps, with outliers, noise and step sizes seen anew."""
    at, normal = _stepped(problem.reweighted(np.sqrt(path.weight)), path)
    residuals = problem.residuals(at)
    noise = np.maximum(robust_scale(residuals, problem.n_points, at.shape[1]), LEAST_NOISE)
    weight = robust_weight(residuals, noise) * (problem.weight > 0)
    walk = path.walk.learnt(at, normal)
    changed = float(np.abs(np.log(walk.variance / path.walk.variance)).max())
    moved = float(np.abs(at - path.at).max())
    return Path(at, walk, noise, weight, normal, moved, changed)


def _stepped(problem: Problem, path: Path) -> tuple[Array, Array]:
    """Return coordinates after damped Gauss-Newton steps of the whole series."""
    walk, at, damping = path.walk, path.at, FIRST_DAMPING
    cost, normal, gradient = _equations(problem, walk, path.noise, at)
    for _ in range(N_STEPS):
        step = _step(problem, at, (normal, gradient), walk, damping)
        trial = np.clip(at + step, problem.low, problem.high)
        other = _equations(problem, walk, path.noise, trial)
        if other[0] < cost:
            is_done = cost - other[0] <= TOLERANCE
            at, (cost, normal, gradient) = trial, other
            damping *= EASED
            if is_done:
                break
        elif damping > MOST_DAMPING:
            break
        else:
            damping *= TIGHTENED
    return at, normal


def _equations(problem: Problem, walk: Walk, noise: Array, at: Array) -> tuple[float, Array, Array]:
    """Return the cost, what each spectrum knows by itself, and half the gradient of the cost."""
    residuals, slopes = problem.linearised(at)
    residuals /= noise[:, None]
    slopes /= noise[:, None, None]
    normal = slopes @ slopes.transpose(0, 2, 1)
    gradient = (slopes @ residuals[:, :, None])[:, :, 0] + walk.gradient(at)
    cost = float(np.sum(residuals**2)) + walk.cost(at)
    return (cost if np.isfinite(cost) else np.inf), normal, gradient


def _step(
    problem: Problem, at: Array, equations: tuple[Array, Array], walk: Walk, damping: float
) -> Array:
    """Return a damped step; a coordinate that pushes against its limit rests."""
    normal, gradient = equations
    is_held = (at <= problem.low) & (gradient > 0) | (at >= problem.high) & (gradient < 0)
    joint = walk.joint(normal)
    blocks = joint.blocks
    diagonal = np.einsum("tii->ti", blocks)
    diagonal *= 1 + damping
    blocks[is_held[:, :, None] | is_held[:, None, :]] = 0.0
    diagonal += is_held
    links = np.where(is_held[1:] | is_held[:-1], 0.0, joint.links)
    bridge = np.where(is_held[0] | is_held[-1], 0.0, joint.bridge)
    step = -Joint(blocks, links, bridge).solve(np.where(is_held, 0.0, gradient))
    return np.clip(step, -LONGEST_STEP, LONGEST_STEP)


def _doubt(problem: Problem, path: Path, noise: Array) -> float:
    """Return -2 ln of the evidence for a path (Laplace), outliers cut off, but for a constant."""
    misfit = robust_cost(problem.residuals(path.at), noise).sum()
    spread = path.joint.log_determinant()
    return float(misfit + path.walk.cost(path.at) + path.walk.doubt + spread)
