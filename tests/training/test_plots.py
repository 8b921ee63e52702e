import struct
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from training.artefacts import PLOTS
from training.diagnosis import Diagnosis
from training.plots import parity_plot


def size_of(path):
    """Return width and height that a PNG states in its head."""
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", head[16:24])


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Return a function that draws a plot and returns its figure, laid out as it is written."""
    figures = []
    save = Figure.savefig

    def keep(figure, *args, **options):
        figures.append(figure)
        return save(figure, *args, **options)

    def draw(name, run):
        monkeypatch.setattr(Figure, "savefig", keep)
        PLOTS[name](run, tmp_path / name)
        return figures.pop()

    return draw


def stopped_in(run):
    """Return a run in which every third test was stopped."""
    (part,) = run.held_out
    rows = np.arange(len(part.truth)) % 3 == 0
    return replace(run, held_out=(replace(part, is_censored=rows),))


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("run", ["trained", "trained_on_split"])
def test_nothing_is_cut_off_and_no_legend_covers_what_it_explains(run, name, request, drawn):
    figure = drawn(name, stopped_in(request.getfixturevalue(run)))
    # What lies beyond the ends of an axis is laid out, but not drawn.
    ticks = {
        text
        for panel in figure.axes
        for axis in (panel.xaxis, panel.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for text in (tick.label1, tick.label2)
    }
    sheet = figure.bbox.padded(1)
    for text in figure.findobj(Text):
        if text.get_text() and text not in ticks:
            box = text.get_window_extent()
            assert sheet.contains(box.x0, box.y0), text.get_text()
            assert sheet.contains(box.x1, box.y1), text.get_text()
    for panel in figure.axes:
        assert panel.bbox.x0 >= 0
        assert panel.bbox.y1 <= figure.bbox.y1
        if panel.get_legend():
            assert panel.get_legend().get_window_extent().y1 <= panel.bbox.y0


@pytest.mark.parametrize("name", PLOTS)
def test_every_axis_says_what_it_measures_and_whether_the_cells_were_simulated(
    trained, name, drawn
):
    figure = drawn(name, trained)
    assert figure.get_suptitle().endswith("simulated cells")
    for panel in figure.axes:
        assert panel.get_xlabel()
        assert panel.get_ylabel() or name == "importance.png"


def test_a_learning_curve_never_stands_without_the_dummy(trained, drawn):
    (panel,) = drawn("learning_curve.png", trained).axes
    labels = [text.get_text() for text in panel.get_legend().get_texts()]
    assert labels == ["model", "dummy, recipes held out"]


@pytest.mark.parametrize("name", ["learning_curve.png", "importance.png"])
def test_too_few_groups_are_said_to_be_too_few(trained, name, drawn):
    figure = drawn(name, replace(trained, diagnosis=Diagnosis()))
    assert "too few groups" in figure.axes[0].texts[0].get_text()


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("run", ["trained", "trained_on_split"])
def test_every_plot_is_a_picture_on_either_scale(run, name, request, tmp_path):
    PLOTS[name](request.getfixturevalue(run), tmp_path / name)
    width, height = size_of(tmp_path / name)
    assert min(width, height) > 300


@pytest.mark.parametrize("name", PLOTS)
def test_bounds_have_their_place_in_every_plot(trained, name, tmp_path):
    PLOTS[name](stopped_in(trained), tmp_path / name)
    assert size_of(tmp_path / name)


def test_every_split_has_its_panel(trained_on_split, tmp_path):
    (part,) = trained_on_split.held_out
    two = replace(trained_on_split, held_out=(part, replace(part, split="test2")))
    parity_plot(trained_on_split, tmp_path / "one.png")
    parity_plot(two, tmp_path / "two.png")
    assert size_of(tmp_path / "two.png")[0] == pytest.approx(
        2 * size_of(tmp_path / "one.png")[0], 2
    )


def test_plotting_opens_no_window_and_changes_no_setting(trained, tmp_path):
    """It runs in services and in tests, where there is no screen."""
    before = dict(mpl.rcParams)
    parity_plot(trained, tmp_path / "parity.png")
    assert dict(mpl.rcParams) == before
    assert np.isfinite(trained.held_out[0].value).all()
