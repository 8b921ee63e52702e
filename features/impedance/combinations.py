"""What combinations of shapes explain of a spectrum, from its normal equations alone."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from features.impedance.elements import Array
from features.impedance.shapes import N_TIMES

IntArray = NDArray[np.intp]

#: A combination of which a member has no size counts a little less than the best member alone.
LONE = 0.98
#: So many arcs are combined in every way; so many combinations are tried with each further one.
MOST_JOINT, N_BEAM = 4, 24


def projected(
    gram: Array, moment: Array, always: list[int], n_atoms: int
) -> tuple[Array, Array, Array]:
    """Return the equations of the atoms with some others solved for, and what those save."""
    if not always:
        return gram[:, :n_atoms, :n_atoms], moment[:, :n_atoms], np.zeros(len(gram))
    own = gram[:, always][:, :, always]
    diagonal = np.einsum("nii->ni", own)
    diagonal *= 1 + 1e-10
    across = gram[:, always, :n_atoms]
    right = np.concatenate([across, moment[:, always, None]], axis=2)
    solved = np.linalg.solve(own, right)
    turned = across.transpose(0, 2, 1)
    base = np.sum(moment[:, always] * solved[:, :, -1], axis=1)
    left = moment[:, :n_atoms] - (turned @ solved[:, :, -1:])[:, :, 0]
    return gram[:, :n_atoms, :n_atoms] - turned @ solved[:, :, :-1], left, base


def arc_gains(gram: Array, moment: Array, ranges: list[IntArray]) -> tuple[Array, IntArray]:
    """Return what combinations of one atom of each range save, and the combinations."""
    n_problems = len(gram)
    if not ranges:
        return np.zeros((n_problems, 1)), np.zeros((1, 1, 0), dtype=np.intp)
    power = np.maximum(np.einsum("nii->ni", gram), 1e-30)
    single = np.maximum(moment, 0.0) ** 2 / power
    if len(ranges) == 1:
        return single[:, ranges[0]], ranges[0][None, :, None]
    if len(ranges) == 2:
        return _pair_gains(gram, moment, single, ranges[0], ranges[1])
    gains, combinations = _joint_gains(gram, moment, single, ranges[:MOST_JOINT])
    for more in ranges[MOST_JOINT:]:
        gains, combinations = _extended(gram, moment, gains, combinations, more)
    return gains, combinations


def _pair_gains(
    gram: Array, moment: Array, single: Array, first: IntArray, second: IntArray
) -> tuple[Array, IntArray]:
    """Return what each pair saves with sizes above zero, and the pairs (1, n_pairs, 2)."""
    one, two = slice(first[0], first[-1] + 1), slice(second[0], second[-1] + 1)
    power = np.einsum("nii->ni", gram)
    across = gram[:, one, two]
    power_1, power_2 = power[:, one, None], power[:, None, two]
    moment_1, moment_2 = moment[:, one, None], moment[:, None, two]
    determinant = np.maximum(power_1 * power_2 - across * across, 1e-9 * power_1 * power_2)
    size_1 = moment_1 * power_2 - moment_2 * across
    size_2 = moment_2 * power_1 - moment_1 * across
    both = (size_1 * moment_1 + size_2 * moment_2) / (determinant + 1e-300)
    lone = LONE * np.maximum(single[:, one, None], single[:, None, two])
    gains = np.where((size_1 > 0) & (size_2 > 0), both, lone)
    pairs = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1)
    return gains.reshape(len(gram), -1), pairs.reshape(1, -1, 2)


def _joint_gains(
    gram: Array, moment: Array, single: Array, ranges: list[IntArray]
) -> tuple[Array, IntArray]:
    """Return what each combination with sizes above zero saves, by Cholesky's way of solving."""
    chosen = _rising(ranges)
    n_arcs = chosen.shape[1]
    factor: dict[tuple[int, int], Array] = {}
    solved: list[Array] = []
    for i in range(n_arcs):
        for j in range(i + 1):
            left = gram[:, chosen[:, i], chosen[:, j]].copy()
            for k in range(j):
                left -= factor[i, k] * factor[j, k]
            if i == j:
                least = 1e-6 * gram[:, chosen[:, i], chosen[:, i]] + 1e-300
                factor[i, j] = np.sqrt(np.maximum(left, least))
            else:
                factor[i, j] = left / factor[j, j]
        aim = moment[:, chosen[:, i]] - sum(factor[i, k] * solved[k] for k in range(i))
        solved.append(aim / factor[i, i])
    gains = np.sum(np.square(solved), axis=0)
    sizes: dict[int, Array] = {}
    for i in reversed(range(n_arcs)):
        rest = sum(factor[k, i] * sizes[k] for k in range(i + 1, n_arcs))
        sizes[i] = (solved[i] - rest) / factor[i, i]
    is_real = np.min(list(sizes.values()), axis=0) > 0
    lone = LONE * single[:, chosen].max(axis=2)
    return np.where(is_real, gains, lone), chosen[None]


def _rising(ranges: list[IntArray]) -> IntArray:
    """Return combinations of shapes of one middle exponent, arcs of one kind rising in time."""
    thinned = [own[len(own) % N_TIMES :: max(len(own) // N_TIMES, 1)] for own in ranges]
    grid = np.stack(np.meshgrid(*thinned, indexing="ij"), axis=-1).reshape(-1, len(ranges))
    relative = grid - np.array([own[0] for own in ranges])
    keep = np.ones(len(grid), dtype=bool)
    for one, other in pairwise(range(len(ranges))):
        if len(ranges[one]) == len(ranges[other]):
            keep &= relative[:, one] < relative[:, other]
    return grid[keep]


def _extended(
    gram: Array, moment: Array, gains: Array, combinations: IntArray, more: IntArray
) -> tuple[Array, IntArray]:
    """Return gains of the best combinations with one atom more, which differ by problem."""
    n_problems, n_more = len(gram), more.size
    n_beam = min(N_BEAM, gains.shape[1])
    best = np.argpartition(-gains, n_beam - 1, axis=1)[:, :n_beam]
    rows = np.arange(n_problems)[:, None]
    kept = combinations[rows % len(combinations), best]
    longer = np.concatenate(
        [
            np.repeat(kept, n_more, axis=1),
            np.tile(more[None, :, None], (n_problems, n_beam, 1)),
        ],
        axis=2,
    )
    deep = rows[:, :, None, None]
    own = gram[deep, longer[:, :, :, None], longer[:, :, None, :]]
    diagonal = np.einsum("npii->npi", own)
    diagonal *= 1 + 1e-6
    aim = moment[rows[:, :, None], longer]
    sizes = np.linalg.solve(own, aim[..., None])[..., 0]
    saved = np.sum(sizes * aim, axis=2)
    old = np.repeat(gains[rows, best], n_more, axis=1)
    return np.where(np.all(sizes > 0, axis=2), saved, LONE * old), longer
