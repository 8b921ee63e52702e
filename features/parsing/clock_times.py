"""Clock times and dates in text files, as seconds."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

#: "0d 00:01:00.00", "1-00:01:00", "144:02:18", "00:01.5"; days and hours may be left out.
CLOCK = (
    r"^\s*(?:(?P<days>\d+)(?:\s*d(?:ays?)?\s*|[-. ]))?(?:(?P<hours>\d+):)?"
    r"(?P<minutes>[0-5]?\d):(?P<seconds>[0-5]?\d(?:[.,]\d+)?)\s*$"
)
SECONDS = {"days": 86_400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}
#: The month comes first where both orders fit: most exports are American, or ISO.
DATE_FORMATS = (
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y %H:%M:%S.%f",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S.%f",
    "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S",
    "%d-%b-%y %I:%M:%S %p",
    "%d-%b-%Y %H:%M:%S",
)


def clock_seconds(words: "pd.Series[Any]") -> NDArray[np.float64]:
    """Return clock times as seconds, NaN where a word is none.

    Examples
    --------
    >>> clock_seconds(pd.Series(["0d 00:01:00.50", "144:02:18", "noon"])).tolist()
    [60.5, 518538.0, nan]
    """
    parts = pc.extract_regex(pa.array(words, type=pa.string()), CLOCK)
    total_s = np.zeros(len(words))
    for field, factor in SECONDS.items():
        part = pc.replace_substring(pc.struct_field(parts, field), ",", ".")
        # Days and hours that are not written are none; a word that fits not at all stays null.
        part = pc.if_else(pc.equal(part, ""), "0", part)
        total_s += factor * pc.cast(part, pa.float64()).to_numpy(zero_copy_only=False)
    return total_s


def date_seconds(words: "pd.Series[Any]") -> NDArray[np.float64] | None:
    """Return dates as seconds since the first, or None if no format fits all of them.

    Examples
    --------
    >>> date_seconds(pd.Series(["03/28/2022 11:59:59 PM", "03/29/2022 12:00:00 AM"])).tolist()
    [0.0, 1.0]
    """
    words = words.str.strip()
    fitting = (seconds for layout in DATE_FORMATS if (seconds := _dated(words, layout)) is not None)
    return _best(fitting)


def is_clock(cell: str) -> bool:
    """Tell whether a cell is a clock time rather than a number."""
    return bool(cell) and bool(np.isfinite(clock_seconds(pd.Series([cell]))[0]))


def is_date(cell: str) -> bool:
    """Tell whether a cell is a date."""
    return bool(cell) and date_seconds(pd.Series([cell])) is not None


def _dated(words: "pd.Series[Any]", layout: str) -> NDArray[np.float64] | None:
    if words.empty or not _fits(words.iloc[0], layout):
        return None
    dates = pd.to_datetime(words, format=layout, errors="coerce")
    if dates.isna().any():
        return None
    return np.asarray((dates - dates.iloc[0]).dt.total_seconds(), dtype=float)


def _fits(word: str, layout: str) -> bool:
    try:
        return datetime.strptime(word, layout) is not None
    except ValueError:
        return False


def _best(candidates: Any) -> NDArray[np.float64] | None:
    """Return the first that never steps back, else the first."""
    first = None
    for seconds in candidates:
        if not (np.diff(seconds) < 0).any():
            return np.asarray(seconds)
        first = seconds if first is None else first
    return first
