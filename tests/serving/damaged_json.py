"""A small generator of damaged JSON: bodies that no route may accept, made from good ones."""

import json
from collections.abc import Iterator
from typing import Any


def damaged(body: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield names and bodies; each is broken in one way, whatever the good one holds."""
    good = json.dumps(body).encode()
    first = next(iter(body))
    yield "empty", b""
    yield "blank", b" \n\t"
    yield "cut in the middle", good[: len(good) // 2]
    yield "cut by a byte", good[:-1]
    yield "goes on", good + b"]"
    yield "twice", good + good
    yield "a comma too many", good[:-1] + b",}"
    yield "single quotes", good.replace(b'"', b"'")
    yield "byte order mark", b"\xef\xbb\xbf" + good
    yield "UTF-16", good.decode().encode("utf-16")
    yield "not UTF-8", good.replace(b'"', b'"\xff', 1)
    yield "a NUL", good.replace(b'"', b'"\x00', 1)
    yield "a list", b"[" + good + b"]"
    yield "a text", json.dumps(good.decode()).encode()
    yield "null", b"null"
    yield "too deep", b'{"a":' * 40 + b"1" + b"}" * 40
    yield "never closed", b"[" * 100_000
    yield "a field twice", good[:-1] + f",{json.dumps(first)}:1}}".encode()
    yield "an unknown field", json.dumps({**body, "colour": "red"}).encode()
    yield "a million fields", json.dumps({f"f{n}": n for n in range(100_001)}).encode()
    yield "a lone surrogate", json.dumps({**body, "\ud800": 1}).encode()
    for name in body:
        for what, junk in (
            ("a number", "1e999"),
            ("NaN", "NaN"),
            ("an object", '{"a": {"b": []}}'),
            ("a list", "[[[[1]]]]"),
            ("true", "true"),
            ("a digit too many", "9" * 5000),
            ("a long text", '"' + "\U0001f50b" * 100_000 + '"'),
        ):
            broken = json.dumps({**body, name: "HERE"}).replace('"HERE"', junk)
            yield f"{name} is {what}", broken.encode()
