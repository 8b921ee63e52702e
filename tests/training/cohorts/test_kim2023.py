from collections import Counter
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from features.table import describe
from training.cohorts.kim2023 import load
from training.data_folders import data_folder, has_data

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not has_data("kim2023_ce"), reason="the data set kim2023_ce is not on this machine"
    ),
]

#: published column -> our descriptor
COLUMNS = {
    "FC": "electrolyte_F_to_C_ratio",
    "OC": "electrolyte_O_to_C_ratio",
    "FO": "electrolyte_F_to_O_ratio",
    "InOr": "electrolyte_inorganic_to_organic_ratio",
    **{element: f"electrolyte_{element}_fraction" for element in "FOC"},
    **{f"s{element}": f"solvent_{element}_fraction" for element in "FOC"},
    **{f"a{element}": f"anion_{element}_fraction" for element in "FOC"},
}
#: Rows whose published ratios are not those of the recipe they stand beside.
DEVIATING = {
    "K003": "something with six F instead of VC",
    "K004": "LiTFPFB with three C of its four",
    "K013": "the ratios of the anion are those of LiFSI",
    "K057": "LiFNFSI with three C of its four",
    "K059": "ethylene sulfite with the formula and density of ethylene sulfide",
    "K065": "TMS-FNFSI without its N, and taken for a salt",
    "K071": "1,4-dioxane as C5H10O2, with the density of 1,3-dioxolane",
    "K077": "TEGDME as DME, LiNO3 as LiDFOB",
    "K081": "DOL instead of DME",
    "K082": "TEGDME as DME",
    "K083": "other solvent fractions than K038, the same mixture",
    "K102": "LiTFSI instead of LiFSI",
    "K116": "LiFSI taken for a solvent",
    "K123": "FEMC and D2 swapped",
    "K127": "sO is a copy of O",
    "K128": "FDMA and FEC swapped",
    "K132": "DME and TTE swapped",
    "K138": "AN taken for a salt",
    "K139": "THF taken for a salt",
    "K145": "a mole ratio near 1.2:2.8 instead of 1.2:3",
}


@pytest.fixture(scope="module")
def cohort():
    return load()


@pytest.fixture(scope="module")
def published():
    return pd.read_csv(data_folder("kim2023_ce") / "electrolytes.csv")


def test_all_electrolytes_are_there_with_their_efficiency(cohort):
    """The compilation ends at 80 % and 99.5 %."""
    ce = cohort.outcomes["ce_fraction"]
    assert (len(cohort.cells), ce.min(), ce.max()) == (150, 0.80, 0.995)


def test_a_group_is_a_paper_and_the_row_without_one_stands_alone(cohort):
    """71 papers are cited; rows of one paper must not be split."""
    assert (cohort.group_kind, len(set(cohort.groups))) == ("paper", 72)
    assert cohort.groups.count("kim2023-K023") == 1


def test_the_number_of_cycles_is_nowhere_in_a_cell(cohort):
    """Good cells were cycled for longer: the number of cycles tells the answer."""
    for cell in cohort.cells:
        assert cell.cycling is None
        assert "cycles" not in str(asdict(cell.recipe)) + str(cell.source)


def test_cells_are_bare_copper_of_the_literature(cohort):
    """Kim et al. compiled electrolytes; nothing was coated, nothing measured here."""
    assert cohort.kinds == {"literature": 150}
    assert all(cell.recipe.coating.is_bare for cell in cohort.cells)


def test_both_ways_to_measure_efficiency_are_kept_apart(cohort):
    """52 of the efficiencies are from the reservoir method."""
    methods = [cell.recipe.protocol.ce_method for cell in cohort.cells]
    assert (methods.count("cycle_average"), methods.count("aurbach")) == (98, 52)


def test_a_name_for_two_ethers_is_told_by_the_numbers(cohort):
    """1 M LiFSI DEE occurs with diethyl ether and with diethoxyethane."""
    solvents = {
        cell.cell_id[-4:]: cell.recipe.electrolyte.solvents[0].name for cell in cohort.cells
    }
    assert (solvents["K107"], solvents["K113"]) == ("diethyl ether", "1,2-diethoxyethane")


def test_published_ratios_are_those_of_the_recipes_but_for_known_errors(cohort, published):
    """130 of 150 rows agree in all thirteen numbers to 0.1 %; the others are explained."""
    ours = describe(cohort.cells, list(COLUMNS.values())).values.to_numpy()
    theirs = published[list(COLUMNS)].to_numpy()
    agrees = np.isclose(ours, theirs, rtol=1e-3, atol=1e-12).all(axis=1)
    assert set(published["electrolyte_id"][~agrees]) == set(DEVIATING)


def test_a_family_is_that_of_the_solvent_that_dissolves_the_salt(cohort):
    """Diluents such as BTFE and TTE dissolve none, however much of them there is."""
    by_name = {}
    for cell, family in zip(cohort.cells, cohort.families, strict=True):
        names = {solvent.name for solvent in cell.recipe.electrolyte.solvents}
        by_name.setdefault(frozenset(names), family)
    assert by_name[frozenset({"DMC", "BTFE"})] == "carbonates and esters"
    assert by_name[frozenset({"DME", "TTE"})] == "ethers"
    assert cohort.family_kind == "solvent family"
    assert min(Counter(cohort.families).values()) >= 5
