"""Values of all descriptors for three fixed cells: none changes while its version stays.

After a new descriptor or a raised version, write the file anew and read its difference:

    SEICAST_WRITE_GOLDEN=1 python -m pytest tests/features/test_golden.py

A value whose version stayed is not overwritten, so this cannot hide a change.
"""

import json
import math
import os
from pathlib import Path

import pytest

from features import catalogue, describe

GOLDEN = Path(__file__).parents[1] / "golden" / "descriptors.json"
CELLS = ("coated Li||Cu", "Li||Li", "full, curves")
#: What is 0 but for rounding is not held to its digits.
ROUNDING = 1e-11
HINT = "run with SEICAST_WRITE_GOLDEN=1, see the head of this file"


@pytest.fixture(scope="module")
def computed(varied_cells):
    """Return version and values, null where not measured, of every descriptor."""
    cells = varied_cells(30)
    table = describe([cells[name] for name in CELLS])
    return {
        name: {
            "version": table.versions[name],
            "values": {
                cell: None if math.isnan(value) else value
                for cell, value in table.values[name].items()
            },
        }
        for name in table.names
    }


@pytest.fixture(scope="module")
def golden(computed):
    """Return the kept values, brought up to date first where that is asked for."""
    kept = json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.exists() else {}
    if os.environ.get("SEICAST_WRITE_GOLDEN"):
        kept = {name: _newer(kept.get(name), entry) for name, entry in computed.items()}
        GOLDEN.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    return kept


def _newer(kept, entry):
    return kept if kept and kept["version"] == entry["version"] else entry


@pytest.mark.parametrize("name", list(catalogue()))
def test_a_value_changes_only_with_its_version(golden, computed, name):
    """Saved predictors were trained on these numbers and know them by version alone."""
    assert name in golden, HINT
    assert golden[name]["version"] == computed[name]["version"], HINT
    values, kept = computed[name]["values"], golden[name]["values"]
    assert values.keys() == kept.keys()
    for cell in kept:
        if kept[cell] is None or values[cell] is None:
            assert values[cell] == kept[cell], f"{cell}: raise the version of '{name}'"
        else:
            expected = pytest.approx(kept[cell], rel=1e-9, abs=ROUNDING)
            assert values[cell] == expected, f"{cell}: raise the version of '{name}'"


def test_no_value_is_kept_of_a_descriptor_that_is_gone(golden):
    assert set(golden) <= set(catalogue()), HINT
