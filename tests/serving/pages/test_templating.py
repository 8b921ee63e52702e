"""Numbers as people write them, and every text of others as text."""

import re

import pytest

from features.registry import catalogue
from serving.pages.templating import (
    BLANK,
    breakable,
    cited,
    number,
    printed_unit,
    quantity,
    rendered,
    with_sd,
)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_number_is_a_dash(value):
    assert number(value) == quantity(value, "mV") == BLANK


@pytest.mark.parametrize("value", [1e-300, 1e300, -0.0, 123456789.0, 9.9999999, -1e-9])
def test_numbers_of_any_size_read_back_within_their_digits(value):
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=1e-3)


def test_an_efficiency_shows_the_digits_that_tell_its_loss():
    assert quantity(0.7, "fraction") == "70.0 %"
    assert quantity(0.99951, "fraction") == "99.951 %"


def test_a_value_and_its_deviation_end_at_the_same_place():
    value, sd = with_sd(28.0213, 0.041).split(" ± ")
    assert len(value.partition(".")[2]) == len(sd.partition(".")[2])


def test_all_text_is_escaped():
    problem = {"type": "x", "title": "<b>t</b>", "detail": "<script>1</script>", "status": 400}
    page = rendered("problem.html", {"problem": problem, "is_foreign": False})
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


def test_only_a_doi_becomes_a_link():
    link = '<a href="https://doi.org/10.1/x" rel="noreferrer">10.1/x</a>'
    assert cited("doi:10.1/x") == link
    assert cited("Kim et al. (2023), doi:10.1/x.") == f"Kim et al. (2023), {link}."
    for other in ("javascript:alert(1)", "made for the tests", "doi:nothing"):
        assert cited(other) == other
    assert "<b" not in cited('<b>doi:10.1/x"onclick="1"</b>')


def test_no_unit_is_printed_with_a_plain_exponent():
    """cm2 is a name's spelling; on a page it is cm²."""
    for each in catalogue().values():
        assert not re.search(r"[A-Za-zΩ][-^]?\d", printed_unit(each.unit).removeprefix("log10("))


def test_a_name_is_broken_between_its_words_and_stays_what_it_is():
    name = "log10_impedance_100_Hz_over_1_kHz_ratio"
    assert breakable(name).replace("<wbr>", "") == name
    assert all(part.endswith("_") for part in breakable(name).split("<wbr>")[:-1])
    assert breakable("a_<b>") == "a_<wbr>&lt;b&gt;"


@pytest.mark.parametrize("value", [1.4, 7.887, 99.6, 104.2, 12345.6, 1.289e9])
def test_a_life_is_whole_cycles_within_four_digits(value):
    shown = quantity(value, "cycles").split()[0].replace(",", "")
    assert shown.isdecimal()
    assert int(shown) == pytest.approx(value, abs=0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0 cycles"), (1e-9, "less than 1 cycle"), (0.99, "less than 1 cycle"), (1.2, "1 cycle")],
)
def test_few_cycles_are_said_in_words(value, words):
    assert quantity(value, "cycles") == words


def test_cycles_beyond_all_measure_fill_no_page():
    assert len(quantity(1e300, "cycles")) < 20
