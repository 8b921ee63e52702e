import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from features.errors import BrokenBundle
from models.facts import from_facts, to_facts


@dataclass(frozen=True)
class Thing:
    name: str
    size: float
    is_whole: bool
    parts: tuple[str, ...]
    counts: Mapping[str, int]
    prior: str | None = None


THING = Thing("a", 1.5, True, ("b", "c"), {"d": 2})


def test_a_record_comes_back_from_json():
    for thing in (THING, Thing("", 2, False, (), {}, "prior")):
        assert from_facts(Thing, json.loads(json.dumps(to_facts(thing))), "thing") == thing


def test_nan_is_null_in_json():
    facts = json.loads(json.dumps(to_facts(Thing("a", float("nan"), True, (), {}))))
    assert facts["size"] is None
    assert np.isnan(from_facts(Thing, facts, "thing").size)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", 1),
        ("name", None),
        ("size", "1"),
        ("size", True),
        ("is_whole", 1),
        ("parts", "bc"),
        ("parts", [1]),
        ("counts", {"d": 2.5}),
        ("counts", [["d", 2]]),
        ("prior", 0),
        ("another", 0),
    ],
)
def test_a_value_of_another_type_is_refused(key, value):
    facts = json.loads(json.dumps(to_facts(THING))) | {key: value}
    with pytest.raises(BrokenBundle):
        from_facts(Thing, facts, "thing")


@pytest.mark.parametrize("facts", [None, [], "thing", {}, {"name": "a"}])
def test_what_lacks_keys_is_refused(facts):
    with pytest.raises(BrokenBundle, match="other keys"):
        from_facts(Thing, facts, "thing")
