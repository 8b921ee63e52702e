"""Quick work is done at once, other work in a few threads, in the order in which it came."""

import threading
import time

import anyio

from serving.schemas import EXAMPLE_CELL, CellIn
from serving.work import WorkShop, is_quick

BARE = CellIn.model_validate_json('{"cell_id": "A", "recipe": {"cell": {"type": "Li||Cu"}}}')
RUN = BARE.model_copy(update={"cycling": {"test_time_second": [0.0]}})


def test_a_single_recipe_is_quick_and_nothing_else_is():
    assert is_quick([BARE])
    assert not is_quick([BARE, BARE])
    assert not is_quick([RUN])
    assert "cycling" not in EXAMPLE_CELL


def test_no_more_threads_work_than_there_are():
    busy, most, lock = 0, 0, threading.Lock()

    def work():
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.01)
        with lock:
            busy -= 1

    async def run():
        shop = WorkShop(n_threads=2)
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(shop.done, work)

    anyio.run(run)
    assert most == 2
