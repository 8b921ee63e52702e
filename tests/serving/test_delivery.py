"""What waits to be read has a deadline by progress; a request is told of when its reply is sent."""

import asyncio

import pytest

from serving.delivery import LEAST_BYTES, Delivery
from serving.observed import GONE


class Held:
    """A transport that holds so much, which a test takes from it."""

    def __init__(self):
        self.n_bytes, self.is_aborted, self.is_parted = 0, False, False

    def set_write_buffer_limits(self, high):
        assert high == 0

    def is_closing(self):
        return self.is_aborted or self.is_parted

    def abort(self):
        self.is_aborted = True


class Watched(Delivery):
    """A delivery whose transport counts what waits by itself."""

    def _n_unread(self):
        return self._transport.n_bytes


@pytest.fixture
def transport():
    return Held()


@pytest.fixture
def delivery(transport):
    return Watched(transport, 0.02)


@pytest.fixture
def told():
    """Return the statuses that were told, None where nothing was noted."""
    return []


@pytest.fixture
def scope():
    return {"state": {}}


def telling(told, scope):
    return lambda: told.append(scope["state"].get("end"))


@pytest.mark.parametrize(("n_read", "is_kept"), [(LEAST_BYTES, True), (LEAST_BYTES - 1, False)])
def test_who_reads_enough_in_each_deadline_is_waited_for(transport, delivery, n_read, is_kept):
    async def run():
        transport.n_bytes = 100 * LEAST_BYTES
        delivery.wait()
        for _ in range(8):
            transport.n_bytes -= n_read
            await asyncio.sleep(0.02)
        delivery.go_on()

    asyncio.run(run())
    assert transport.is_aborted != is_kept


def test_a_rest_however_small_is_not_waited_for_without_end(transport, delivery):
    async def run():
        transport.n_bytes = 1
        delivery.wait()
        await asyncio.sleep(0.05)

    asyncio.run(run())
    assert transport.is_aborted


def test_what_is_sent_at_once_is_told_at_once(delivery, told, scope):
    delivery.when_sent(scope, telling(told, scope))
    assert told == [None]


@pytest.mark.parametrize("has_left", [False, True])
def test_what_waits_is_told_when_it_is_read_or_lost(delivery, told, scope, has_left):
    async def run():
        delivery.wait()
        delivery.when_sent(scope, telling(told, scope))
        assert told == []
        if has_left:
            delivery.end(None)
        else:
            delivery.go_on()

    asyncio.run(run())
    assert told == [(GONE, True) if has_left else None]


@pytest.mark.parametrize("error", [None, ConnectionResetError()])
def test_a_last_reply_is_told_when_its_connection_ends(transport, delivery, told, scope, error):
    """Until then nobody knows whether it was sent."""
    transport.is_parted = True
    delivery.when_sent(scope, telling(told, scope))
    assert told == []
    delivery.end(error)
    assert told == [(GONE, True) if error else None]


def test_what_ends_after_its_connection_is_told_at_once(transport, delivery, told, scope):
    transport.abort()
    delivery.end(ConnectionResetError())
    delivery.when_sent(scope, telling(told, scope))
    assert told == [(GONE, True)]


def test_what_was_noted_first_holds(transport, delivery, told):
    """The application knows why it broke off; that the client missed it follows from that."""
    scope = {"state": {"end": (503, True)}}
    transport.abort()
    delivery.end(ConnectionResetError())
    delivery.when_sent(scope, telling(told, scope))
    assert told == [(503, True)]
