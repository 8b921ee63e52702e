import pytest

from features.errors import InvalidRecord, NotMeasured
from features.formula import molar_mass_g_mol
from features.molecules import find_molecule, known_molecules, parse_formula
from features.recipe import Component


def component(name, **facts):
    return Component(name, 1.0, "volume_parts", **facts)


def test_brackets_multiply_all_they_hold():
    """Salts are written by their groups: LiN(SO2CF3)2 has two of each."""
    assert parse_formula("LiN(SO2CF3)2") == {"Li": 1, "N": 1, "S": 2, "O": 4, "C": 2, "F": 6}


def test_brackets_nest():
    """B(OSi(CH3)3)3 holds nine methyl groups."""
    assert parse_formula("B(OSi(CH3)3)3") == {"B": 1, "O": 3, "Si": 3, "C": 9, "H": 27}


def test_order_of_elements_does_not_matter():
    """A sum formula and a structural one are the same molecule."""
    assert parse_formula("CH3CN") == parse_formula("C2H3N")


@pytest.mark.parametrize(
    "formula", ["", "C3H4O3)", "(C3H4O3", "()", "c3h4", "C0H4", "Li+", "C3 H4"]
)
def test_what_is_no_formula_is_refused_with_an_example(formula):
    """A typo must not become a molecule with fewer atoms."""
    with pytest.raises(InvalidRecord, match="such as C3H4O3"):
        parse_formula(formula)


def test_an_element_nobody_knows_is_named():
    """DME read as a formula starts with no element."""
    with pytest.raises(InvalidRecord, match="'Dm'"):
        parse_formula("DmE")


def test_molar_mass_of_ethylene_carbonate():
    """3 C, 4 H and 3 O weigh 88.06 g mol-1."""
    assert molar_mass_g_mol(parse_formula("C3H4O3")) == pytest.approx(88.062, abs=1e-3)


def test_every_formula_of_the_table_can_be_read():
    """A table of facts is checked once, here."""
    assert all(molecule.molar_mass_g_mol > 20 for molecule in known_molecules().values())


def test_salts_are_told_from_solvents():
    """What holds an alkali metal dissociates; everything else does not."""
    assert find_molecule(component("RbNO3")).is_salt
    assert not find_molecule(component("TMS-FNFSI")).is_salt


def test_a_name_is_known_in_every_spelling():
    """People differ in case, spaces and hyphens."""
    names = ("SL", "sulfolane", "Sulfolane ", "TMS", "tetramethylene-sulfone")
    assert {find_molecule(component(name)).formula for name in names} == {"C4H8O2S"}


def test_stated_facts_go_before_the_table():
    """Whoever measured the density of a batch knows better."""
    molecule = find_molecule(component("EC", density_g_mL=1.30))
    assert (molecule.formula, molecule.density_g_mL) == ("C3H4O3", 1.30)


def test_a_density_is_not_lent_to_another_molecule():
    """A stated formula under a known name may be another molecule."""
    other = find_molecule(component("EC", formula="C3H2O3"))
    same = find_molecule(component("EC", formula="(CH2O)2CO"))
    assert (other.density_g_mL, same.density_g_mL) == (None, 1.32)


def test_an_unknown_molecule_is_named_with_the_way_out():
    """A blank must say which component causes it."""
    with pytest.raises(NotMeasured, match=r"'XYZ'.*give its formula \(and density_g_mL\)"):
        find_molecule(component("XYZ"))


def test_a_formula_makes_an_unknown_molecule_known():
    """New solvents are what the field works on."""
    assert find_molecule(component("XYZ", formula="C2H6O")).atoms == {"C": 2, "H": 6, "O": 1}


def test_an_ambiguous_name_is_not_guessed():
    """DEE is diethyl ether in some papers and diethoxyethane in others."""
    with pytest.raises(NotMeasured, match="diethyl ether or 1,2-diethoxyethane"):
        find_molecule(component("DEE"))


def test_a_missing_density_is_said_only_where_it_is_needed():
    """A mole ratio of unknown densities is still a composition."""
    molecule = find_molecule(component("XYZ", formula="C2H6O"))
    with pytest.raises(NotMeasured, match=r"'XYZ'.*density_g_mL"):
        _ = molecule.stated_density_g_mL
