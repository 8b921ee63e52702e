"""What is no HTTP request, or could be read in two ways, is refused as every refusal is written."""

import json
import re

import pytest

from serving.faults import LONG, MOST_HEAD_BYTES, Fault, check_head

GOOD = [(b"host", b"localhost"), (b"content-type", b"application/json")]


@pytest.mark.parametrize(
    ("url", "headers", "version"),
    [
        (b"/v1/models?x=1", GOOD, "1.1"),
        (b"*", GOOD, "1.0"),
        (b"http://localhost/v1/models", GOOD, "1.1"),
        (b"/", [*GOOD, (b"accept", b"a"), (b"accept", b"b")], "1.1"),
        (b"/", [*GOOD, (b"transfer-encoding", b"Chunked")], "1.1"),
        (b"/", [*GOOD, (b"x", b"y" * (MOST_HEAD_BYTES - 100))], "1.1"),
    ],
)
def test_sound_heads_pass(url, headers, version):
    check_head(url, headers, version)


@pytest.mark.parametrize(
    ("url", "headers", "version", "status", "names"),
    [
        (b"/", [*GOOD, (b"host", b"localhost")], "1.1", 400, "host"),
        (b"/", [*GOOD, (b"content-type", b"text/plain")], "1.1", 400, "content-type"),
        (b"/", [*GOOD, *[(b"idempotency-key", b"a")] * 2], "1.1", 400, "idempotency-key"),
        (b"/", [*GOOD, (b"transfer-encoding", b"gzip, chunked")], "1.1", 400, "Content-Encoding"),
        (b"http://elsewhere/v1", GOOD, "1.1", 400, "Host"),
        (b"//[", [], "1.1", None, ""),
        (b"http://[", GOOD, "1.1", 400, "Host"),
        (b"/", GOOD, "2.0", 505, "HTTP"),
        (b"/" + b"a" * MOST_HEAD_BYTES, GOOD, "1.1", 431, str(MOST_HEAD_BYTES)),
        (b"/", [*GOOD, *[(b"a", b"")] * 20_000], "1.1", 431, str(MOST_HEAD_BYTES)),
    ],
)
def test_others_are_refused_with_the_way_out(url, headers, version, status, names):
    if status is None:
        check_head(url, headers, version)
        return
    with pytest.raises(Fault, match=re.escape(names)) as fault:
        check_head(url, headers, version)
    assert fault.value.kind.status == status


HEAD = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n"
RAW = {
    "no HTTP": (b"\x16\x03\x01\x00\r\n\r\n", 400),
    "unknown method": (b"BREW /pot HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "two hosts": (HEAD + b"Host: localhost\r\n\r\n", 400),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "length and chunks": (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "bad chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "packed transfer": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "HTTP/2": (b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
    "long line": (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    "many headers": (HEAD + b"a: b\r\n" * 20_000 + b"\r\n", 431),
    "endless header": (HEAD + b"a: " + b"b" * 400_000, 431),
}


@pytest.mark.parametrize("name", RAW)
def test_the_refusal_is_a_problem_with_the_headers_of_all_replies(open_connection, name):
    content, status = RAW[name]
    client = open_connection()
    first, heads, body = client.ask(content)
    heads, problem = dict(heads), json.loads(body)
    assert first.split()[1] == str(status)
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert heads["content-type"] == "application/problem+json"
    assert heads["connection"] == "close"
    assert heads["x-content-type-options"] == "nosniff"
    assert client.is_closed()
    assert client.has_counted(f'status="{status}"')


def test_a_long_head_in_pieces_is_refused_before_it_is_whole(open_connection):
    client = open_connection()
    piece = b"x: " + b"y" * 16_000 + b"\r\n"
    first, *_ = client.ask(HEAD, *[piece] * 5)
    assert first.startswith("HTTP/1.1 431")


def test_a_long_body_is_no_long_head(open_connection):
    client = open_connection()
    body = b" " * 300_000
    whole = b"POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\n" + (
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    for _ in range(3):
        first, _, problem = client.ask(whole + body)
        assert first.startswith("HTTP/1.1 400")
        assert json.loads(problem)["type"] == "urn:seicast:malformed-body"


def test_a_fault_says_what_is_too_long():
    assert str(MOST_HEAD_BYTES) in str(LONG)
