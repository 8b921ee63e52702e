"""A handful of cells that differ in everything a descriptor may meet."""

import numpy as np
import pytest

from features import (
    Cell,
    CellDesign,
    Coating,
    Component,
    Electrolyte,
    Phase,
    Protocol,
    Recipe,
    Source,
    Spectrum,
)

COATING = Coating(
    (Phase("Cu3N", 0.9, "inorganic", "Cu3N"), Phase("SBR", 0.1, "polymer")),
    thickness_nm=800.0,
    process="doctor blade",
    solvent="THF",
    youngs_modulus_GPa=0.8,
    ionic_conductivity_S_cm=2e-6,
)
ELECTROLYTE = Electrolyte(
    salts=(Component("LiPF6", 1.0, "mol_per_L"),),
    solvents=(Component("EC", 1.0, "volume_parts"), Component("DEC", 1.0, "volume_parts")),
    additives=(Component("FEC", 0.1, "weight_fraction"),),
    volume_uL=30.0,
)
PROTOCOL = Protocol(1.0, 1.0, 1.0, -0.5, 25.0, "cycle_average", "constant current")
COATED = Recipe(CellDesign("Li||Cu", "Cu", 50.0, 2.0), COATING, ELECTROLYTE, PROTOCOL)
BARE = Recipe(CellDesign("Li||Cu"), Coating(()), protocol=Protocol(ce_method="aurbach"))
LTO = Recipe(CellDesign("Li||LTO", None, 10.0, 3.0), protocol=Protocol(1.5, 3.0))
SPUTTERED = Recipe(
    CellDesign("Li||Cu"), Coating((Phase("Al", 1.0),), process="sputtering, 40 W, 120 s, 6 rpm")
)
ANODE_FREE = Recipe(CellDesign("anode-free"))
SYMMETRIC = Recipe(CellDesign("Li||Li"), COATING, protocol=PROTOCOL)


@pytest.fixture(scope="session")
def coated_recipe():
    """Return a recipe with every field stated."""
    return COATED


def lto_steps(n_cycles, ce=0.7, *, lithium=10.0, capacity=3.0, n_rows=61):
    """Return discharge and charge of each cycle, by the lithium that is left."""
    steps, left = [], lithium
    falling_V = 1.55 - 0.5 * np.linspace(0, 1, n_rows) ** 20
    for cycle in range(n_cycles):
        delivered, current = min(capacity, left), 0.6 if cycle < 2 else 1.5
        left -= delivered * (1 - ce)
        steps += [(-current, delivered / current, falling_V)]
        steps += [(current, delivered / current, 3.1 - falling_V)]
    return steps


def shaped_steps(n_cycles, n_rows=61):
    """Return platings with a nucleation peak and strippings that rise to 0.5 V."""
    q = np.linspace(0, 1, n_rows)
    steps = []
    for cycle in range(n_cycles):
        plating_V = -0.02 * (1 + 0.5 * np.exp(-q / 0.03) + 0.01 * cycle * q)
        stripping_V = 0.03 + 0.01 * np.exp(-q / 0.03) + 4.7 * np.maximum(q - 0.9, 0)
        steps += [(-1.0, 1.0, plating_V), (1.0, 0.97, stripping_V)]
    return steps


def peaked_steps(n_cycles, n_rows=201):
    """Return charge and discharge of a full cell with one step of Q(V), which drifts down."""
    shape = np.tanh(4 * np.linspace(-1, 1, n_rows)) / np.tanh(4)
    q = np.linspace(0, 1, n_rows)
    steps = []
    for cycle in range(n_cycles):
        falling_V = 3.4 - 1e-3 * cycle - 0.6 * (2 * q - 1) ** 9 - 0.05 * shape
        steps += [(2.0, 1.01 - 1e-3 * cycle, falling_V[::-1] + 0.1)]
        steps += [(-2.0, 1.0 - 1e-3 * cycle, falling_V)]
    return steps


def film_spectrum(cycle, time_h, area_cm2):
    """Return a symmetric cell's spectrum by the paper's circuit, its film growing, with noise."""
    frequency_Hz = np.logspace(6, -1, 57)
    i_omega = 2j * np.pi * frequency_Hz
    film = 1 / (1 / (80 + cycle / 4 + np.sqrt(time_h)) + 3e-6 * i_omega**0.85)
    faradaic = 60 - cycle / 2 + 20 / np.sqrt(i_omega)
    reaction = 1 / (1 / faradaic + 2e-4 * i_omega)
    noise = np.random.default_rng([cycle, time_h]).normal(0, 1e-3, (2, 57))
    impedance = (5 + 2 * (film + reaction)) * (1 + noise[0] + 1j * noise[1])
    return Spectrum(frequency_Hz, impedance / area_cm2, cycle=cycle, time_h=float(time_h))


@pytest.fixture(scope="session")
def varied_cells(make_li_cu_cell, make_full_cell, make_steps_cell, make_spectrum, aurbach_steps):
    """Return the builder of cells recorded to some cycle, by name; the past never changes."""

    def stepped_cells(n_cycles, area_cm2, sign):
        cables = {"area_cm2": area_cm2, "sign": sign}
        rest_V = -0.005 * np.exp(-np.linspace(0, 120, 41) / 20)
        aurbach = aurbach_steps[: 2 * n_cycles]
        full = {"area_cm2": area_cm2, "rest_V": 3.4 + rest_V}
        peaked = peaked_steps(n_cycles)
        return [
            make_steps_cell(
                shaped_steps(n_cycles), COATED, cell_id="shaped", rest_V=rest_V, **cables
            ),
            make_steps_cell(aurbach, BARE, cell_id="Aurbach", **cables),
            make_steps_cell(lto_steps(n_cycles), LTO, cell_id="Li||LTO", area_cm2=area_cm2),
            make_steps_cell(peaked, Recipe(CellDesign("Li||NMC")), cell_id="full, rests", **full),
        ]

    def build(n_cycles=30, area_cm2=1.0, sign=1):
        wobble = np.sin(np.arange(1, n_cycles + 1))
        spectra = [
            make_spectrum(
                series_ohm=5 / area_cm2,
                arc_ohm=(80 + cycle) / area_cm2,
                diffusion_ohm=0.1 / area_cm2,
                cycle=cycle,
            )
            for cycle in (0, 5, 20)
            if cycle <= n_cycles
        ]
        films = [
            film_spectrum(cycle, time_h, area_cm2)
            for cycle, time_h in ((0, 1), (0, 4), (0, 9), (5, 40), (20, 160))
            if cycle <= n_cycles
        ]
        common = {"n_cycles": n_cycles, "area_cm2": area_cm2, "sign": sign}
        fading_Ah = area_cm2 * (1 - 1e-4 * np.arange(n_cycles) ** 1.5)
        full = {"n_cycles": n_cycles, "capacity_Ah": fading_Ah, "fade_Ah_per_cycle": 0.0}
        cells = [
            make_li_cu_cell(
                "coated Li||Cu",
                **common,
                ce=0.97 + 0.005 * wobble,
                plating_mV=20 + wobble,
                stripping_mV=30 + np.arange(n_cycles),
                recipe=COATED,
                spectra=spectra,
            ),
            make_li_cu_cell("rested bare Li||Cu", **common, ce=0.9, rest_s=600, recipe=BARE),
            make_li_cu_cell("shorted Li||Cu", **common, ce=1.01),
            make_li_cu_cell(
                "Li||Li", **common, ce=1.0, rest_s=60, recipe=SYMMETRIC, spectra=spectra
            ),
            make_li_cu_cell("two rows a step", **common, n_rows=2),
            make_full_cell("full, curves", **full),
            make_full_cell("full, time series", **full, has_current=True),
            make_full_cell("anode-free", **full, has_current=True, recipe=ANODE_FREE),
            *stepped_cells(n_cycles, area_cm2, sign),
            Cell("two arcs", SYMMETRIC, Source("measured"), area_cm2, spectra=tuple(films)),
            Cell("recipe alone", COATED, Source("literature")),
            Cell("sputtered", SPUTTERED, Source("literature")),
            Cell("nothing stated", Recipe(CellDesign("Li||NMC")), Source("simulated")),
        ]
        return {cell.cell_id: cell for cell in cells}

    return build
