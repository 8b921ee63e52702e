"""Parts that did not run keep their figures, and a page shows both."""

import pytest

from benchmarks.figure import Bound, Figure
from benchmarks.serving import results

TITLES = {"speed": "How quick.", "soak": "How steady."}


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(results, "DOCS", tmp_path / "page.md")
    return tmp_path


def test_what_did_not_run_stays_as_it_was(places):
    quick = Figure("cost", 2.5, "ms", Bound(high=3), Bound(low=0, high=1), "alone")
    results.keep({"speed": [quick]}, TITLES)
    results.keep({"soak": [Figure("growth", 1.0, "MB")]}, TITLES)
    page = (places / "page.md").read_text()
    assert "| cost | 2.5 ms | <= 3 | 0 to 1 | must | alone |" in page
    assert page.index("## speed") < page.index("## soak")
    results.keep({"speed": [Figure("cost", 4.0, "ms", Bound(high=3))]}, TITLES)
    assert "| cost | 4 ms | <= 3 |  | SHORT |" in (places / "page.md").read_text()
    assert "growth" in (places / "page.md").read_text()


@pytest.mark.parametrize("bound", [None, Bound(low=25), Bound(high=0.85), Bound(0, 0)])
def test_a_figure_is_read_back_as_it_was_written(bound):
    figure = Figure("cost", 2.5, "ms", bound, bound, "alone")
    assert results.figure_of(results.as_record(figure)) == figure
