import struct
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from training.plots import parity_plot


def size_of(path):
    """Return width and height that a PNG states in its head."""
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", head[16:24])


@pytest.mark.parametrize("run", ["trained", "trained_on_split"])
def test_a_parity_plot_is_a_picture_on_either_scale(run, request, tmp_path):
    parity_plot(request.getfixturevalue(run), tmp_path / "parity.png")
    width, height = size_of(tmp_path / "parity.png")
    assert min(width, height) > 300


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
