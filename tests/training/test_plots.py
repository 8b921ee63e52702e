import struct
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from training.artefacts import PLOTS
from training.plots import parity_plot


def size_of(path):
    """Return width and height that a PNG states in its head."""
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", head[16:24])


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("run", ["trained", "trained_on_split"])
def test_every_plot_is_a_picture_on_either_scale(run, name, request, tmp_path):
    PLOTS[name](request.getfixturevalue(run), tmp_path / name)
    width, height = size_of(tmp_path / name)
    assert min(width, height) > 300


@pytest.mark.parametrize("name", PLOTS)
def test_bounds_have_their_place_in_every_plot(trained, name, tmp_path):
    (part,) = trained.held_out
    stopped = replace(part, is_censored=np.arange(40) % 3 == 0)
    PLOTS[name](replace(trained, held_out=(stopped,)), tmp_path / name)
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
