"""The form of the Predict page as a browser sends it."""

import pytest


@pytest.fixture
def form():
    """Return the fields of a small recipe; a test may change its copy."""
    return {
        "coating": "coated",
        "phase_name": ["Cu3N", "SBR"],
        "phase_fraction": ["0.9", "0.1"],
        "phase_role": ["inorganic", "polymer"],
        "phase_formula": ["Cu3N", ""],
        "thickness_nm": "1000",
        "cell_type": "Li||Cu",
        "current_density_mA_cm2": "1",
        "areal_capacity_mAh_cm2": "1",
        "ce_method": "cycle_average",
    }
