from dataclasses import replace

import pytest

from features.errors import InvalidRecord
from features.evidence import Evidence, evidence_named, finished_cycles


@pytest.mark.parametrize(
    "name", ["recipe", "1_cycle", "20_cycles", "spectra", "20_cycles_and_spectra"]
)
def test_a_tier_s_name_and_its_evidence_lead_to_each_other(name):
    assert evidence_named(name).name == name


@pytest.mark.parametrize(
    "name", ["", "cycles", "0_cycles", "-1_cycles", "20", "recipe_and_spectra"]
)
def test_a_name_that_is_no_tier_is_refused(name):
    with pytest.raises(InvalidRecord, match="No tier is called"):
        evidence_named(name)


def test_more_cycles_are_richer_and_then_a_spectrum():
    tiers = ["recipe", "spectra", "1_cycle", "20_cycles", "20_cycles_and_spectra", "50_cycles"]
    found = [evidence_named(name) for name in tiers]
    assert sorted(found) == found


def test_a_cycle_begun_is_none_finished(make_li_cu_cell):
    """Five cycles, and the sixth plated but not yet stripped."""
    cell = make_li_cu_cell(n_cycles=6)
    stripping = cell.cycling["current_ampere"] > 0
    last = cell.cycling["cycle_count"] == cell.cycling["cycle_count"].max()
    begun = replace(cell, cycling=cell.cycling[~(stripping & last)].reset_index(drop=True))
    assert finished_cycles(cell) == 6
    assert finished_cycles(begun) == 5
    assert Evidence(6).lack(begun) == "it needs 6 finished cycles, the cell has 5"
    assert not Evidence(5).lack(begun)


def test_curves_are_counted_as_they_are(make_full_cell):
    assert finished_cycles(make_full_cell(n_cycles=30)) == 30


def test_a_recipe_alone_brings_no_cycle(make_li_cu_cell):
    bare = replace(make_li_cu_cell(), cycling=None)
    assert finished_cycles(bare) == 0
    assert not Evidence().lack(bare)
    assert Evidence(1).lack(bare) == "it needs 1 finished cycles, the cell has 0"


@pytest.mark.parametrize(("cycle", "is_enough"), [(0, True), (5, True), (6, False), (None, False)])
def test_a_spectrum_counts_if_it_lies_in_the_window(
    make_li_cu_cell, make_spectrum, cycle, is_enough
):
    """One of unknown cycle cannot be shown to."""
    spectrum = replace(make_spectrum(), cycle=cycle)
    cell = make_li_cu_cell(n_cycles=10, spectra=(spectrum,))
    assert (Evidence(5, True).lack(cell) == "") == is_enough
    assert not Evidence(0, True).lack(cell)
