"""The same cells by ``Predictor.predict`` and by HTTP: bit for bit the same answer."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from benchmarks.figure import Bound, Figure, run
from features.records import Cell
from models.predictor import Predictor
from models.shelf import Entry, load_champion, publish
from serving.app import create_app
from serving.settings import Settings
from training.cohort import Cohort
from training.cohorts import load_cohort
from training.described import described
from training.fit import fit_champion
from training.run_config import RunConfig, load_config

N_CELLS = 40
RUNS = ("coulombic_efficiency-virtual-recipe", "cycle_life-virtual-20_cycles")


def figures() -> list[Figure]:
    """Return how many numbers differ between the two ways, of each model."""
    configs = [load_config(name) for name in RUNS]
    cohorts = {name: load_cohort(name) for name in {config.cohort for config in configs}}
    return [_figure(config, cohorts[config.cohort]) for config in configs]


def _figure(config: RunConfig, cohort: Cohort) -> Figure:
    data, _ = described(config, cohort)
    predictor, _, _ = fit_champion(config, data)
    cells = cohort.cells[:N_CELLS]
    direct = [(p.value, p.lower, p.upper) for p in predictor.predict(cells)]
    served = [(a["value"], a["lower"], a["upper"]) for a in _by_http(predictor, cells)]
    n_different = sum(one != other for one, other in zip(direct, served, strict=True))
    return Figure(
        f"cells answered otherwise by HTTP, {config.name}",
        n_different,
        f"of {N_CELLS}",
        must=Bound(0, 0),
        note="value and both bounds compared bit for bit, one cell a request",
    )


def _by_http(predictor: Predictor, cells: tuple[Cell, ...]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        shelf, bundle = Path(folder) / "shelf", Path(folder) / "bundle"
        publish(shelf, Entry(predictor.name, 1, "none", predictor.save(bundle)), bundle)
        load_champion(shelf, predictor.name)
        with TestClient(create_app(Settings(shelf=shelf)), base_url="http://localhost") as client:
            return [_answer(client, cell) for cell in cells]


def _answer(client: TestClient, cell: Cell) -> dict[str, Any]:
    reply = client.post("/v1/predictions", json={"cells": [as_body(cell)]})
    reply.raise_for_status()
    answer: dict[str, Any] = reply.json()["cells"][0]["predictions"][0]
    return answer


def as_body(cell: Cell) -> dict[str, Any]:
    """Return a cell as a client would send it."""
    body: dict[str, Any] = {
        "cell_id": cell.cell_id,
        "recipe": json.loads(json.dumps(asdict(cell.recipe))),
        "area_cm2": cell.area_cm2,
        "source": asdict(cell.source),
        "spectra": [
            {
                "frequency_hertz": spectrum.frequency_Hz.tolist(),
                "real_impedance_ohm": spectrum.impedance_ohm.real.tolist(),
                "imaginary_impedance_ohm": spectrum.impedance_ohm.imag.tolist(),
                "cycle": spectrum.cycle,
                "n_interfaces": spectrum.n_interfaces,
            }
            for spectrum in cell.spectra
        ],
    }
    if cell.cycling is not None:
        body["cycling"] = {str(name): cell.cycling[name].tolist() for name in cell.cycling.columns}
    return body


if __name__ == "__main__":
    run(figures)
