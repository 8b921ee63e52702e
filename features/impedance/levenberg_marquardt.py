"""Levenberg-Marquardt for many small problems side by side, inside limits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.impedance.elements import Array
from features.impedance.problem import Problem, Rows

BoolArray = NDArray[np.bool_]

FIRST_DAMPING, NEAR_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-6, 1e-9, 1e9
#: What a step that succeeds, and one that fails, does to it.
EASED, TIGHTENED = 0.1, 8.0
#: No coordinate moves further in one step: e^2 in a resistance or a time.
LONGEST_STEP = 2.0
#: Done when a step promises less than this share of the cost.
TOLERANCE = 1e-6
#: Nobody measures better: a mean residual below this share of |Z| is an exact fit.
EXACT = 1e-10
#: Added to the diagonal over its largest entry, so that an idle parameter stays where it is.
IDLE = 1e-14


@dataclass(eq=False)
class State:
    """Where each problem is: coordinates, cost, normal equations, damping.

    Attributes
    ----------
    at : float array of shape (n_problems, n_parameters)
    cost : float array of shape (n_problems,)
        Sum of squared weighted residuals.
    normal : float array of shape (n_problems, n_parameters, n_parameters)
    gradient : float array of shape (n_problems, n_parameters)
        Half the gradient of the cost.
    damping : float array of shape (n_problems,)
    is_converged : bool array of shape (n_problems,)
    """

    at: Array
    cost: Array
    normal: Array
    gradient: Array
    damping: Array
    is_converged: BoolArray

    def take(self, rows: Rows) -> "State":
        """Return the state of some problems."""
        return State(*(getattr(self, name)[rows] for name in FIELDS))

    def put(self, rows: Rows, other: "State") -> None:
        """Overwrite the state of some problems."""
        for name in FIELDS:
            getattr(self, name)[rows] = getattr(other, name)


FIELDS = ("at", "cost", "normal", "gradient", "damping", "is_converged")


def start(problem: Problem, at: Array, damping: float = FIRST_DAMPING) -> State:
    """Return the state of a start, more strongly damped the farther it is from its end."""
    inside = np.clip(at, problem.low, problem.high)
    cost, normal, gradient = _equations(problem, inside)
    return State(
        inside,
        cost,
        normal,
        gradient,
        np.full(len(problem), damping),
        np.zeros(len(problem), dtype=bool),
    )


def descend(problem: Problem, state: State, n_steps: int) -> State:
    """Return the state after at most so many steps; problems that are done drop out."""
    result, rows = state, np.arange(len(problem))
    active, part = state, problem
    for _ in range(n_steps):
        done = active.is_converged
        if 4 * np.count_nonzero(done) >= done.size:
            if active is not result:
                result.put(rows, active)
            keep = ~done
            rows, active, part = rows[keep], active.take(keep), part.take(keep)
        if not rows.size:
            break
        active = _step(part, active)
    if active is not result and rows.size:
        if rows.size == len(problem):
            return active
        result.put(rows, active)
    return result


def _step(problem: Problem, state: State) -> State:
    step, promise = _proposal(problem, state)
    trial = np.clip(state.at + step, problem.low, problem.high)
    cost, normal, gradient = _equations(problem, trial)
    # One that is done rests, however long its company goes on.
    is_better = (cost < state.cost) & ~state.is_converged
    is_small = promise <= TOLERANCE * state.cost
    is_exact = state.cost <= EXACT**2 * problem.weight.shape[1]
    damping = np.where(is_better, EASED * state.damping, TIGHTENED * state.damping)
    better = is_better[:, None]
    return State(
        np.where(better, trial, state.at),
        np.where(is_better, cost, state.cost),
        np.where(better[:, None], normal, state.normal),
        np.where(better, gradient, state.gradient),
        np.clip(damping, LEAST_DAMPING, MOST_DAMPING),
        state.is_converged | is_small | is_exact | (damping > MOST_DAMPING),
    )


def _proposal(problem: Problem, state: State) -> tuple[Array, Array]:
    """Return a damped step and how much it should save."""
    is_held = _held(problem, state)
    normal, gradient = state.normal.copy(), np.where(is_held, 0.0, state.gradient)
    normal[is_held[:, :, None] | is_held[:, None, :]] = 0.0
    diagonal = np.einsum("nii->ni", normal)
    floor = IDLE * diagonal.max(axis=1, keepdims=True) + 1e-300
    damped = state.damping[:, None] * diagonal + floor
    diagonal += damped + is_held
    free = -np.linalg.solve(normal, gradient[:, :, None])[:, :, 0]
    step = np.asarray(np.clip(free, -LONGEST_STEP, LONGEST_STEP), dtype=float)
    # Of a damped Gauss-Newton step: -g.s + damping |s|^2, both positive.
    promise: Array = np.sum(step * (damped * step - gradient), axis=1)
    return step, promise


def _held(problem: Problem, state: State) -> BoolArray:
    """Return which coordinates rest on a limit beyond which the cost would fall."""
    at_low = (state.at <= problem.low) & (state.gradient > 0)
    return at_low | ((state.at >= problem.high) & (state.gradient < 0))


def _equations(problem: Problem, at: Array) -> tuple[Array, Array, Array]:
    """Return cost, normal matrix and gradient; a cost that is no number is infinite."""
    residuals, slopes = problem.linearised(at)
    cost = np.sum(residuals * residuals, axis=1)
    normal = slopes @ slopes.transpose(0, 2, 1)
    gradient = (slopes @ residuals[:, :, None])[:, :, 0]
    cost = np.where(np.isfinite(cost), cost, np.inf)
    return cost, normal, gradient
