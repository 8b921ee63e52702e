"""A form says what the JSON says, and is refused by the name of its field."""

from urllib.parse import urlencode

import pytest

from serving.errors import InvalidRequest
from serving.pages.forms import cell_of, parsed
from serving.schemas import EXAMPLE_CELL

EXAMPLE = [
    ("cell_id", "Cu3N-SBR-1"),
    ("coating", "coated"),
    ("phase_name", "Cu3N"), ("phase_fraction", "0.9"), ("phase_role", "inorganic"),
    ("phase_formula", "Cu3N"),
    ("phase_name", "SBR"), ("phase_fraction", "0.1"), ("phase_role", "polymer"),
    ("phase_formula", ""),
    ("thickness_nm", "1000"), ("process", "doctor blade"), ("coating_solvent", "THF"),
    ("youngs_modulus_GPa", "0.8"),
    ("salt_name", "LiPF6"), ("salt_amount", "1.0"), ("salt_unit", "mol_per_L"),
    ("solvent_name", "EC"), ("solvent_amount", "1"), ("solvent_unit", "volume_parts"),
    ("solvent_name", "DEC"), ("solvent_amount", "1"), ("solvent_unit", "volume_parts"),
    ("additive_name", "FEC"), ("additive_amount", "0.1"), ("additive_unit", "weight_fraction"),
    ("cell_type", "Li||Cu"), ("substrate", "Cu"), ("area_cm2", "0.5"),
    ("current_density_mA_cm2", "1.0"), ("areal_capacity_mAh_cm2", "1.0"),
    ("temperature_degC", "25"), ("ce_method", "cycle_average"),
    ("upper_cutoff_V", ""), ("charging", ""),
]  # fmt: skip


def fields(*pairs):
    return parsed(urlencode(pairs).encode())


def test_the_example_as_a_form_is_the_example_as_json():
    assert cell_of(fields(*EXAMPLE)) == EXAMPLE_CELL


def test_a_bare_electrode_takes_no_field_of_a_coating():
    cell = cell_of(fields(*[pair for pair in EXAMPLE if pair[0] != "coating"], ("coating", "bare")))
    assert cell["recipe"]["coating"] == {"phases": []}


def test_a_coating_nobody_described_is_none():
    cell = cell_of(fields(("coating", "unknown"), ("thickness_nm", "5"), ("cell_type", "Li||Li")))
    assert "coating" not in cell["recipe"]


def test_a_decimal_comma_is_a_decimal_point():
    assert cell_of(fields(("coating", "bare"), ("area_cm2", "0,5")))["area_cm2"] == 0.5


@pytest.mark.parametrize(
    ("pairs", "where"),
    [
        ([("coating", "coated")], "recipe.coating.phases"),
        ([("phase_name", "Cu3N"), ("phase_fraction", "")], "phases[0].weight_fraction"),
        ([("coating", "bare"), ("current_density_mA_cm2", "fast")], "current_density_mA_cm2"),
        ([("coating", "bare"), ("salt_name", "LiPF6")], "salts[0].amount"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_place(pairs, where):
    with pytest.raises(InvalidRequest) as caught:
        cell_of(fields(*pairs))
    assert any(problem.where.endswith(where) for problem in caught.value.problems)


def test_a_form_of_endless_fields_is_refused():
    with pytest.raises(InvalidRequest):
        parsed(b"&".join(b"a=1" for _ in range(2000)))
    with pytest.raises(InvalidRequest):
        parsed(b"a=\xff\xfe")
