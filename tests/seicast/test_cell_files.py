import pytest

from features.errors import UnreadableFile
from seicast.cell_files import cells_from
from seicast.places import EXAMPLE_REQUEST

EXAMPLES = EXAMPLE_REQUEST.parent


def test_every_spectrum_of_a_file_belongs_to_the_cell():
    """A potentiostat that repeats a sweep writes all of them into one file."""
    (cell,) = cells_from(EXAMPLE_REQUEST, None, [EXAMPLES / "simulated_impedance.csv"])
    assert len(cell.spectra) > 1


def test_a_file_without_a_spectrum_is_refused_with_the_way_out():
    with pytest.raises(UnreadableFile, match=r"simulated_cycling\.csv.*--cycling"):
        cells_from(EXAMPLE_REQUEST, None, [EXAMPLES / "simulated_cycling.csv"])
