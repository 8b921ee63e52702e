"""The one parallel helper: the same function over many items, here or on a cluster.

local             one process for each core
local:N           N processes; local:1 runs in this one
tcp://host:8786   workers of a Dask scheduler, which see the same files
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import TypeVar

import joblib

from features.errors import InvalidSetting
from training.forked_workers import ForkedWorkers, can_fork

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def run_all(
    function: Callable[[Item], Answer],
    items: Sequence[Item],
    executor: str = "local",
    *,
    may_fork: bool = False,
) -> Iterator[Answer]:
    """Yield the function's answer for every item, in the order they get done.

    Parameters
    ----------
    function : callable
        Importable by name, with an argument and an answer that can be pickled.
    items : sequence
    executor : str
        See the module's first lines.
    may_fork : bool
        Whether local workers may be copies of this process, see ``training.forked_workers``.

    Raises
    ------
    InvalidSetting
        If there is no such executor.
    """
    n_jobs = _n_local(executor)
    if n_jobs == 1:
        yield from map(function, items)
        return
    with _backend(executor, may_fork=may_fork and can_fork()):
        jobs = joblib.Parallel(n_jobs=n_jobs or -1, return_as="generator_unordered")
        yield from jobs(_calls(function, items))


def _calls(function: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[object]:
    return (joblib.delayed(function)(item) for item in items)


def _n_local(executor: str) -> int | None:
    """Return the number of local processes, None for a cluster."""
    if executor.startswith("tcp://"):
        return None
    name, _, number = executor.partition(":")
    if name == "local" and not number:
        return os.cpu_count() or 1
    if name == "local" and number.isascii() and number.isdigit() and int(number) > 0:
        return int(number)
    raise InvalidSetting(
        f"There is no executor '{executor}'; use local, local:N or tcp://host:8786."
    )


@contextmanager
def _backend(executor: str, *, may_fork: bool) -> Iterator[None]:
    """Run joblib's work inside the block where the executor says: here, or on a Dask cluster."""
    if not executor.startswith("tcp://"):
        with joblib.parallel_config(backend=ForkedWorkers()) if may_fork else nullcontext():
            yield
        return
    try:
        distributed = import_module("distributed")  # an extra
    except ImportError as error:
        raise InvalidSetting(
            f"Executor '{executor}' needs Dask; install it: pip install 'seicast[cluster]'."
        ) from error
    with distributed.Client(executor, timeout="20s"), joblib.parallel_config(backend="dask"):
        yield
