"""MLflow is made to follow the shelf when the shelf moved, once, and again where that failed."""

import subprocess
import sys
import threading

import pytest

from seicast import following
from seicast.following import Follower

#: What the process does that moves the aliases; argv: note, and what it writes there.
SCRIPTS = {
    "follows": "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])",
    "fails": "raise SystemExit(1)",
    "hangs": "import time; time.sleep(60)",
}


@pytest.fixture
def follower(tmp_path):
    """Return what looks after a shelf of one champion."""
    (tmp_path / "shelf" / "ce").mkdir(parents=True)
    (tmp_path / "shelf" / "ce" / "champion.json").write_text("v1")
    return Follower(tmp_path / "shelf", tmp_path / "followed.json")


@pytest.fixture
def started(follower, monkeypatch):
    """Return the processes that were started, and a function that says what they do."""
    processes, popen, does = [], subprocess.Popen, ["follows"]

    def start(command):
        script = [sys.executable, "-c", SCRIPTS[does[0]], str(follower.note), '{"ce": "v1"}']
        processes.append(popen(script))
        return processes[-1]

    monkeypatch.setattr(following.subprocess, "Popen", start)
    return processes, lambda what: does.__setitem__(0, what)


def test_a_shelf_without_champions_has_nothing_to_follow_to(tmp_path):
    assert not Follower(tmp_path / "nowhere", tmp_path / "note").is_behind()


def test_what_was_followed_to_is_not_followed_to_again(follower, started):
    processes, _ = started
    assert follower.is_behind()
    follower.follow(threading.Event())
    follower.follow(threading.Event())
    assert not follower.is_behind()
    assert len(processes) == 1


def test_a_move_that_comes_while_mlflow_follows_is_followed_too(follower):
    """What is noted are the champions of before, so a later one is still ahead."""
    before = follower.champions()
    (follower.shelf / "ce" / "champion.json").write_text("v2")
    follower.write_down(before)
    assert follower.is_behind()


def test_where_mlflow_is_away_it_is_asked_again_later_and_not_in_a_loop(
    follower, started, monkeypatch, caplog
):
    processes, do = started
    do("fails")
    follower.follow(threading.Event())
    follower.follow(threading.Event())
    assert len(processes) == 1
    assert "does not follow" in caplog.text
    do("follows")
    monkeypatch.setattr(follower, "_tries_again_at_s", 0.0)
    follower.follow(threading.Event())
    assert not follower.is_behind()


def test_a_worker_that_is_stopped_does_not_wait_for_mlflow(follower, started):
    processes, do = started
    do("hangs")
    stop = threading.Event()
    stop.set()
    follower.follow(stop)
    assert processes[0].poll() is not None
    assert follower.is_behind()


@pytest.mark.parametrize("damaged", ["", "{", "[]", "null"])
def test_a_damaged_note_only_means_to_follow_again(follower, damaged):
    follower.note.write_text(damaged)
    assert follower.is_behind()
