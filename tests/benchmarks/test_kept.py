"""Benchmarks that did not run keep their figures, and a page shows both."""

import pytest

from benchmarks.figure import Bound, Figure, as_record
from benchmarks.kept import Kept, figure_of

TITLES = {"speed": "How quick.", "soak": "How steady."}


def test_what_did_not_run_stays_as_it_was(tmp_path):
    kept = Kept(tmp_path / "results.json", tmp_path / "page.md", "On {machine}.\n\n")
    quick = Figure("cost", 2.5, "ms", Bound(high=3), Bound(low=0, high=1), "alone")
    kept.keep({"speed": [quick]}, TITLES)
    kept.keep({"soak": [Figure("growth", 1.0, "MB")]}, TITLES)
    page = kept.page.read_text()
    assert "| cost | 2.5 ms | <= 3 | 0 to 1 | must | alone |" in page
    assert page.index("## speed") < page.index("## soak")
    kept.keep({"speed": [Figure("cost", 4.0, "ms", Bound(high=3))]}, TITLES)
    assert "| cost | 4 ms | <= 3 |  | SHORT |" in kept.page.read_text()
    assert "growth" in kept.page.read_text()


@pytest.mark.parametrize("bound", [None, Bound(low=25), Bound(high=0.85), Bound(0, 0)])
def test_a_figure_is_read_back_as_it_was_written(bound):
    figure = Figure("cost", 2.5, "ms", bound, bound, "alone")
    assert figure_of(as_record(figure)) == figure
