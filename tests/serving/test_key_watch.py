"""A database that is away keeps nobody waiting, and lets nobody in for long."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from features.errors import BrokenStore
from serving import key_watch
from serving.key_watch import KEPT_S, KeyWatch
from store.keys import KeyStore


@pytest.fixture
def store(stores):
    return KeyStore(stores.cells.database)


@pytest.fixture
def clock():
    return SimpleNamespace(now_s=0.0)


@pytest.fixture
def watch(store, clock):
    return KeyWatch(store, lambda: clock.now_s)


def run_until(watch, is_so):
    async def some():
        task = asyncio.create_task(watch.run())
        async with asyncio.timeout(60):
            while not is_so():
                await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(some())


def test_keys_made_and_revoked_are_seen_at_the_next_look(store, watch):
    assert watch.are_none()
    key = store.add("a", ["predict"], actor="kim")
    assert watch.are_none()
    watch.look()
    assert watch.holder_of(key).name == "a"
    store.revoke("a", actor="kim", reason="lost")
    watch.look()
    assert watch.holder_of(key) is None
    assert not watch.are_none()


def test_it_looks_by_itself(store, watch, monkeypatch):
    monkeypatch.setattr(key_watch, "LOOK_S", 0.01)
    key = store.add("a", ["predict"], actor="kim")
    run_until(watch, lambda: not watch.are_none())
    assert watch.holder_of(key).name == "a"


def test_while_the_store_is_away_keys_hold_for_a_time(store, watch, clock, monkeypatch, caplog):
    key = store.add("a", ["predict"], actor="kim")
    watch.look()

    n_looks = 0

    def away():
        nonlocal n_looks
        n_looks += 1
        raise OSError("gone")

    monkeypatch.setattr(key_watch, "LOOK_S", 0.01)
    monkeypatch.setattr(store, "table", away)
    with caplog.at_level(logging.INFO, "seicast.service"):
        run_until(watch, lambda: n_looks >= 5)
        assert len(caplog.records) == 1  # said once
        clock.now_s = KEPT_S
        assert watch.holder_of(key).name == "a"
        clock.now_s = KEPT_S + 1
        with pytest.raises(BrokenStore, match="could not be read"):
            watch.holder_of(key)
        assert not watch.are_none()
        monkeypatch.undo()
        watch.look()
    assert watch.holder_of(key).name == "a"
    assert caplog.records[-1].getMessage() == "keys can be read again"


def test_a_service_without_keys_knows_so_before_it_opens(store):
    def away():
        raise OSError("gone")

    store.table = away
    with pytest.raises(OSError, match="gone"):
        KeyWatch(store)
