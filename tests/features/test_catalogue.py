"""Laws for every descriptor, found by asking the catalogue."""

import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import catalogue, describe

N_CYCLES = 30
MIRROR_FILES = sorted((Path(__file__).parent / "descriptors").glob("test_*.py"))

every_descriptor = pytest.mark.parametrize("name", list(catalogue()))


def answers(cells, n_cycles=None):
    """Return for each descriptor its value, or the reason of its blank, cell by cell."""
    table = describe(list(cells.values()), n_cycles=n_cycles)
    return {
        name: {
            cell: table.reasons.get((row, name), table.values[name].iloc[row])
            for row, cell in enumerate(cells)
        }
        for name in table.names
    }


@pytest.fixture(scope="module")
def usual(varied_cells):
    """Return the answers for the whole record of every cell."""
    return answers(varied_cells(N_CYCLES))


@every_descriptor
def test_a_name_tells_its_unit_and_the_entry_its_source_and_meaning(name):
    descriptor = catalogue()[name]
    assert descriptor.unit
    assert descriptor.version >= 1
    assert re.search(r"^own\b|\bdoi:10\.\d{4,}/\S+$", descriptor.source)
    assert re.fullmatch(r"Return .+\.", descriptor.summary)


@every_descriptor
def test_a_closed_form_is_tested_in_a_mirror_file(name):
    """A law holds for a wrong number as well; somebody worked this one out by hand."""
    assert any(re.search(rf"\b{name}\b", path.read_text("utf-8")) for path in MIRROR_FILES)


@every_descriptor
def test_every_cell_has_a_finite_value_or_the_descriptor_s_own_reason(usual, name):
    """NaN without a word would leave the lab guessing."""
    for answer in usual[name].values():
        if isinstance(answer, str):
            assert answer.strip()
            assert "no number" not in answer
        else:
            assert np.isfinite(answer)


@every_descriptor
def test_some_cell_here_is_measured(usual, name):
    """Or the other laws would hold for nothing."""
    assert any(not isinstance(answer, str) for answer in usual[name].values())


@pytest.fixture(scope="module")
def again(varied_cells):
    """Return the answers once more, for equal cells in another order."""
    return answers(dict(reversed(varied_cells(N_CYCLES).items())))


@every_descriptor
def test_equal_cells_have_equal_descriptors_to_the_last_bit(again, usual, name):
    """Neither a clock, nor chance, nor what was computed before takes part."""
    assert again[name] == usual[name]


@every_descriptor
def test_a_cell_is_left_as_it_was(varied_cells, name):
    used, pristine = varied_cells(12), varied_cells(12)
    describe(list(used.values()), [name])
    for one, other in zip(used.values(), pristine.values(), strict=True):
        assert asdict(replace(one, cycling=None, spectra=())) == asdict(
            replace(other, cycling=None, spectra=())
        )
        if other.cycling is not None:
            pd.testing.assert_frame_equal(one.cycling, other.cycling, check_exact=True)
        for spectrum, like in zip(one.spectra, other.spectra, strict=True):
            assert np.array_equal(spectrum.frequency_Hz, like.frequency_Hz)
            assert np.array_equal(spectrum.impedance_ohm, like.impedance_ohm)


@pytest.fixture(scope="module", params=[0, 1, 2, 5, 12, 29])
def window(request, varied_cells):
    """Return answers for cells cut to a window and for cells recorded no further."""
    cut = answers(varied_cells(N_CYCLES), n_cycles=request.param)
    return cut, answers(varied_cells(request.param), n_cycles=request.param)


@every_descriptor
def test_nothing_after_the_window_is_seen(window, name):
    """In training a cell has a future; in the service it has none."""
    cut, recorded = window
    assert cut[name] == recorded[name]


@pytest.fixture(scope="module")
def swapped(varied_cells):
    """Return the answers with the cables of all lithium-plating cells swapped."""
    return answers(varied_cells(N_CYCLES, sign=-1))


@every_descriptor
def test_swapped_cables_change_nothing(swapped, usual, name):
    """Channels are wired either way; what plates first is the working electrode."""
    assert swapped[name] == usual[name]


@pytest.fixture(scope="module", params=[None, 0, 7], ids=["none", "zero", "stuck"])
def miscounted(request, varied_cells):
    """Return the answers for time series without a counter, or with one that stands still."""
    cells = varied_cells(N_CYCLES)
    for cell in filter(lambda cell: cell.has_time_series, list(cells.values())):
        cycling = cell.cycling.drop(columns="cycle_count")
        if request.param is not None:
            cycling = cycling.assign(cycle_count=request.param)
        cells[cell.cell_id] = replace(cell, cycling=cycling)
    return answers(cells)


@every_descriptor
def test_the_file_s_own_counter_changes_nothing_in_a_time_series(miscounted, usual, name):
    """Counters start at 0 or 1, stand still or restart after a power cut."""
    assert miscounted[name] == usual[name]


@pytest.fixture(scope="module")
def larger(varied_cells):
    """Return the answers for cells of four times the area."""
    return answers(varied_cells(N_CYCLES, area_cm2=4.0))


@every_descriptor
def test_the_size_of_the_electrode_changes_only_whole_capacities(larger, usual, name):
    """Four times the area carries four times the charge at a quarter of the resistance."""
    for cell_id, answer in usual[name].items():
        if isinstance(answer, str):
            assert larger[name][cell_id] == answer
        else:
            expected = of_fourfold_area(answer, catalogue()[name].unit)
            assert larger[name][cell_id] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def of_fourfold_area(value, unit):
    """Return what a value becomes on four times the area, by its unit."""
    if "Ah" not in unit or "cm-2" in unit:
        return value
    if unit == "uL mAh-1":
        return value / 4  # the same drop of electrolyte
    factor = 16 if "Ah2" in unit else 4
    return value + np.log10(factor) if unit.startswith("log10") else value * factor
