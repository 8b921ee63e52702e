"""Work is done in a few threads, in the order in which it came."""

import threading
import time

import anyio

from serving.work import WorkShop


def test_no_more_threads_work_than_there_are():
    busy, most, lock = 0, 0, threading.Lock()
    two = threading.Barrier(2, timeout=60)

    def work():
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        two.wait()
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
