"""The sign of a current: I > 0 charges the test object, whatever the file's own custom."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.errors import UnreadableFile

DISCHARGING = re.compile(r"d(is)?\.?_?-?ch|^d$|entlad|放电", re.IGNORECASE)
CHARGING = re.compile(r"ch(ar)?g|^c$|^ch$|lad|充电", re.IGNORECASE)
#: Of what agrees: transients at the first row of a step are far below.
LARGEST_DISAGREEMENT = 0.05


def directions(codes: NDArray[np.int64], words: Sequence[str]) -> NDArray[np.int64]:
    """Return +1 where the state of a row says charge, -1 for discharge, else 0.

    Examples
    --------
    >>> directions(np.array([0, 1, 2]), ["CC Chg", "CCCV_DChg", "Rest"]).tolist()
    [1, -1, 0]
    """
    return np.asarray([_direction(word) for word in words] or [0])[codes]


def signed_current_A(
    current_A: NDArray[np.float64], direction: NDArray[np.int64], file: str
) -> tuple[NDArray[np.float64], str]:
    """Return the current with our sign, told by the state of each row, and what was done.

    Parameters
    ----------
    current_A : float array of shape (n_rows,)
        Signed either way, or without sign.
    direction : int array of shape (n_rows,)
        +1 where the state of a row says charge, -1 for discharge, else 0.
    file : str
        For messages.

    Raises
    ------
    UnreadableFile
        If sign and state contradict each other.
    """
    agreeing = current_A * direction
    agreed, opposed = agreeing[agreeing > 0].sum(), -agreeing[agreeing < 0].sum()
    if not (current_A < 0).any():
        if opposed == 0:
            return current_A, "I > 0 charges, as in the file, where no row discharges."
        signed = np.where(direction < 0, -current_A, current_A)
        return signed, "The current has no sign in the file; its state column gave it one."
    if not agreed and not opposed:
        return current_A, "I > 0 charges, as in the file, where nothing is called a charge."
    if opposed <= LARGEST_DISAGREEMENT * agreed:
        return current_A, "I > 0 charges, as in the file; its state column agrees."
    if agreed <= LARGEST_DISAGREEMENT * opposed:
        return -current_A, "I > 0 discharges in the file, told by its state column; turned round."
    raise UnreadableFile(
        f"'{file}' contradicts itself: by its states, {agreed:g} A of the sum of all currents have "
        f"the sign of a charge or discharge, {opposed:g} A the other; export the file again."
    )


def checked_without_state(
    current_A: NDArray[np.float64], voltage_V: NDArray[np.float64], file: str
) -> str:
    """Return why a current without state column counts as signed.

    Raises
    ------
    UnreadableFile
        If no current is negative, yet the voltage falls where a current sets in.
    """
    if (current_A < 0).any():
        return "I > 0 charges: the current is signed in the file, which has no state column."
    sets_in = (current_A[:-1] == 0) & (current_A[1:] > 0)
    if (np.diff(voltage_V)[sets_in] < 0).any():
        raise UnreadableFile(
            f"'{file}' has a current without sign and no column of states (charge, discharge); "
            f"export it with the state, or with a signed current."
        )
    return "I > 0 charges: no current is negative, and the voltage rises where it sets in."


def _direction(word: str) -> int:
    if DISCHARGING.search(word.strip()):
        return -1
    return 1 if CHARGING.search(word.strip()) else 0
