import hashlib
from dataclasses import replace

import numpy as np
import pytest

from features import Recipe
from features.errors import InvalidRecord
from store.facts import MOST_NAME_BYTES, Original, blob_names, content_sha256, sealed
from store.outcome import Outcome
from store.raw_tables import in_parquet


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\nb", "a\x00", "\ud800"])
def test_a_file_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(InvalidRecord, match="send a name without folders"):
        Original(name, b"")


@pytest.mark.parametrize("letter", ["a", "é", "電", "😀"])
def test_a_file_name_is_bounded_in_bytes_as_on_disk(letter):
    """With room for what a reader seeks beside the file: its name with a longer ending."""
    longest = letter * (MOST_NAME_BYTES // len(letter.encode()))
    assert Original(longest, b"").name == longest
    with pytest.raises(InvalidRecord, match=f"at most {MOST_NAME_BYTES} are allowed"):
        Original(longest + letter, b"")


def test_every_raw_file_is_named_by_its_content(make_cell):
    new = sealed(make_cell(), None, None, [Original("A1.csv", b"abc")])
    assert sorted(blob_names(new.facts)) == sorted(new.blobs)
    for name, content in new.blobs.items():
        assert name.partition(".")[0] == hashlib.sha256(content).hexdigest()


def test_whatever_changes_a_cell_changes_its_content(make_cell, make_small_spectrum):
    """Two cells that differ in anything must never be taken for one."""
    cell = make_cell()
    later = cell.cycling.assign(test_time_second=[0.0, 1 / 3, np.nextafter(1e9, 2e9)])
    bare = replace(cell.recipe, coating=None)
    variants = [
        sealed(cell, None, None, []),
        sealed(make_cell("A2"), None, None, []),
        sealed(make_cell(area_cm2=None), None, None, []),
        sealed(make_cell(cycling=later), None, None, []),
        sealed(make_cell(cycling=cell.cycling.iloc[:2]), None, None, []),
        sealed(make_cell(recipe=bare), None, None, []),
        sealed(make_cell(source=replace(cell.source, batch="8")), None, None, []),
        sealed(make_cell(spectra=(make_small_spectrum(cycle=6),)), None, None, []),
        sealed(make_cell(spectra=(make_small_spectrum(),) * 2), None, None, []),
        sealed(cell, "bare", None, []),
        sealed(cell, None, Outcome(), []),
        sealed(cell, None, Outcome(ce_fraction=0.99), []),
        sealed(cell, None, None, [Original("a", b"1")]),
        sealed(cell, None, None, [Original("a", b"2")]),
    ]
    assert len({each.content_sha256 for each in variants}) == len(variants)


def test_one_and_one_point_zero_are_one_content(make_cell):
    cell = make_cell()
    whole = replace(cell.recipe, coating=replace(cell.recipe.coating, thickness_nm=1000))
    assert isinstance(whole, Recipe)
    assert (
        sealed(replace(cell, recipe=whole), None, None, []).content_sha256
        == sealed(cell, None, None, []).content_sha256
    )


def test_a_cell_is_the_same_whoever_wrote_the_parquet_file(make_cell, monkeypatch):
    """Another version of pyarrow writes other bytes; the cell did not change."""
    usual = sealed(make_cell(), None, None, [])
    monkeypatch.setattr("store.facts.in_parquet", lambda table: in_parquet(table) + b"newer")
    other = sealed(make_cell(), None, None, [])
    assert set(other.blobs).isdisjoint(usual.blobs)
    assert other.content_sha256 == usual.content_sha256


def test_renaming_a_file_changes_no_content(make_cell):
    one, other = (
        sealed(make_cell(), None, None, [Original(name, b"abc")]) for name in ("a.csv", "b.csv")
    )
    assert content_sha256(one.facts) == content_sha256(other.facts)


def test_numpy_numbers_are_numbers(make_cell):
    """Facts read from a table come as its types."""
    new = sealed(make_cell(area_cm2=np.float32(0.5)), None, None, [])
    assert new.content_sha256 == sealed(make_cell(), None, None, []).content_sha256
