"""Packed bodies are answered like plain ones, and never unpack to more than those may hold."""

import gzip
import json
import time

import pytest

from serving.bodies import _gunzipped
from serving.errors import BodyTooLarge

PATH = "/v1/predictions"
GZIP = {"content-encoding": "gzip"}


@pytest.fixture
def body(cell_body):
    return json.dumps({"cells": [cell_body]}).encode()


def test_a_packed_body_is_answered_like_a_plain_one(post, body):
    assert post(PATH, gzip.compress(body), **GZIP).json() == post(PATH, body).json()


def test_the_name_of_the_packing_may_be_written_in_capitals(post, body):
    reply = post(PATH, gzip.compress(body), **{"content-encoding": "GZIP"})
    assert reply.status_code == 200


def test_a_stream_of_several_members_is_one_body(post, body):
    """RFC 1952; some clients write a member for each buffer."""
    packed = gzip.compress(body[:100]) + gzip.compress(body[100:])
    assert post(PATH, packed, **GZIP).json() == post(PATH, body).json()


def test_the_old_name_of_gzip_is_known(post, body):
    assert post(PATH, gzip.compress(body), **{"content-encoding": "x-gzip"}).status_code == 200


@pytest.mark.parametrize("n_bytes", [8 * 1024 * 1024 + 1, 500_000_000])
def test_a_bomb_is_refused_before_it_is_unpacked(post, n_bytes):
    """8 MiB is the most that a plain body may hold; half a GB packs into half a MB."""
    reply = post(PATH, gzip.compress(bytes(n_bytes), 1), **GZIP)
    assert reply.status_code == 413
    assert "unpacks to more than 8388608 bytes" in reply.json()["detail"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: b"",
        lambda packed: b"{}",
        lambda packed: packed[:-1],
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed + b"x",
        lambda packed: packed + packed,
        lambda packed: packed[:-8] + bytes(8),
        lambda packed: packed[:40] + bytes([packed[40] ^ 255]) + packed[41:],
    ],
)
def test_what_is_no_whole_gzip_stream_of_one_body_is_refused(post, body, damage):
    assert post(PATH, damage(gzip.compress(body)), **GZIP).status_code == 400


@pytest.mark.parametrize("content", [b"", b"x"])
def test_many_small_members_take_time_in_proportion(content):
    """Where each copies all that follows it, 8 MiB of them take a minute."""
    member = gzip.compress(content)

    def seconds(n_members):
        began_s = time.process_time()
        assert _gunzipped(member * n_members, 8 << 20) == content * n_members
        return time.process_time() - began_s

    assert min(seconds(80_000) for _ in range(3)) < 8 * min(seconds(20_000) for _ in range(3))


@pytest.mark.parametrize("n_members", [1, 2, 300])
def test_the_bound_is_that_of_all_members_together(n_members):
    packed = gzip.compress(bytes(1000)) * n_members
    assert len(_gunzipped(packed, 1000 * n_members)) == 1000 * n_members
    with pytest.raises(BodyTooLarge):
        _gunzipped(packed, 1000 * n_members - 1)


def test_a_form_is_not_packed_as_a_whole(keeper):
    headers = {"content-type": "multipart/form-data; boundary=x", **GZIP}
    reply = keeper.post("/v1/cells", content=gzip.compress(b"--x--"), headers=headers)
    assert reply.status_code == 415
