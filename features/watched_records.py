"""Records that write down which of their facts are looked at.

A record of a watched kind takes the place of a plain one: it has its facts, is equal to it, and
adds to a set whichever of some facts a function asks for. Others cost it nothing.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any

#: Where a watched record keeps what was looked at.
SEEN = "_seen"
MOST_KINDS = 256
Facts = dict[str, Any]


def facts_of(record: Any, kind: type[Any]) -> Facts:
    """Return the facts of a part; of a part that is not stated, those that have a default."""
    if record is None:
        return {each.name: each.default for each in fields(kind) if each.default is not MISSING}
    return {each.name: getattr(record, each.name) for each in fields(kind)}


def made(kind: type[Any], facts: Facts) -> Any:
    """Return a record of facts that were checked already, and are nobody else's."""
    record = object.__new__(kind)
    object.__setattr__(record, "__dict__", facts)
    return record


def watched(kind: type[Any], facts: Facts, seen: set[str]) -> Any:
    """Return a record that adds to a set what is looked at."""
    record = object.__new__(kind)
    own: Facts = kind.own(record)
    own.update(facts, **{SEEN: seen})
    return record


@lru_cache(maxsize=MOST_KINDS)
def watched_kind(kind: type[Any], names: tuple[str, ...], prefix: str = "") -> type[Any]:
    """Return a kind of record that writes down which of some facts are looked at.

    Parameters
    ----------
    kind : type
        Dataclass of the plain record.
    names : tuple of str
        Fields that are watched.
    prefix : str
        What is put before their names.
    """
    own: Callable[[Any], Facts] = vars(kind)["__dict__"].__get__
    whole = frozenset(prefix + name for name in names)

    def note(self: Any, facts: frozenset[str]) -> None:
        own(self).get(SEEN, set()).update(facts)

    def looked_at(name: str) -> property:
        fact = frozenset((prefix + name,))

        def look(self: Any) -> Any:
            note(self, fact)
            return own(self)[name]

        def put(self: Any, value: Any) -> None:
            own(self)[name] = value

        return property(look, put)

    def all_facts(self: Any) -> Facts:
        # Whoever takes all facts at once looks at each of them.
        note(self, whole)
        return {name: fact for name, fact in own(self).items() if name != SEEN}

    def is_equal(self: Any, other: object) -> bool:
        # Records of two kinds are never equal, and this one stands for a plain one.
        plain = made(kind, facts_of(self, kind))
        return bool(plain == other)

    members: dict[str, Any] = {name: looked_at(name) for name in names}
    if "__eq__" in vars(kind):
        members |= {"__eq__": is_equal, "__hash__": kind.__hash__}
    members |= {"own": staticmethod(own), "__dict__": property(all_facts)}
    return type(f"Watched{kind.__name__}", (kind,), members)
