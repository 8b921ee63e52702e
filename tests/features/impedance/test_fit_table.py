import numpy as np
import pytest

from features import Spectrum, fit_spectra

FREQUENCY_Hz = np.geomspace(1e6, 0.1, 60)


def spectrum():
    s = 2j * np.pi * FREQUENCY_Hz
    return Spectrum(FREQUENCY_Hz, 4 + 60 / (1 + 60e-6 * s) + 90 / (1 + 90e-4 * s))


def test_every_value_has_its_deviation_beside_it():
    columns = list(fit_spectra([spectrum()], "two_arcs").table)
    values = columns[: columns.index("identifiable")]
    assert [f"{name}_sd" for name in values[::2]] == values[1::2]


@pytest.mark.parametrize(("name", "power"), [("R_SEI", 1), ("R_int", 1), ("CPE1_Q", -1)])
def test_what_is_of_unit_area_scales_with_area_over_interfaces(name, power):
    whole = fit_spectra([spectrum()], "two_arcs").table.iloc[0]
    of_area = fit_spectra([spectrum()], "two_arcs", area_cm2=0.5, n_interfaces=2).table.iloc[0]
    (own,) = (each for each in whole.index if each.startswith(f"{name}_") and "sd" not in each)
    (per_area,) = (
        each for each in of_area.index if each.startswith(f"{name}_") and "sd" not in each
    )
    assert of_area[per_area] == pytest.approx(whole[own] * 0.25**power)


def test_the_series_resistance_is_of_the_cell_whatever_the_interfaces():
    table = fit_spectra([spectrum()], "two_arcs", area_cm2=0.5, n_interfaces=2).table
    assert table["R_s_ohm_cm2"].iloc[0] == pytest.approx(4 * 0.5, rel=1e-3)
