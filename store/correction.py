"""What a correction leaves as it was: whatever it does not name, above all the raw data.

A recording that was never of this cell is taken away by its name alone; that a correction brings
none says nothing, for whoever mends an area does not have it.
"""

from collections.abc import Collection
from typing import Any

from features.errors import InvalidRecord
from store.facts import Facts

#: Raw data of a cell, each of which comes by itself.
DATA = ("cycling", "spectra")


def check_dropped(new: Facts, dropped: Collection[str]) -> None:
    """Raise InvalidRecord if what is to be dropped is no raw data, or is brought as well."""
    unknown = sorted(set(dropped).difference(DATA))
    if unknown:
        raise InvalidRecord(
            f"A correction of cell '{new['cell_id']}' cannot drop {', '.join(unknown)}; it can "
            f"drop {' and '.join(DATA)}."
        )
    brought = [kind for kind in DATA if kind in dropped and new[kind] is not None]
    if brought:
        raise InvalidRecord(
            f"A correction of cell '{new['cell_id']}' drops {' and '.join(brought)} and brings "
            f"others; what it brings replaces them, so leave out that they are dropped."
        )


def staying(new: Facts, before: Facts, dropped: Collection[str] = ()) -> list[str]:
    """Return the raw data that the cell has, and a correction neither brings nor drops."""
    return [
        kind
        for kind in DATA
        if new[kind] is None and before[kind] is not None and kind not in dropped
    ]


def corrected_facts(
    new: Facts, before: Facts, kept: Collection[str], dropped: Collection[str] = ()
) -> Facts:
    """Return the facts of the next version.

    Raw data that the correction does not bring stay unless they are dropped. New files replace
    the earlier ones, but while earlier data stay, so do the files they may have come from; where
    data are dropped and none stay, the earlier files go with them.

    Parameters
    ----------
    new, before : dict
        Facts as the correction states them, and those of the current version.
    kept : collection of str
        Further facts that stay as they were.
    dropped : collection of str
        Raw data that the next version is not to have.
    """
    stay = staying(new, before, dropped)
    facts = new | {name: before[name] for name in (*kept, *stay)}
    if not stay and any(before[kind] is not None for kind in dropped):
        facts["originals"] = new["originals"]
    elif stay and new["originals"] and "originals" not in kept:
        facts["originals"] = _beside(before["originals"], new["originals"])
    return facts


def _beside(before: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return earlier files and new ones; of two with one name the new one."""
    names = {each["name"] for each in new}
    return [*(each for each in before if each["name"] not in names), *new]
