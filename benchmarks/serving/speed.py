"""Requests a second and CPU a request, beside MLflow's server and a bare FastAPI handler."""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import astuple, dataclass, replace
from itertools import count
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.figure import Bound, Figure
from benchmarks.parity import as_body
from benchmarks.serving import servers, trained
from benchmarks.serving.load import loaded, request
from benchmarks.serving.servers import CHECKOUT, ENVIRONMENT, Server, free_port, served
from benchmarks.serving.throughput import Throughput, throughput
from benchmarks.stopwatch import median_cpu_s
from features.records import Cell
from models.predictor import Predictor
from serving import answers
from serving.bodies import parse_body
from serving.champions import champions_on
from serving.schemas import PredictionRequest
from serving.settings import Settings
from training.virtual_lab import founding_recipe, simulate

N_ROUNDS = 5
N_SINGLE = 3200
PEER_SCRIPT = CHECKOUT / "benchmarks" / "peers" / "mlflow_pipeline.py"
MANY = (100, 10_000)
#: One after the other, so that no queue adds to what a request costs; and as many as fill a server.
FEW, CROWD = 2, 32
LARGE = {
    "SEICAST_MAX_CELLS": "10000",
    "SEICAST_MAX_BODY_BYTES": "33554432",
    "SEICAST_MAX_FIELDS": "1000000",
    "SEICAST_MAX_AT_ONCE": "64",
}
#: Of requests; none is taken twice.
NUMBERS = count()
#: Makes requests, one after the other.
Messages = Callable[[], Sequence[bytes]]
BARE, SAME, WHOLE = "the bare pipeline", "the same pipelines", "the same work"


@dataclass(frozen=True)
class Cost:
    """What a server did with some requests.

    Attributes
    ----------
    per_s : float
        Requests a second over ``FEW`` connections; what one costs, as nobody waits for others.
    cpu_ms : float
        CPU of the server a request, over as many.
    crowd_per_s, crowd_cpu_ms : float
        The same over ``CROWD`` connections, which is what it can do at most.
    client_share : float
        Of the time, how much the crowd's client was at work; close to 1 it measured itself.
    """

    per_s: float
    cpu_ms: float
    crowd_per_s: float
    crowd_cpu_ms: float
    client_share: float


@dataclass(frozen=True)
class Rival:
    """A server, and what makes the requests that it is sent, others each time if it can."""

    server: Server
    messages: Messages

    def cost(self) -> Cost:
        """Send the requests by few, then by many connections; all must be answered."""
        few, cpu_ms = self._sent(FEW)
        many, crowd_cpu_ms = self._sent(CROWD)
        return Cost(few.per_s, cpu_ms, many.per_s, crowd_cpu_ms, many.client_share)

    def alone(self) -> Cost:
        """Send the requests by one connection, one after the other."""
        found, cpu_ms = self._sent(1)
        return Cost(found.per_s, cpu_ms, found.per_s, cpu_ms, found.client_share)

    def _sent(self, n_connections: int) -> tuple[Throughput, float]:
        messages = self.messages()
        before_s = self.server.cpu_s()
        found = asyncio.run(throughput(self.server.port, messages, n_connections))
        return found, 1000 * (self.server.cpu_s() - before_s) / len(messages)


@dataclass(frozen=True)
class Servers:
    """Everybody who is measured.

    Attributes
    ----------
    ours : Server
    bare : Server
        MLflow with one pipeline, which is sent descriptors and answers one number.
    same : Server
        MLflow with all pipelines that the predictor was compiled from: descriptors to intervals.
    whole : Server
        MLflow with the predictor itself: cells to all that the service answers.
    least : Server
        FastAPI that validates the body and does nothing else.
    """

    ours: Server
    bare: Server
    same: Server
    whole: Server
    least: Server


def figures(n_rounds: int = N_ROUNDS) -> list[Figure]:
    """Return all figures of speed, and of answers that must not change on the way."""
    made = trained.predictor()
    with tempfile.TemporaryDirectory() as text, ExitStack() as stack:
        folder = Path(text)
        trained.put_on_shelf(made, folder)
        _save_for_mlflow(folder)
        they = _opened(folder, stack)
        found = [*_single(they, folder, n_rounds), *_many(they, folder, n_rounds)]
        found += [_raw_cell(folder), _equal(they.ours, made)]
    return found


def _opened(folder: Path, stack: ExitStack) -> Servers:
    """Return all servers, which end with the stack."""
    bare, same, whole = (
        stack.enter_context(_mlflow(folder / name)) for name in ("model", "same", "whole")
    )
    return Servers(
        ours=stack.enter_context(servers.service(folder / "shelf", folder / "home", **LARGE)),
        bare=bare,
        same=same,
        whole=whole,
        least=stack.enter_context(_bare()),
    )


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


def _rounds(works: Sequence[Callable[[], Cost]], n_rounds: int) -> list[Cost]:
    """Return the medians of costs measured in turn."""
    rounds = [[work() for work in works] for _ in range(n_rounds)]
    return [
        Cost(*(median(column) for column in zip(*map(astuple, costs), strict=True)))
        for costs in zip(*rounds, strict=True)
    ]


def _single(they: Servers, folder: Path, n_rounds: int) -> list[Figure]:
    """Return the cost of one recipe beside that of every rival."""
    plain, lean, columns = (
        _fresh(make, 1, N_SINGLE) for make in (_explained, _unexplained, _columnar)
    )
    ready, cells = (_kept(folder / f"{name}-1.json", N_SINGLE // 10) for name in ("body", "whole"))
    rivals = [
        Rival(they.ours, plain),
        Rival(they.ours, lean),
        Rival(they.ours, columns),
        Rival(they.bare, ready),
        Rival(they.same, ready),
        Rival(they.whole, cells),
        Rival(they.least, plain),
    ]
    for rival in rivals:
        rival.cost()  # the first requests pay for what is loaded late
    costs = _rounds([rival.cost for rival in rivals], n_rounds)
    full, unexplained, column, bare, same, whole, least = costs
    own = (
        f"{full.cpu_ms:.3f} ms of CPU a request, {full.crowd_cpu_ms:.3f} in a crowd (unexplained "
        f"{unexplained.cpu_ms:.3f} and {unexplained.crowd_cpu_ms:.3f}, columnar "
        f"{column.cpu_ms:.3f} and {column.crowd_cpu_ms:.3f})"
    )
    return [
        *_against(BARE, full, bare, own),
        *_against(SAME, full, same, own),
        *_against(WHOLE, full, whole, own),
        Figure(
            "single recipe, requests a second against FastAPI that only validates",
            full.crowd_per_s / least.crowd_per_s,
            "times",
            Bound(low=0.85),
            Bound(low=1.0),
            f"{CROWD} connections at capacity {LARGE['SEICAST_MAX_AT_ONCE']}: {_told(full)} "
            f"against {_told(least)}; {FEW}: {full.per_s:.0f} against {least.per_s:.0f}. {own} "
            f"against {least.cpu_ms:.3f} and {least.crowd_cpu_ms:.3f}",
        ),
        Figure(
            "single recipe without explanation, requests a second against the same",
            unexplained.crowd_per_s / least.crowd_per_s,
            "times",
            note=f"{CROWD} connections: {_told(unexplained)}; {FEW}: {unexplained.per_s:.0f}",
        ),
    ]


def _bounds(whom: str, must: float, good: float) -> tuple[Bound | None, Bound | None]:
    """Return the bounds beside a rival; who does all of our work in MLflow is no measure."""
    return (None, None) if whom == WHOLE else (Bound(low=must), Bound(low=good))


def _against(whom: str, full: Cost, rival: Cost, own: str) -> tuple[Figure, Figure]:
    """Return throughput and CPU beside those of an MLflow server."""
    (least_rate, good_rate), (least_cpu, good_cpu) = _bounds(whom, 25, 40), _bounds(whom, 40, 70)
    return (
        Figure(
            f"single recipe, requests a second against mlflow models serve of {whom}",
            full.crowd_per_s / rival.crowd_per_s,
            "times",
            least_rate,
            good_rate,
            f"{CROWD} connections: {_told(full)} against {_told(rival)}; {FEW}: "
            f"{full.per_s:.0f} against {rival.per_s:.0f}",
        ),
        Figure(
            f"single recipe, CPU of mlflow models serve of {whom} over ours",
            rival.crowd_cpu_ms / full.crowd_cpu_ms,
            "times",
            least_cpu,
            good_cpu,
            f"{own} against {rival.cpu_ms:.2f} and {rival.crowd_cpu_ms:.2f}",
        ),
    )


def _told(cost: Cost) -> str:
    return f"{cost.crowd_per_s:.0f} (client busy {100 * cost.client_share:.0f} %)"


def _fresh(make: Callable[[int, int], bytes], n_cells: int, n_requests: int) -> Messages:
    """Return what makes requests that were never sent before: nothing is remembered of them."""
    return lambda: [make(next(NUMBERS), n_cells) for _ in range(n_requests)]


def _kept(path: Path, n_requests: int) -> Messages:
    """Return what sends MLflow the same each time; it remembers nothing."""
    return lambda: [request("/invocations", path.read_bytes())] * n_requests


def _explained(number: int, n_cells: int) -> bytes:
    return request("/v1/predictions", trained.recipe_body(number, n_cells))


def _unexplained(number: int, n_cells: int) -> bytes:
    return _lean(trained.recipe_body(number, n_cells))


def _columnar(number: int, n_cells: int) -> bytes:
    return request("/v1/predictions/columnar", trained.columnar_body(number, n_cells))


def _odd(number: int, n_cells: int) -> bytes:
    return _lean(json.dumps({"cells": trained.odd_cells(n_cells, number)}).encode())


def _lean(body: bytes) -> bytes:
    return request("/v1/predictions", body[:-1] + b', "explain": false}')


def _many(they: Servers, folder: Path, n_rounds: int) -> list[Figure]:
    """Return the cost of many cells in one body beside that of every MLflow server."""
    found = []
    for n_cells, n_requests, must, good in ((100, 400, 5, 8), (10_000, 5, 2, 5)):
        ready, cells = (folder / f"{name}-{n_cells}.json" for name in ("body", "whole"))
        rivals = [
            *(
                Rival(they.ours, _fresh(make, n_cells, n_requests))
                for make in (_explained, _unexplained, _columnar, _odd)
            ),
            Rival(they.bare, _kept(ready, n_requests)),
            Rival(they.same, _kept(ready, n_requests)),
            Rival(they.whole, _kept(cells, max(2, n_requests // 5))),
        ]
        for rival in rivals:
            rival.alone()  # the first requests pay for what is loaded late
        costs = _rounds([rival.alone for rival in rivals], n_rounds)
        *own, bare, same, whole = (cost.cpu_ms for cost in costs)
        bounds = Bound(low=must), Bound(low=good)
        for whom, rival_ms in ((BARE, bare), (SAME, same), (WHOLE, whole)):
            found += _of_many(n_cells, whom, own, rival_ms, bounds)
    return found


def _of_many(
    n_cells: int, whom: str, own: Sequence[float], rival_ms: float, bounds: tuple[Bound, Bound]
) -> list[Figure]:
    """Return the cost of many cells beside that of one MLflow server.

    The servers of pipelines explain nothing: without explanation ours does their work, and more.
    """
    full_ms, lean_ms, columns_ms, odd_ms = own
    columnar = Bound(low=4) if n_cells == MANY[-1] else None
    against = f"against {rival_ms:.1f} ms"
    told = (
        (f"{n_cells} cells, all explained", full_ms, *bounds, ""),
        (f"{n_cells} cells, none explained", lean_ms, *bounds, ""),
        (f"{n_cells} cells as columns", columns_ms, columnar, None, "value and interval of each"),
        (
            f"{n_cells} cells of as many patterns, none explained",
            odd_ms,
            None,
            None,
            "facts missing, unknown names",
        ),
    )
    return [
        Figure(
            f"{what}, CPU of mlflow models serve of {whom} over ours",
            rival_ms / own_ms,
            "times",
            must if whom != WHOLE else None,
            good if whom != WHOLE else None,
            ", ".join(filter(None, [f"{own_ms:.1f} ms", note, against])),
        )
        for what, own_ms, must, good, note in told
    ]


def _raw_cell(folder: Path) -> Figure:
    """Return how much longer an answer from 20,000 rows takes than reading them."""
    settings = Settings(shelf=folder / "shelf")
    champions = champions_on(settings.shelf)
    body = json.dumps({"cells": [as_body(_long_cell())]}).encode()

    def answered() -> object:
        asked = parse_body(body, PredictionRequest, settings)
        return answers.as_json(answers.predicted(asked, champions, settings))

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
