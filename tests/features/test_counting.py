"""One thing is one thing; none and several are many."""

import pytest

from features.counting import counted


@pytest.mark.parametrize("number", [0, 2, 1234])
def test_only_one_is_singular(number):
    assert counted(1, "spectrum", "spectra") == "1 spectrum"
    assert counted(number, "spectrum", "spectra").endswith(" spectra")
    assert counted(number, "cell").endswith(" cells")
