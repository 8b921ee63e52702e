import os
import time

import pytest

from features.errors import InvalidSetting
from training.executor import run_all


def square(number):
    return number * number


def process_id(_):
    time.sleep(0.05)
    return os.getpid()


@pytest.mark.parametrize("executor", ["local:1", "local:2", "local"])
def test_every_item_is_answered_once_whoever_does_the_work(executor):
    assert sorted(run_all(square, range(20), executor)) == [n * n for n in range(20)]


def test_one_local_process_is_this_one():
    """Nothing is started for a few files."""
    assert set(run_all(process_id, range(3), "local:1")) == {os.getpid()}


@pytest.mark.parametrize("executor", ["locall", "local:0", "local:-1", "local:x", "http://a:1", ""])
def test_an_unknown_executor_is_refused_with_the_list_of_them(executor):
    with pytest.raises(InvalidSetting, match=r"local, local:N or tcp://"):
        list(run_all(square, [1], executor))


def test_no_items_are_no_work():
    assert list(run_all(square, [], "local:2")) == []
