"""What a correction leaves as it was: whatever it does not name, above all the raw data."""

from collections.abc import Collection
from typing import Any

from store.facts import Facts

#: Raw data of a cell, each of which comes by itself.
DATA = ("cycling", "spectra")


def staying(new: Facts, before: Facts) -> list[str]:
    """Return the raw data that a correction does not bring and the cell has."""
    return [kind for kind in DATA if new[kind] is None and before[kind] is not None]


def corrected_facts(new: Facts, before: Facts, kept: Collection[str]) -> Facts:
    """Return the facts of the next version.

    Raw data that the correction does not bring stay. New files replace the earlier ones, but
    while earlier data stay, so do the files they may have come from.

    Parameters
    ----------
    new, before : dict
        Facts as the correction states them, and those of the current version.
    kept : collection of str
        Further facts that stay as they were.
    """
    stay = staying(new, before)
    facts = new | {name: before[name] for name in (*kept, *stay)}
    if stay and new["originals"] and "originals" not in kept:
        facts["originals"] = _beside(before["originals"], new["originals"])
    return facts


def _beside(before: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return earlier files and new ones; of two with one name the new one."""
    names = {each["name"] for each in new}
    return [*(each for each in before if each["name"] not in names), *new]
