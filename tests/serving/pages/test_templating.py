"""Numbers as people write them, and every text of others as text."""

import pytest

from serving.pages.templating import BLANK, doi_of, number, quantity, rendered, with_sd


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
    page = rendered("problem.html", {"problem": problem})
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


def test_only_a_doi_becomes_a_link():
    assert doi_of("doi:10.1/x") == "https://doi.org/10.1/x"
    assert doi_of("javascript:alert(1)") is None
    assert doi_of("made for the tests") is None


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
