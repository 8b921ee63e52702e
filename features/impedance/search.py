"""The search for the best fit of each problem: scan, descend, reweight, try again for the few."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.impedance.circuit import Circuit
from features.impedance.elements import Array, ComplexArray
from features.impedance.levenberg_marquardt import NEAR_DAMPING, State, descend, start
from features.impedance.problem import Problem
from features.impedance.robust import (
    autocorrelation,
    robust_cost,
    robust_scale,
    robust_weight,
    stray_points,
)
from features.impedance.seeds import has_bounded_tail, has_kinds, is_scanned, swapped
from features.impedance.seeds import starts as scan

IntArray = NDArray[np.intp]


@dataclass(frozen=True)
class Plan:
    """How many starts, steps on all of them, how many go on, and steps on those."""

    n_starts: int
    n_short: int
    n_kept: int
    n_long: int


FIRST_TRY, SECOND_TRY = Plan(4, 6, 2, 24), Plan(16, 8, 4, 40)
#: Where charge transfer may be the fast arc after all.
SWAPPED_TRY = Plan(6, 8, 2, 40)
#: The same where a bounded diffusion in series may end inside or outside the window, and where
#: three or more arcs, or a nested circuit, have more ways to go wrong.
FIRST_TRY_BOUNDED = Plan(12, 8, 10, 30)
FIRST_TRY_MANY, SECOND_TRY_MANY = Plan(12, 10, 4, 60), Plan(32, 12, 8, 80)
#: Parameters of a circuit of so many.
MANY = 11
N_REWEIGHTINGS, N_STEPS_REWEIGHTED, N_STEPS_TO_FINISH, N_STEPS_DRIFTING = 3, 8, 100, 12
#: Charge transfer that is faster than the SEI has to be worth so much of the cost.
UPSIDE_DOWN = 1.3
#: Weights that moved by less are settled.
LEAST_CHANGE = 0.01
#: Residuals of a right fit are not alike at neighbouring frequencies; nor are many far off.
DOUBTFUL_AUTOCORRELATION, DOUBTFUL_SHARE = 0.3, 0.15
#: A misfit several times the noise is smooth from point to point.
WRONG_AUTOCORRELATION = 0.6


@dataclass(eq=False)
class Search:
    """Where the search for each problem's fit stands.

    Attributes
    ----------
    problem : Problem
    state : State
    weight : float array of shape (n_problems, width)
        Of each squared residual; an outlier's is small.
    """

    problem: Problem
    state: State
    weight: Array

    def take(self, rows: IntArray) -> "Search":
        """Return the search for some problems."""
        return Search(self.problem.take(rows), self.state.take(rows), self.weight[rows])

    def put(self, rows: IntArray, other: "Search") -> None:
        """Overwrite where the search for some problems stands."""
        self.state.put(rows, other.state)
        self.weight[rows] = other.weight

    @property
    def residuals(self) -> ComplexArray:
        """Return the residuals over the modulus."""
        return self.problem.residuals(self.state.at)

    @property
    def is_doubtful(self) -> NDArray[np.bool_]:
        """Return where residuals are not noise, or the descent has not ended."""
        is_point = self.problem.weight > 0
        is_alike = autocorrelation(self.residuals, self.weight) > DOUBTFUL_AUTOCORRELATION
        n_far = np.count_nonzero(is_point & (self.weight < 0.5), axis=1)
        is_far_off = n_far > DOUBTFUL_SHARE * np.count_nonzero(is_point, axis=1)
        found: NDArray[np.bool_] = is_alike | is_far_off | ~self.state.is_converged
        return found


def search(problem: Problem, starts: Array | None = None) -> Search:
    """Return the best fit of each problem.

    Parameters
    ----------
    problem : Problem
    starts : float array of shape (n_problems, n_starts, n_parameters), optional
        Coordinates to start from, instead of a scan; then there is no second try.
    """
    calm = _calmed(problem)
    first, second = _plans(problem.coordinates.circuit)
    found = _settled(problem, calm, scan(calm, first.n_starts) if starts is None else starts, first)
    doubtful = np.flatnonzero(found.is_doubtful)
    if starts is None and doubtful.size:
        _try_again(found, calm, doubtful, scan(calm.take(doubtful), second.n_starts), second)
        _try_swapped(found, calm)
    _finish(found)
    return found


def let_drift(found: Search) -> Search:
    """Return the fit with resistances that may drift during the sweep, begun where they do not."""
    part = found.problem.drifting()
    still = np.concatenate([found.state.at, np.zeros((len(part), 1))], axis=1)
    lighter = part.reweighted(np.sqrt(found.weight))
    moved = descend(lighter, start(lighter, still, NEAR_DAMPING), N_STEPS_DRIFTING)
    drifted = _reweighted(part, moved, found.weight.copy())
    _finish(drifted)
    return drifted


def _plans(circuit: Circuit) -> tuple[Plan, Plan]:
    if len(circuit.parameters) >= MANY or not is_scanned(circuit):
        return FIRST_TRY_MANY, SECOND_TRY_MANY
    return (FIRST_TRY_BOUNDED if has_bounded_tail(circuit) else FIRST_TRY), SECOND_TRY


def _calmed(problem: Problem) -> Problem:
    """Return the problem without points that lie far from their neighbours."""
    is_stray = stray_points(problem.log_omega, problem.impedance, problem.weight)
    return problem.reweighted(np.where(is_stray, 0.0, 1.0))


def _settled(problem: Problem, calm: Problem, starts: Array, plan: Plan) -> Search:
    """Return the best of several descents, outliers weighted down."""
    state = _best_of(calm, starts, plan)
    return _reweighted(problem, state, (calm.weight > 0).astype(float))


def _best_of(problem: Problem, starts: Array, plan: Plan) -> State:
    """Return the best descent of each problem: a few steps from all starts, more from some."""
    n_problems, n_starts, n_parameters = starts.shape
    many = problem.take(np.repeat(np.arange(n_problems), n_starts))
    state = descend(many, start(many, starts.reshape(-1, n_parameters)), plan.n_short)
    n_kept = min(plan.n_kept, n_starts)
    price = _price(many, state).reshape(n_problems, n_starts)
    order = np.argsort(price, axis=1, kind="stable")[:, :n_kept]
    rows = (order + n_starts * np.arange(n_problems)[:, None]).ravel()
    part = many.take(rows)
    state = descend(part, state.take(rows), plan.n_long)
    best = np.argmin(_price(part, state).reshape(n_problems, n_kept), axis=1)
    return state.take(best + n_kept * np.arange(n_problems))


def _price(problem: Problem, state: State) -> Array:
    """Return the cost, higher where arcs are not in the order of their kinds."""
    is_odd = problem.coordinates.is_upside_down(state.at)
    return np.where(is_odd, UPSIDE_DOWN, 1.0) * state.cost


def _reweighted(problem: Problem, state: State, weight: Array) -> Search:
    """Return the search after outliers were weighted down."""
    is_left = np.arange(len(problem))
    for _ in range(N_REWEIGHTINGS):
        part = problem.take(is_left)
        residuals = part.residuals(state.at[is_left])
        new = robust_weight(residuals, _scale(part, residuals)) * (part.weight > 0)
        is_changed = np.abs(new - weight[is_left]).max(axis=1) > LEAST_CHANGE
        is_left, new = is_left[is_changed], new[is_changed]
        if not is_left.size:
            break
        weight[is_left] = new
        lighter = problem.take(is_left).reweighted(np.sqrt(new))
        moved = start(lighter, state.at[is_left], NEAR_DAMPING)
        state.put(is_left, descend(lighter, moved, N_STEPS_REWEIGHTED))
    return Search(problem, state, weight)


def _scale(problem: Problem, residuals: ComplexArray) -> Array:
    n_parameters = len(problem.coordinates.circuit.parameters)
    return robust_scale(residuals, problem.n_points, n_parameters)


def _try_swapped(found: Search, calm: Problem) -> None:
    """Fit what is far off still from starts with the arcs of either kind exchanged, in place."""
    if not has_kinds(calm.coordinates.circuit):
        return
    rows = np.flatnonzero(autocorrelation(found.residuals, found.weight) > WRONG_AUTOCORRELATION)
    if rows.size:
        some = swapped(calm.take(rows), SWAPPED_TRY.n_starts)
        _try_again(found, calm, rows, some, SWAPPED_TRY)


def _try_again(found: Search, calm: Problem, rows: IntArray, starts: Array, plan: Plan) -> None:
    """Fit some problems from more starts; keep what is better, in place."""
    part, quiet = found.problem.take(rows), calm.take(rows)
    other = _settled(part, quiet, starts, plan)
    old, new = part.residuals(found.state.at[rows]), other.residuals
    scale = np.minimum(_scale(part, old), _scale(part, new))
    is_odd = [part.coordinates.is_upside_down(at) for at in (other.state.at, found.state.at[rows])]
    prices = [
        np.where(odd, UPSIDE_DOWN, 1.0) * robust_cost(residuals, scale)
        for odd, residuals in zip(is_odd, (new, old), strict=True)
    ]
    is_better = np.flatnonzero(prices[0] < prices[1])
    found.put(rows[is_better], other.take(is_better))


def _finish(found: Search) -> None:
    """Descend further where a narrow valley was not yet followed to its end, in place."""
    rows = np.flatnonzero(~found.state.is_converged)
    if rows.size:
        part = found.problem.take(rows).reweighted(np.sqrt(found.weight[rows]))
        near = start(part, found.state.at[rows], NEAR_DAMPING)
        found.state.put(rows, descend(part, near, N_STEPS_TO_FINISH))
