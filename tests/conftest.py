"""Cells made by hand, whose every answer is known exactly; and what keeps chance out of tests."""

import os
import random
import socket
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from features import Cell, CellDesign, Recipe, Source, Spectrum

N_ROWS = 41
SECONDS_PER_HOUR = 3600.0
#: The voltage window of full cells.
HIGH_V, LOW_V = 3.6, 2.0
#: Linux hands out ports from there on, unless it says otherwise.
FIRST_OF_SYSTEM = 32768
FIRST_PORT = 10_000

# The same examples every time, and as long as they take: a test fails for what was changed, not by
# chance. Whoever looks for more sets the variable, as ``make fuzz`` does: then others are drawn.
settings.register_profile(
    "seicast",
    deadline=None,
    derandomize="SEICAST_FUZZ_S" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("seicast")


@pytest.fixture(scope="session")
def free_port():
    """Return a function that finds a port for a process which must be told one.

    None of those that the system hands out: before it is listened on, another may get it.
    """
    return find_port


@pytest.fixture(scope="session")
def make_li_cu_cell():
    """Return the builder of cells that plate and strip lithium."""
    return li_cu_cell


@pytest.fixture(scope="session")
def make_full_cell():
    """Return the builder of cells with discharge curves."""
    return full_cell


@pytest.fixture(scope="session")
def make_spectrum():
    """Return the builder of impedance spectra."""
    return arc_spectrum


@pytest.fixture(scope="session")
def make_steps_cell():
    """Return the builder of cells from a list of constant-current steps."""
    return steps_cell


@pytest.fixture(scope="session")
def aurbach_steps():
    """Return formation, a reservoir of 5 mAh cm-2, ten cycles of 1, and the 4.5 that are left."""
    charges = [(-5.0, 4.0), (-5.0, 1.0), *[(-1.0, 1.0)] * 9, (-1.0, 4.5)]
    return [
        (float(np.sign(charge)), abs(charge), np.full(N_ROWS, 0.02 * np.sign(charge)))
        for pair in charges
        for charge in pair
    ]


def find_port():
    """Return a port of this machine that nobody listens on."""
    stated = Path("/proc/sys/net/ipv4/ip_local_port_range")
    end = int(stated.read_text().split()[0]) if stated.exists() else FIRST_OF_SYSTEM
    ports = range(FIRST_PORT, end if end > 2 * FIRST_PORT else FIRST_OF_SYSTEM)
    while True:
        with socket.socket() as probe:
            port = random.SystemRandom().choice(ports)
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def li_cu_cell(
    cell_id="Li||Cu",
    *,
    n_cycles=5,
    ce=0.97,
    plating_mV=20.0,
    stripping_mV=30.0,
    nucleation_mV=50.0,
    current_density_mA_cm2=1.0,
    areal_capacity_mAh_cm2=1.0,
    area_cm2=1.0,
    sign=1,
    rest_s=0.0,
    n_rows=N_ROWS,
    recipe=None,
    spectra=(),
):
    """Return a cell of constant-current steps with rows at both ends of every step.

    ``ce``, ``plating_mV`` and ``stripping_mV`` are one number, or one a cycle. Nucleation
    deepens one row at 5 % of the first plating. ``sign`` of -1 swaps the cables.
    """
    plated_h = areal_capacity_mAh_cm2 / current_density_mA_cm2
    half_cycles = []
    for k, (ce_k, down_mV, up_mV) in enumerate(_each(n_cycles, ce, plating_mV, stripping_mV)):
        plating_V = np.full(n_rows, -down_mV / 1000)
        if k == 0 and n_rows > 2:
            plating_V[n_rows // 20] -= nucleation_mV / 1000
        half_cycles.append((-1, plated_h, plating_V))
        half_cycles.append((1, ce_k * plated_h, np.full(n_rows, up_mV / 1000)))
    current_A = current_density_mA_cm2 * area_cm2 / 1000
    cycling = _time_series(half_cycles, current_A, rest_s)
    if cycling is not None:
        cycling[["current_ampere", "voltage_volt"]] *= sign
    recipe = recipe or Recipe(CellDesign("Li||Cu"))
    return Cell(cell_id, recipe, Source("measured"), area_cm2, cycling, tuple(spectra))


def full_cell(
    cell_id="Li||LFP",
    *,
    n_cycles=30,
    capacity_Ah=1.0,
    fade_Ah_per_cycle=0.001,
    has_current=False,
    n_rows=N_ROWS,
    recipe=None,
):
    """Return a full cell whose capacity, one number or one a cycle, fades by so much a cycle.

    Q(V) is a straight line from 0 at 3.6 V to the capacity at 2.0 V, given as a time series
    of charge and discharge at 1 A, or as capacity-voltage curves.
    """
    capacities_Ah = _per_cycle(capacity_Ah, n_cycles) - fade_Ah_per_cycle * np.arange(n_cycles)
    falling_V = np.linspace(HIGH_V, LOW_V, n_rows)
    if has_current:
        half_cycles = [
            (direction, capacity, falling_V[::-direction])
            for capacity in capacities_Ah
            for direction in (1, -1)
        ]
        cycling = _time_series(half_cycles, 1.0, 0.0)
    else:
        curves = [
            {
                "cycle_count": cycle,
                "voltage_volt": falling_V,
                "discharging_capacity_ah": np.linspace(0, capacity, n_rows),
            }
            for cycle, capacity in enumerate(capacities_Ah, start=1)
        ]
        cycling = pd.concat(map(pd.DataFrame, curves), ignore_index=True) if curves else None
    recipe = recipe or Recipe(CellDesign("Li||LFP"))
    return Cell(cell_id, recipe, Source("measured"), cycling=cycling)


def steps_cell(
    steps, recipe, *, cell_id="steps", area_cm2=1.0, sign=1, rest_V=None, rest_s=120.0, spectra=()
):
    """Return a cell of steps of (current in mA cm-2, hours, voltages), rows evenly spread.

    ``rest_V`` are the voltages of a rest after every step, from half a second on; with
    ``sign`` of -1 the cables are swapped.
    """
    rows, start_s = [], 0.0
    for cycle, (current_mA_cm2, hours, voltage_V) in enumerate(steps, start=2):
        end_s = start_s + 3600 * hours
        time_s = np.linspace(start_s, end_s, len(voltage_V))
        rows.append((time_s, current_mA_cm2 * area_cm2 / 1000, voltage_V, cycle // 2))
        if rest_V is not None:
            time_s = end_s + np.linspace(0.5, rest_s, len(rest_V))
            end_s += rest_s
            rows.append((time_s, 0.0, np.asarray(rest_V), cycle // 2))
        start_s = end_s + 1e-3
    names = ("test_time_second", "current_ampere", "voltage_volt", "cycle_count")
    frames = [pd.DataFrame(dict(zip(names, row, strict=True))) for row in rows]
    cycling = pd.concat(frames, ignore_index=True) if frames else None
    if cycling is not None:
        cycling[["current_ampere", "voltage_volt"]] *= sign
    return Cell(cell_id, recipe, Source("measured"), area_cm2, cycling, tuple(spectra))


def arc_spectrum(
    *, series_ohm=5.0, arc_ohm=80.0, diffusion_ohm=0.0, cycle=0, n_interfaces=None, n_points=91
):
    """Return a resistance before one RC arc at 160 Hz, and a Warburg tail if wanted."""
    frequency_Hz = np.logspace(6, -3, n_points)
    i_omega = 2j * np.pi * frequency_Hz
    tail_ohm = diffusion_ohm / np.sqrt(i_omega)
    impedance_ohm = series_ohm + arc_ohm / (1 + 1e-3 * i_omega) + tail_ohm
    return Spectrum(frequency_Hz, impedance_ohm, cycle=cycle, n_interfaces=n_interfaces)


def _each(n_cycles, *values):
    return zip(*(_per_cycle(value, n_cycles) for value in values), strict=True)


def _per_cycle(value, n_cycles):
    return np.full(n_cycles, value) if np.ndim(value) == 0 else np.asarray(value)[:n_cycles]


def _time_series(half_cycles, current_A, rest_s):
    """Return rows of (direction, hours, voltages) in turn, each followed by a rest at 0 V."""
    steps, start_s = [], 0.0
    for number, (direction, hours, voltage_V) in enumerate(half_cycles):
        loaded_s = hours * SECONDS_PER_HOUR
        time_s = start_s + np.linspace(0, loaded_s, len(voltage_V))
        steps.append(_step(time_s, direction * current_A, voltage_V, number // 2 + 1))
        start_s += loaded_s
        if rest_s:
            time_s = start_s + np.linspace(0, rest_s, 5)
            steps.append(_step(time_s, 0.0, np.zeros(5), number // 2 + 1))
            start_s += rest_s
    return pd.concat(steps, ignore_index=True) if steps else None


def _step(time_s, current_A, voltage_V, cycle):
    return pd.DataFrame(
        {
            "test_time_second": time_s,
            "current_ampere": current_A,
            "voltage_volt": voltage_V,
            "cycle_count": cycle,
        }
    )
