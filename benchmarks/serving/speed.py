"""Requests a second and CPU a request, beside MLflow's server and a bare FastAPI handler."""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.figure import Bound, Figure
from benchmarks.parity import as_body
from benchmarks.serving import servers, trained
from benchmarks.serving.load import Load, loaded, request
from benchmarks.serving.servers import CHECKOUT, ENVIRONMENT, Server, free_port, served
from benchmarks.stopwatch import median_cpu_s
from features.records import Cell
from models.predictor import Predictor
from serving import answers
from serving.bodies import parse_body
from serving.champions import champions_on
from serving.schemas import PredictionRequest
from serving.settings import Settings
from training.virtual_lab import founding_recipe, simulate

N_ROUNDS = 3
PEER_SCRIPT = CHECKOUT / "benchmarks" / "peers" / "mlflow_pipeline.py"
MANY = (100, 10_000)
#: One after the other, so that no queue adds to what a request costs.
N_CONNECTIONS = 2
LARGE = {"SEICAST_MAX_CELLS": "10000", "SEICAST_MAX_BODY_BYTES": "33554432"} | {
    "SEICAST_MAX_FIELDS": "1000000"
}


@dataclass(frozen=True)
class Cost:
    """What a server did with some requests."""

    per_s: float
    cpu_ms: float

    @classmethod
    def of(
        cls, server: Server, messages: Sequence[bytes], n_connections: int = N_CONNECTIONS
    ) -> "Cost":
        """Send requests and return what they cost; all must be answered."""
        before_s = server.cpu_s()
        load: Load = asyncio.run(loaded(server.port, messages, n_connections))
        if set(load.statuses) != {200}:
            raise ValueError(f"a server answered {dict(load.statuses)}")
        return cls(load.per_s, 1000 * (server.cpu_s() - before_s) / len(messages))


def figures() -> list[Figure]:
    """Return all figures of speed, and of answers that must not change on the way."""
    made = trained.predictor()
    with tempfile.TemporaryDirectory() as text, ExitStack() as stack:
        folder = Path(text)
        trained.put_on_shelf(made, folder)
        _save_for_mlflow(folder)
        ours = stack.enter_context(servers.service(folder / "shelf", folder / "home", **LARGE))
        mlflow = stack.enter_context(_mlflow(folder / "model"))
        whole = stack.enter_context(_mlflow(folder / "whole"))
        bare = stack.enter_context(_bare())
        found = [*_single((ours, mlflow, whole, bare), folder), *_many(ours, mlflow, folder)]
        found += [_raw_cell(folder), _equal(ours, made)]
    return found


def _save_for_mlflow(folder: Path) -> None:
    bundle = str(folder / "bundles" / "v1")
    command = [sys.executable, str(PEER_SCRIPT), str(folder), bundle, "1", *map(str, MANY)]
    subprocess.run(command, check=True, cwd=CHECKOUT, env=ENVIRONMENT, capture_output=True)


def _mlflow(model: Path) -> AbstractContextManager[Server]:
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model)]
    command += ["--env-manager", "local", "--port", str(port), "--workers", "1"]
    return served(command, port)


def _bare() -> AbstractContextManager[Server]:
    port = free_port()
    return served([sys.executable, "-m", "benchmarks.serving.bare_fastapi", str(port)], port)


def _rounds(*works: Callable[[], Cost], n_rounds: int = N_ROUNDS) -> list[Cost]:
    """Return the medians of costs measured in turn."""
    rounds = [[work() for work in works] for _ in range(n_rounds)]
    return [
        Cost(median(cost.per_s for cost in costs), median(cost.cpu_ms for cost in costs))
        for costs in zip(*rounds, strict=True)
    ]


def _single(rivals: tuple[Server, Server, Server, Server], folder: Path) -> list[Figure]:
    """Return the cost of one recipe, beside the bare pipeline and beside the same work."""
    ours, mlflow, whole, bare = rivals
    messages = [request("/v1/predictions", trained.recipe_body(n)) for n in range(400)]
    columns = [request("/v1/predictions/columnar", trained.columnar_body(1))] * 400
    theirs, wholes = (
        [request("/invocations", (folder / f"{name}-1.json").read_bytes())] * 80
        for name in ("body", "whole")
    )
    runs = [(ours, messages), (ours, columns), (mlflow, theirs), (whole, wholes), (bare, messages)]
    for server, some in runs:
        Cost.of(server, some[:40])  # the first requests pay for what is loaded late
    full, lean, peer, same, least = _rounds(*(partial(Cost.of, *run) for run in runs))
    told = (
        f"{full.cpu_ms:.2f} ms of CPU a request (columnar, without explanation: "
        f"{lean.cpu_ms:.2f} ms) against"
    )
    return [
        Figure(
            "single recipe, requests a second against mlflow models serve of the bare pipeline",
            full.per_s / peer.per_s,
            "times",
            Bound(low=25),
            Bound(low=40),
            f"{full.per_s:.0f} (columnar {lean.per_s:.0f}) against {peer.per_s:.0f}, which is sent "
            f"ten ready descriptors and answers one number",
        ),
        Figure(
            "single recipe, CPU of mlflow models serve of the bare pipeline over ours",
            peer.cpu_ms / full.cpu_ms,
            "times",
            Bound(low=40),
            Bound(low=70),
            f"{told} {peer.cpu_ms:.2f} ms",
        ),
        Figure(
            "single recipe, requests a second against mlflow models serve of the same work",
            full.per_s / same.per_s,
            "times",
            note=f"{full.per_s:.0f} against {same.per_s:.0f}, which is sent the cell and answers "
            f"with interval, domain, neighbours, explanation",
        ),
        Figure(
            "single recipe, CPU of mlflow models serve of the same work over ours",
            same.cpu_ms / full.cpu_ms,
            "times",
            note=f"{told} {same.cpu_ms:.2f} ms",
        ),
        Figure(
            "single recipe, requests a second against FastAPI that only validates",
            full.per_s / least.per_s,
            "times",
            Bound(low=0.85),
            Bound(low=1.0),
            f"{full.per_s:.0f} (columnar {lean.per_s:.0f}) against {least.per_s:.0f}",
        ),
    ]


def _many(ours: Server, mlflow: Server, folder: Path) -> list[Figure]:
    found = []
    for n_cells, must, good in ((100, 5, 8), (10_000, 2, 5)):
        n_requests, n_rounds = (6, N_ROUNDS) if n_cells == 100 else (1, 1)
        works = [
            partial(Cost.of, server, [message] * n_requests, 1)
            for server, message in (
                (ours, request("/v1/predictions", trained.recipe_body(0, n_cells))),
                (ours, request("/v1/predictions/columnar", trained.columnar_body(n_cells))),
                (mlflow, request("/invocations", (folder / f"body-{n_cells}.json").read_bytes())),
            )
        ]
        full, lean, peer = _rounds(*works, n_rounds=n_rounds)
        found += [
            Figure(
                f"{n_cells} cells, CPU of mlflow models serve over ours",
                peer.cpu_ms / full.cpu_ms,
                "times",
                Bound(low=must),
                Bound(low=good),
                f"{full.cpu_ms:.0f} ms against {peer.cpu_ms:.0f} ms, all explained",
            ),
            Figure(
                f"{n_cells} cells as columns, CPU of mlflow models serve over ours",
                peer.cpu_ms / lean.cpu_ms,
                "times",
                Bound(low=4) if n_cells == 10_000 else None,
                note=f"{lean.cpu_ms:.0f} ms, value and interval of each cell",
            ),
        ]
    return found


def _raw_cell(folder: Path) -> Figure:
    """Return how much longer an answer from 20,000 rows takes than reading them."""
    settings = Settings(shelf=folder / "shelf")
    champions = champions_on(settings.shelf)
    body = json.dumps({"cells": [as_body(_long_cell())]}).encode()

    def answered() -> object:
        asked = parse_body(body, PredictionRequest, settings)
        return answers.predictions(asked, champions, settings).model_dump_json()

    parse_s, answer_s, own_s = median_cpu_s(
        lambda: json.loads(body),
        answered,
        lambda: parse_body(body, PredictionRequest, settings),
    )
    return Figure(
        "cell with 20 cycles in 20,000 rows, over parsing its body",
        answer_s / parse_s,
        "times",
        Bound(high=2),
        note=f"{1000 * answer_s:.0f} ms against {1000 * parse_s:.0f} ms of json.loads; our own "
        f"checked parsing takes {1000 * own_s:.0f} ms of it",
    )


def _long_cell() -> Cell:
    cell = simulate(founding_recipe("Cu3N+SBR"), seed=0, n_cycles=20).cell
    if cell.cycling is None:
        raise ValueError("the virtual lab recorded no cycling")
    time_s = cell.cycling["test_time_second"].to_numpy(dtype=float)
    between_s = np.linspace(time_s[0], time_s[-1], 20_000 - len(time_s))
    dense = np.sort(np.concatenate([time_s, between_s]))
    columns = {
        name: np.interp(dense, time_s, cell.cycling[name].to_numpy(dtype=float))
        for name in ("current_ampere", "voltage_volt")
    }
    cycling = type(cell.cycling)({"test_time_second": dense, **columns})
    return replace(cell, cycling=cycling)


def _equal(ours: Server, made: Predictor, n_cells: int = 10_000) -> Figure:
    """Return how many of many odd cells get other numbers by HTTP."""
    odd = trained.odd_cells(n_cells)
    parts = [odd[start : start + 1000] for start in range(0, n_cells, 1000)]
    messages = [request("/v1/predictions", json.dumps({"cells": part}).encode()) for part in parts]
    load = asyncio.run(loaded(ours.port, messages, 1, keeps_bodies=True))
    found = [
        (answer["value"], answer["lower"], answer["upper"])
        for reply in load.replies
        for cell in json.loads(reply.body)["cells"]
        for answer in cell["predictions"]
    ]
    expected = [
        (each.value, each.lower, each.upper)
        for part in parts
        for each in made.predict(trained.as_records(part), explain=False)
    ]
    n_different = sum(one != other for one, other in zip(found, expected, strict=True))
    return Figure(
        "predictions over HTTP that differ from the predictor's in any bit",
        n_different,
        f"of {len(expected)}",
        Bound(0, 0),
        note="value and both bounds; half of the facts missing, unknown solvents and phases",
    )
