"""What chemists write as a formula is told from what is none."""

import pytest

from features.formula import is_readable, parse_formula


@pytest.mark.parametrize(
    "formula",
    [
        *("Cu3N", "Li2S", "Al(OH)3", "Zn(CF3SO3)2", "[Fe(CN)6]", "{LiF}2"),
        *("Li6.5La3Zr1.5Ta0.5O12", "Li1+xAlxTi2-x(PO4)3", "LixPOyNz", "Ti3C2Tx", "HfO2"),
        *("(C2H4O)n", "PVDF-HFP", "SBR", "Al₂O₃", "Li_{3}N", "β-Li3N", "CuSO4·5H2O", "LiF/Li3N"),
    ],
)
def test_what_a_chemist_writes_is_readable(formula):
    """A lab's garnet has broken counts, its polymer a letter for them."""
    assert is_readable(formula)


@pytest.mark.parametrize(
    "formula",
    [
        *("(((", "", " ", "12", "n", "cu3n", "Cu3N)", "(Cu3N", "Al(OH]3", ")(", "Cu3N?", "Hello"),
        *("copper nitride", "<b>Cu</b>", "Cu3N\n"),
    ],
)
def test_what_is_no_formula_is_not(formula):
    assert not is_readable(formula)


@pytest.mark.parametrize("formula", ["C3H4O3", "(CF3CH2)2O", "LiPF6", "LiN(SO2CF3)2"])
def test_what_is_parsed_is_readable(formula):
    """The loose rule refuses nothing that the strict one takes."""
    assert parse_formula(formula)
    assert is_readable(formula)


def test_the_longest_formula_is_told_at_once():
    """Its time grows as its length: a text of a client must not hold anybody up."""
    assert not is_readable("(" * 100_000)
    assert is_readable("Li" * 100_000)
    assert not is_readable("Cu3" * 60_000 + "!")
