"""Whoever runs beside the service is there for as long as the service is."""

import os
import signal
import sys
import time

import pytest

from seicast import companion
from seicast.companion import beside

#: Notes its number, then waits to be told to stop.
STAYS = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"
BREAKS = "import sys; open(sys.argv[1], 'a').write('began\\n'); sys.exit(3)"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(companion, "POLL_S", 0.02)
    monkeypatch.setattr(companion, "FIRST_PAUSE_S", 0.05)


@pytest.fixture
def diary(tmp_path):
    path = tmp_path / "diary"
    path.touch()
    return path


def wait(is_so, at_most_s=60.0):
    end = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def lines(diary, at_least):
    wait(lambda: diary.read_text().count("\n") >= at_least)
    return diary.read_text().splitlines()


def is_there(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def running(code, diary):
    return beside("worker", [sys.executable, "-c", code, str(diary)])


def test_one_that_is_killed_is_buried_told_of_and_replaced(diary, caplog):
    """A dead one would stay a zombie, and jobs would wait for it without a word."""
    with running(STAYS, diary):
        (first,) = map(int, lines(diary, 1))
        os.kill(first, signal.SIGKILL)
        _, second = map(int, lines(diary, 2))
        assert not is_there(first)
        assert is_there(second)
    assert not is_there(second)
    assert f"the worker (process {first}) ended with code -9" in caplog.text


def test_one_that_breaks_at_once_is_tried_after_pauses_that_grow(diary, caplog):
    with running(BREAKS, diary):
        lines(diary, 3)
    pauses = [record.args[-1] for record in caplog.records]
    assert len(pauses) >= 2
    assert pauses[:3] == [0.05, 0.1, 0.2][: len(pauses)]
    assert "ended with code 3" in caplog.text


def test_pauses_do_not_grow_beyond_the_longest(diary, caplog, monkeypatch):
    monkeypatch.setattr(companion, "LONGEST_PAUSE_S", 0.05)
    with running(BREAKS, diary):
        lines(diary, 3)
    assert {record.args[-1] for record in caplog.records} == {0.05}


def test_one_that_cannot_be_started_is_told_of(tmp_path, caplog):
    with beside("worker", [str(tmp_path / "nowhere")]):
        wait(lambda: caplog.records)
    assert "the worker cannot be started" in caplog.text


def test_one_that_is_dismissed_is_not_replaced_nor_told_of(diary, caplog):
    with running(STAYS, diary):
        (first,) = map(int, lines(diary, 1))
    assert not is_there(first)
    assert caplog.records == []
    assert len(lines(diary, 1)) == 1


def test_ctrl_c_is_not_for_those_beside_the_service(diary):
    """A terminal interrupts its whole foreground group; who stands beside is told in order."""
    with running(STAYS, diary):
        (first,) = map(int, lines(diary, 1))
        assert os.getpgid(first) != os.getpgid(0)
