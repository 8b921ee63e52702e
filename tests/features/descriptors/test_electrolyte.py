import pytest

from features.recipe import CellDesign, Component, Electrolyte, Recipe
from features.records import Cell, Source
from features.table import describe

NAMES = [
    "electrolyte_F_to_C_ratio",
    "electrolyte_O_to_C_ratio",
    "electrolyte_F_to_O_ratio",
    "electrolyte_inorganic_to_organic_ratio",
    *(
        f"{where}_{element}_fraction"
        for element in "FOC"
        for where in ("electrolyte", "solvent", "anion")
    ),
]
LIPF6 = Component("LiPF6", 1.0, "mol_per_L")
EC = Component("EC", 1.0, "volume_parts")


def describe_electrolyte(electrolyte):
    cell = Cell("A1", Recipe(CellDesign("Li||Cu"), electrolyte=electrolyte), Source("measured"))
    return describe([cell], NAMES)


def ratios(*solvents, salts=(LIPF6,), additives=()):
    table = describe_electrolyte(Electrolyte(tuple(salts), tuple(solvents), tuple(additives)))
    assert not table.reasons
    return table.values.iloc[0].to_dict()


def reason(electrolyte):
    reasons = describe_electrolyte(electrolyte).reasons
    assert len(reasons) == len(NAMES)
    return reasons[0, NAMES[0]]


def test_one_molar_lipf6_in_ethylene_carbonate_by_hand():
    """A litre of C3H4O3 is 1320 g / 88.062 g mol-1; every LiPF6 has 8 atoms."""
    ec = 1320 / 88.062
    atoms = 10 * ec + 8
    assert ratios(EC) == pytest.approx(
        {
            "electrolyte_F_to_C_ratio": 6 / (3 * ec),
            "electrolyte_O_to_C_ratio": 1,
            "electrolyte_F_to_O_ratio": 6 / (3 * ec),
            "electrolyte_inorganic_to_organic_ratio": (3 * ec + 6 + 1) / (3 * ec),
            "electrolyte_F_fraction": 6 / atoms,
            "solvent_F_fraction": 0,
            "anion_F_fraction": 6 / atoms,
            "electrolyte_O_fraction": 3 * ec / atoms,
            "solvent_O_fraction": 3 * ec / atoms,
            "anion_O_fraction": 0,
            "electrolyte_C_fraction": 3 * ec / atoms,
            "solvent_C_fraction": 3 * ec / atoms,
            "anion_C_fraction": 0,
        },
        rel=1e-4,
    )


def test_one_mixture_in_every_unit_is_one_composition():
    """60 mL EC and 40 mL DMC can be weighed and counted as well."""
    densities, masses = {"EC": 1.32, "DMC": 1.07}, {"EC": 88.062, "DMC": 90.078}
    volumes = {"EC": 60.0, "DMC": 40.0}
    weights = {name: volume * densities[name] for name, volume in volumes.items()}
    moles = {name: weight / masses[name] for name, weight in weights.items()}
    whole = sum(weights.values())
    mixtures = {
        "volume_parts": volumes,
        "volume_fraction": {name: volume / 100 for name, volume in volumes.items()},
        "weight_parts": weights,
        "weight_fraction": {name: weight / whole for name, weight in weights.items()},
        "mole_parts": moles,
        "mol_per_L": {name: mole * 10 for name, mole in moles.items()},
    }
    answers = [
        ratios(*(Component(name, amount, unit) for name, amount in mixture.items()))
        for unit, mixture in mixtures.items()
    ]
    assert all(answer == pytest.approx(answers[0], rel=1e-4) for answer in answers)


def test_parts_may_be_scaled():
    """1:1 and 50:50 are the same mixture."""
    one, fifty = (
        ratios(Component("EC", parts, "volume_parts"), Component("DEC", parts, "volume_parts"))
        for parts in (1, 50)
    )
    assert one == pytest.approx(fifty)


def test_molal_and_molar_salt_agree_through_the_density_of_the_solvent():
    """One mol per kg of a solvent of 1.32 g mL-1 is 1.32 mol per litre of it."""
    molal = ratios(EC, salts=[Component("LiPF6", 1.0, "mol_per_kg")])
    molar = ratios(EC, salts=[Component("LiPF6", 1.32, "mol_per_L")])
    assert molal == pytest.approx(molar)


def test_mole_ratio_needs_no_density():
    """LiFSI-1.2DME-3X is complete, whatever X weighs per volume: 2 F + 6 F over 4.8 C + 9 C."""
    parts = [
        Component("DME", 1.2, "mole_parts"),
        Component("X", 3, "mole_parts", formula="C3H6F2O"),
    ]
    found = ratios(*parts, salts=[Component("LiFSI", 1, "mole_parts")])
    assert found["electrolyte_F_to_C_ratio"] == pytest.approx(8 / 13.8)


def test_an_additive_comes_on_top_of_the_litre_of_solvent():
    """2 vol% VC adds 20 mL to the litre; it takes nothing away."""
    ec, vc = 1320 / 88.062, 20 * 1.35 / 86.046
    found = ratios(EC, additives=[Component("VC", 0.02, "volume_fraction")])
    assert found["electrolyte_F_to_C_ratio"] == pytest.approx(6 / (3 * ec + 3 * vc), rel=1e-4)


def test_weight_and_volume_of_an_additive_agree_through_densities():
    """Fractions are of the solvents: their weight or their volume."""
    by_weight = Component("FEC", 0.05 * 1.454 / 1.32, "weight_fraction")
    by_volume = Component("FEC", 0.05, "volume_fraction")
    found = [ratios(EC, additives=[additive]) for additive in (by_weight, by_volume)]
    assert found[0] == pytest.approx(found[1])


def test_an_additive_with_lithium_counts_as_salt():
    """LiNO3 brings its oxygen with the anion, wherever it is listed."""
    nitrate = Component("LiNO3", 0.3, "mol_per_L")
    assert ratios(EC, additives=[nitrate]) == pytest.approx(ratios(EC, salts=[LIPF6, nitrate]))


def test_solvent_and_anion_add_up_to_the_electrolyte():
    """Every fluorine, oxygen and carbon atom belongs to one of the two."""
    found = ratios(Component("FEC", 1, "volume_parts"), salts=[Component("LiTFSI", 2, "mol_per_L")])
    for element in "FOC":
        parts = found[f"solvent_{element}_fraction"] + found[f"anion_{element}_fraction"]
        assert parts == pytest.approx(found[f"electrolyte_{element}_fraction"])


def test_no_oxygen_leaves_fluorine_over_oxygen_blank():
    """LiPF6 in acetonitrile holds none to divide by; the other twelve are numbers."""
    table = describe_electrolyte(Electrolyte((LIPF6,), (Component("AN", 1, "volume_parts"),)))
    assert list(table.reasons) == [(0, "electrolyte_F_to_O_ratio")]
    assert "no O atoms" in table.reasons[0, "electrolyte_F_to_O_ratio"]


def test_an_unstated_electrolyte_is_blank():
    """Null means nobody said; it is not an empty bottle."""
    assert "states no electrolyte" in reason(None)


def test_solvents_without_salt_are_blank():
    """An electrolyte has a salt; where none is listed it was not reported."""
    assert "no salts" in reason(Electrolyte(solvents=(EC,)))


def test_an_unknown_molecule_blanks_all_with_its_name():
    """Counting the rest alone would describe another electrolyte."""
    unknown = Component("XYZ", 1, "volume_parts")
    assert "'XYZ'" in reason(Electrolyte((LIPF6,), (EC, unknown)))


def test_volume_and_weight_of_solvents_are_not_mixed():
    """One part by volume and one by weight have no common total."""
    solvents = (EC, Component("DEC", 1, "weight_parts"))
    assert "volume_parts, weight_parts" in reason(Electrolyte((LIPF6,), solvents))


def test_parts_of_an_additive_need_the_solvents_own_basis():
    """A weight part beside volume parts is no amount."""
    additive = Component("VC", 0.1, "weight_parts")
    assert "'VC' is in weight_parts" in reason(Electrolyte((LIPF6,), (EC,), (additive,)))
