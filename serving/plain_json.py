"""Whether a body is JSON in which nothing is hidden: found out by reading and writing it once.

The thorough check of ``serving.bodies`` looks at every object in Python and can say what is wrong.
Nearly all bodies have nothing wrong with them, and this one only has to be sure of that.
"""

from typing import Any

import orjson

from serving.schemas import MEASURED
from serving.settings import Settings


def plain_tree(body: bytes, settings: Settings) -> Any:
    """Return a body's JSON, None if it is not plain: doubled fields, escapes, too many fields.

    Written out again, a tree has a colon for each field it kept and for each in a text. Without
    escapes, texts keep theirs; so as many colons as before mean that no field stood twice.
    """
    if b"\\" in body or may_exceed(body, settings.max_fields):
        return None
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return tree if orjson.dumps(tree).count(b":") == body.count(b":") else None


def is_plain(body: bytes, settings: Settings) -> bool:
    """Tell whether a body is plain, nests no deeper and lists no more than is allowed."""
    tree = plain_tree(body, settings)
    if not isinstance(tree, dict | list):
        return False
    level = [tree]
    for _ in range(settings.max_depth + 1):
        if not level:
            return True
        if any(isinstance(node, list) and len(node) > settings.max_cells for node in level):
            return False
        level = [part for node in level for part in _parts(node)]
    return False


def _parts(node: Any) -> list[Any]:
    """Return the objects and lists of a node, save columns of measured numbers."""
    if isinstance(node, dict):
        return [
            part
            for name, part in node.items()
            if isinstance(part, dict | list) and name not in MEASURED
        ]
    return [part for part in node if isinstance(part, dict | list)]


def may_exceed(body: bytes, max_fields: int) -> bool:
    """Tell whether a body could hold more objects, lists and named fields; each has a byte."""
    return len(body) > max_fields and sum(map(body.count, (b"{", b"[", b":"))) > max_fields
