"""Fifty new versions while four clients ask, ten of them broken."""

import asyncio
import json
import time
from pathlib import Path

from benchmarks.figure import Bound, Figure
from benchmarks.serving import servers, trained
from benchmarks.serving.load import Client, Load, loaded_until, request
from models.predictor import Predictor

N_SWAPS, EVERY_BAD = 50, 5
PATIENCE_S = 60.0
MODELS = request("/v1/models", method="GET")


def figures(folder: Path, made: tuple[Predictor, Predictor]) -> list[Figure]:
    """Return the failures under swaps; the folder holds a shelf with the first version."""
    body = trained.recipe_body(0)
    cells = trained.as_records(json.loads(body)["cells"])
    golden = [each.predict(cells, explain=False)[0].value for each in made]
    with servers.service(folder / "shelf", folder / "home", SEICAST_POLL_MS="200") as server:
        load = asyncio.run(_swapped(server.port, folder, made, body))
    wrong = [
        reply for reply in load.replies if reply.status == 200 and not _fits(reply.body, golden)
    ]
    return [
        Figure(
            f"{N_SWAPS} swaps under load, every {EVERY_BAD}th broken: replies other than 200",
            len(load.replies) - load.statuses[200],
            f"of {len(load.replies)}",
            Bound(0, 0),
            note="4 clients over a port",
        ),
        Figure(
            f"{N_SWAPS} swaps under load: answers that are not their version's",
            len(wrong),
            f"of {len(load.replies)}",
            Bound(0, 0),
        ),
    ]


def _fits(body: bytes, golden: list[float]) -> bool:
    (answer,) = json.loads(body)["cells"][0]["predictions"]
    version = answer["model"]["version"]
    return bool(answer["value"] == golden[version % 2] and version % EVERY_BAD)


async def _swapped(port: int, folder: Path, made: tuple[Predictor, Predictor], body: bytes) -> Load:
    stop, message = asyncio.Event(), request("/v1/predictions", body)
    asking = asyncio.create_task(loaded_until(port, lambda _: message, 4, stop))
    watcher = Client(port)
    for version in range(2, N_SWAPS + 2):
        # Odd versions are the first model, even ones the second: version % 2 tells which.
        await asyncio.to_thread(_publish, folder, made, version)
        await _seen(watcher, version)
    stop.set()
    return await asking


def _publish(folder: Path, made: tuple[Predictor, Predictor], version: int) -> None:
    trained.put_on_shelf(made[version % 2], folder, version, is_broken=not version % EVERY_BAD)


async def _seen(watcher: Client, version: int) -> None:
    """Wait until the service has taken a version up, or refused it."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        listed = json.loads((await watcher.ask(MODELS)).body)
        is_taken = any(each["model"]["version"] == version for each in listed["models"])
        if is_taken if version % EVERY_BAD else f"v{version}" in json.dumps(listed["broken"]):
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"version {version} was neither taken up nor refused")
