import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import numpy as np
import pandas as pd
import pytest

from features import CellDesign, Coating, Electrolyte, Recipe, Source, describe
from features.errors import BrokenStore, Conflict, DeletedCell, InvalidRecord, UnknownName
from store import CellFilter, CellStore, Original, Outcome
from store.facts import sealed
from training.virtual_lab import founding_recipe, simulate

N_AT_ONCE = 8
CSV = Original("A1.csv", b"time,current\r\n0,1\r\n")
NO_DATA = {"cycling": None, "spectra": ()}
LIFE = Outcome(212.0, False, 0.981, "ce_collapse", "CE < 0.90, 2 of 3 cycles")


@pytest.fixture(
    params=[
        {},
        {"cycling": None},
        {"spectra": ()},
        {"area_cm2": None, "cycling": None, "spectra": ()},
        {"source": Source("literature")},
        {"recipe": Recipe(CellDesign("Li||Li"))},
        {"recipe": Recipe(CellDesign("Li||Cu"), Coating(()), Electrolyte())},
        "two spectra",
        "whole numbers",
    ],
    ids=str,
)
def changes(request, make_cell, make_small_spectrum):
    """Return what sets a cell apart from the usual one."""
    if request.param == "two spectra":
        bare = make_small_spectrum(cycle=None, time_h=None, n_interfaces=None)
        return {"spectra": (make_small_spectrum(cycle=0), bare)}
    if request.param == "whole numbers":
        return {"cycling": make_cell().cycling.assign(cycle_count=np.array([1, 1, 2]))}
    return request.param


def test_a_cell_comes_back_as_it_was_sent(store, changes, make_cell, assert_same):
    """Null means "not reported" and must not become zero, nor an empty coating a missing one."""
    cell = make_cell(**changes)
    store.add(cell)
    assert_same(store.get("A1"), cell)


def test_a_cell_that_was_kept_is_described_by_the_same_bits(store):
    """The store is a way from the lab to training; the answer must not depend on it."""
    cell = simulate(founding_recipe("Cu3N+SBR"), seed=3, n_cycles=5, spectrum_cycles=(0, 5)).cell
    store.add(cell)
    pd.testing.assert_frame_equal(
        describe([store.get(cell.cell_id)]).values, describe([cell]).values, check_exact=True
    )


def test_another_store_at_the_same_place_sees_the_same_cells(store, place, make_cell, assert_same):
    for cell_id in ("B 2", "A1", "c.3_x-y"):
        store.add(make_cell(cell_id))
    other = CellStore.open(place.url, place.root)
    assert [each.cell_id for each in other.each()] == ["A1", "B 2", "c.3_x-y"]
    assert_same(other.get("B 2"), make_cell("B 2"))
    other.close()


def test_a_root_may_be_called_anything(tmp_path, make_cell):
    """Brackets and stars in a folder's name are no pattern."""
    store = CellStore.open(f"sqlite:///{tmp_path / 'a.db'}", str(tmp_path / "cells [lab *]"))
    store.add(make_cell())
    assert store.sweep(timedelta(0)).n_files == 0
    assert store.get("A1").area_cm2 == 0.5
    store.close()


def test_an_empty_store_holds_nothing(store):
    assert store.list().cells == ()
    assert store.count() == 0
    with pytest.raises(UnknownName, match="No cell 'A1' is in the store; it holds 0 cells"):
        store.get("A1")


def test_the_same_cell_again_is_the_same_entry(store, place, make_cell):
    """A client that lost the reply asks again; nothing may double."""
    first = store.add(make_cell(), originals=[CSV], outcome=LIFE)
    files = place.raw_files()[1]
    again = store.add(make_cell(), originals=[CSV], outcome=LIFE)
    assert again == first
    assert store.count() == 1
    assert place.raw_files()[1] == files


def test_a_cell_is_the_same_whatever_number_type_or_order_of_columns_it_comes_in(store, make_cell):
    """JSON knows floats alone, a file's reader whole numbers too: the cell is one."""
    cycling = make_cell().cycling.assign(cycle_count=np.array([1, 1, 2]))
    first = store.add(make_cell(cycling=cycling))
    as_json = cycling.astype({"cycle_count": float})[sorted(cycling.columns)]
    assert store.add(make_cell(cycling=as_json)) == first


@pytest.mark.parametrize(
    "other",
    [{"area_cm2": 1.0}, {"cycling": None}, {"spectra": ()}, {"source": Source("simulated")}],
    ids=str,
)
def test_a_taken_id_is_refused_and_the_first_cell_stays(store, make_cell, assert_same, other):
    """Raw data are never overwritten."""
    store.add(make_cell())
    with pytest.raises(Conflict, match="'A1' is in the store already, with other content"):
        store.add(make_cell(**other))
    assert_same(store.get("A1"), make_cell())
    assert len(store.versions("A1")) == 1


def test_a_key_stands_for_what_was_sent_first_under_it(store, make_cell):
    first = store.add(make_cell(), idempotency_key="k1")
    assert store.add(make_cell(), idempotency_key="k1") == first
    assert store.entry_of_key("k1") == first
    assert store.entry_of_key("k2") is None
    with pytest.raises(Conflict, match="'k1' was used for cell 'A1' with other content"):
        store.add(make_cell("B2"), idempotency_key="k1")
    assert store.count() == 1


def test_a_key_also_stands_for_a_cell_that_was_there_before_it(store, make_cell):
    store.add(make_cell())
    store.add(make_cell(), idempotency_key="k1")
    with pytest.raises(Conflict, match="'k1' was used"):
        store.add(make_cell("B2"), idempotency_key="k1")


def test_a_key_still_answers_with_its_version_after_a_correction(store, make_cell):
    """A late repetition of the first request must not look like a new cell, nor undo anything."""
    first = store.add(make_cell(), idempotency_key="k1")
    store.correct("A1", make_cell(area_cm2=0.6), "area was read wrongly")
    assert store.add(make_cell(), idempotency_key="k1").version == first.version == 1
    assert store.get("A1").area_cm2 == 0.6


@pytest.mark.parametrize("key", [None, "k1"])
def test_of_those_who_send_a_cell_at_once_one_made_it(store, make_cell, key):
    """The transaction that enters it says so; what was there before it proves nothing."""
    new = sealed(make_cell(), None, LIFE, [CSV])
    start = Barrier(N_AT_ONCE)

    def send(_):
        start.wait()
        return store.enter(new, idempotency_key=key)

    with ThreadPoolExecutor(N_AT_ONCE) as pool:
        told = list(pool.map(send, range(N_AT_ONCE)))
    assert sorted(each.is_new for each in told) == [False] * (N_AT_ONCE - 1) + [True]
    assert {each.entry for each in told} == {store.entry("A1")}
    assert [line.action for line in store.audit.entries()] == ["add"]


def test_a_conflict_writes_nothing(store, place, make_cell):
    """Neither raw data nor a line of the log; also with a key of its own."""
    store.add(make_cell(), idempotency_key="k1", actor="ana")
    files = place.raw_files()[1]
    other = make_cell(cycling=make_cell().cycling.iloc[:2])
    for key in (None, "k1", "k2"):
        with pytest.raises(Conflict):
            store.add(other, idempotency_key=key, actor="eve")
    assert place.raw_files()[1] == files
    assert [line.actor for line in store.audit.entries()] == ["ana"]


def test_who_added_a_cell_is_in_the_log_once(store, make_cell):
    store.add(make_cell(), actor="ana")
    store.add(make_cell(), actor="kim")
    (line,) = store.audit.entries()
    assert (line.actor, line.action, line.subject) == ("ana", "add", "cell A1")
    assert json.loads(line.details) == {"version": 1}


@pytest.mark.parametrize("key", ["", "x" * 201, "a\n", "ä"])
def test_a_key_that_cannot_stand_in_a_header_is_refused(folder_store, make_cell, key):
    with pytest.raises(InvalidRecord, match=r"Idempotency key .* is not allowed"):
        folder_store.add(make_cell(), idempotency_key=key)


@pytest.mark.parametrize(
    "cell_id",
    ["", " A", ".", "..", ".hid", "../up", "a/b", "a\\b", "/abs", "a\n", "a\x00", "Ä", "x" * 201],
)
def test_an_id_that_cannot_stand_in_an_address_is_refused(folder_store, make_cell, cell_id):
    for act in (
        lambda: folder_store.add(make_cell(cell_id)),
        lambda: folder_store.get(cell_id),
        lambda: folder_store.delete(cell_id, "why not"),
    ):
        with pytest.raises(InvalidRecord, match="is not allowed; use letters"):
            act()
    assert folder_store.count() == 0


@pytest.mark.parametrize("text", ["a\x00b", "two\nlines", "half \ud800", "\x1b[31m", "\u2028"])
@pytest.mark.parametrize("field", ["lab", "batch", "replicate", "doi"])
def test_texts_that_break_lists_logs_or_databases_are_refused(store, make_cell, field, text):
    source = replace(make_cell().source, **{field: text})
    with pytest.raises(InvalidRecord, match=f"Cell 'A1': source.{field} is .* control characters"):
        store.add(make_cell(source=source))
    assert store.count() == 0


@pytest.mark.parametrize(
    "lab", ["'; DROP TABLE cells; --", "Zürich 電池", "😀" * 50, "100 %_", "=1+1"]
)
def test_every_printable_text_comes_back(store, make_cell, lab):
    store.add(make_cell(source=Source("measured", lab=lab)))
    assert store.get("A1").source.lab == lab
    assert store.count(CellFilter(lab=lab)) == 1
    assert store.count(CellFilter(lab=lab + "x")) == 0


def test_nan_among_facts_is_refused(folder_store, make_cell, make_small_spectrum):
    cell = make_cell(spectra=(make_small_spectrum(time_h=float("nan")),))
    with pytest.raises(InvalidRecord, match="Cell 'A1' holds what JSON cannot"):
        folder_store.add(cell)


def test_a_correction_is_a_new_version_and_the_old_one_stays(store, make_cell, assert_same):
    before = datetime.now(UTC)
    first = store.add(make_cell())
    second = store.correct("A1", make_cell(area_cm2=0.6), "area was read wrongly", actor="ana")
    assert (second.version, second.reason) == (2, "area was read wrongly")
    assert before <= first.added_at == second.added_at <= second.changed_at
    assert_same(store.get("A1"), make_cell(area_cm2=0.6))
    assert_same(store.get("A1", version=1), make_cell())
    assert store.versions("A1") == (first, second)
    assert store.list().cells == (second,)
    line = store.audit.head()
    assert (line.actor, line.action, line.subject) == ("ana", "correct", "cell A1")


def test_a_correction_that_changes_nothing_is_none(store, make_cell):
    first = store.add(make_cell())
    line = store.audit.head()
    assert store.correct("A1", make_cell(), "again") == first
    assert store.audit.head() == line


def test_a_correction_keeps_what_it_does_not_name(store, make_cell):
    """Whoever corrects an area must not lose the life."""
    store.add(make_cell("bare", recipe=Recipe(CellDesign("Li||Cu"), Coating(()))))
    store.add(make_cell(), control_id="bare", outcome=LIFE, originals=[CSV])
    second = store.correct("A1", make_cell(area_cm2=0.6), "area was read wrongly")
    assert (second.control_id, second.outcome) == ("bare", LIFE)
    assert store.raw_bytes("A1") == CSV.content
    third = store.correct(
        "A1", make_cell(), "start over", control_id=None, outcome=None, originals=()
    )
    assert (third.control_id, third.outcome, third.originals) == (None, None, ())


def test_a_correction_without_data_keeps_the_recording(store, make_cell, assert_same):
    """A cell without its measurement is another finding; whoever mends an area states none."""
    store.add(make_cell(), originals=[CSV])
    second = store.correct("A1", make_cell(area_cm2=0.6, **NO_DATA), "area was read wrongly")
    assert (second.version, second.n_rows, second.n_spectra) == (2, 3, 1)
    assert_same(store.get("A1"), make_cell(area_cm2=0.6))
    assert [each.name for each in second.originals] == ["A1.csv"]
    assert store.correct("A1", make_cell(area_cm2=0.6, **NO_DATA), "again") == second


def test_data_that_a_correction_brings_replace_those_of_their_kind(
    store, make_cell, make_small_spectrum, assert_same
):
    store.add(make_cell())
    new = {"cycling": make_cell().cycling.iloc[:2], "spectra": ()}
    assert store.correct("A1", make_cell(**new), "cut off").n_spectra == 1
    assert_same(store.get("A1"), make_cell(cycling=new["cycling"]))
    spectra = (make_small_spectrum(cycle=9),)
    store.correct("A1", make_cell(cycling=None, spectra=spectra), "the wrong spectrum")
    assert_same(store.get("A1"), make_cell(cycling=new["cycling"], spectra=spectra))


def test_data_that_stay_must_fit_the_corrected_cell(store, make_cell, assert_same):
    """Else the cell could never be read again."""
    store.add(make_cell())
    with pytest.raises(InvalidRecord, match=r"Or is the area wrong\?"):
        store.correct("A1", make_cell(area_cm2=2e-4, **NO_DATA), "cm2, not mm2")
    assert_same(store.get("A1"), make_cell())


def test_a_dropped_recording_is_gone_and_the_version_before_still_has_it(
    store, make_cell, assert_same
):
    """It was of another cell; nothing that was entered is ever lost, not even to a sweep."""
    store.add(make_cell(), outcome=LIFE, originals=[CSV])
    for _ in range(2):  # the same again changes nothing
        second = store.correct("A1", make_cell(**NO_DATA), "not its run", dropped=["cycling"])
        assert (second.version, second.n_rows, second.n_spectra) == (2, 0, 1)
    assert second.outcome == LIFE
    store.sweep(timedelta(0))
    assert_same(store.get("A1"), make_cell(cycling=None))
    assert_same(store.get("A1", version=1), make_cell())
    third = store.correct("A1", make_cell(**NO_DATA), "nor its spectra", dropped=["spectra"])
    assert (third.version, third.n_spectra, third.originals) == (3, 0, ())
    store.sweep(timedelta(0))
    assert store.raw_bytes("A1", version=2) == CSV.content
    assert_same(store.get("A1", version=1), make_cell())
    assert [line.action for line in store.audit.entries()] == ["add", "correct", "correct"]


def test_a_recording_that_does_not_fit_can_be_dropped(store, make_cell, assert_same):
    """Area and recording were both another cell's."""
    store.add(make_cell())
    small = make_cell(area_cm2=2e-4, **NO_DATA)
    store.correct("A1", small, "not its run", dropped=["cycling", "spectra"])
    assert_same(store.get("A1"), small)


def test_what_is_dropped_and_brought_changes_nothing(store, make_cell):
    first = store.add(make_cell())
    with pytest.raises(InvalidRecord, match="drops cycling and brings others"):
        store.correct("A1", make_cell(), "which?", dropped=["cycling"])
    assert store.entry("A1") == first


def test_two_who_correct_the_same_version_do_not_overwrite_each_other(store, make_cell):
    store.add(make_cell())
    store.correct("A1", make_cell(area_cm2=0.6), "first", expected_version=1)
    with pytest.raises(Conflict, match="'A1' has version 2 by now, not 1"):
        store.correct("A1", make_cell(area_cm2=0.7), "second", expected_version=1)
    assert store.get("A1").area_cm2 == 0.6


def test_a_correction_cannot_rename(folder_store, make_cell):
    folder_store.add(make_cell())
    with pytest.raises(InvalidRecord, match="ids cannot change"):
        folder_store.correct("A1", make_cell("B2"), "renamed")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001, "two\nlines"])
def test_who_changes_or_deletes_says_why(folder_store, make_cell, reason):
    folder_store.add(make_cell())
    for act in (
        lambda: folder_store.correct("A1", make_cell(area_cm2=1.0), reason),
        lambda: folder_store.delete("A1", reason),
    ):
        with pytest.raises(InvalidRecord, match="reason"):
            act()
    assert folder_store.get("A1").area_cm2 == 0.5


def test_a_deleted_cell_is_not_served_and_its_id_stays_taken(store, make_cell):
    store.add(make_cell(), originals=[CSV])
    store.delete("A1", "short circuit while it was mounted", actor="ana")
    for act in (
        lambda: store.get("A1"),
        lambda: store.get("A1", 1),
        lambda: store.entry("A1"),
        lambda: store.versions("A1"),
        lambda: store.raw_bytes("A1"),
        lambda: store.correct("A1", make_cell(area_cm2=1.0), "no"),
        lambda: store.delete("A1", "again"),
    ):
        with pytest.raises(DeletedCell, match=r"'A1' was deleted at .*: short circuit while"):
            act()
    for cell in (make_cell(), make_cell(area_cm2=1.0)):
        with pytest.raises(Conflict, match="its id stays taken"):
            store.add(cell)
    assert store.list().cells == ()
    assert [line.action for line in store.audit.entries()] == ["add", "delete"]


def test_deleting_removes_no_data(store, place, make_cell):
    """Published findings rest on them; and the reason may turn out to be wrong."""
    store.add(make_cell())
    files = place.raw_files()[1]
    store.delete("A1", "no longer wanted")
    assert store.sweep(timedelta(0)).n_files == 0
    assert place.raw_files()[1] == files


def test_what_is_not_there_cannot_be_changed(store, make_cell):
    for act in (
        lambda: store.correct("A1", make_cell(), "reason"),
        lambda: store.finish("A1", LIFE),
        lambda: store.delete("A1", "reason"),
    ):
        with pytest.raises(UnknownName, match="No cell 'A1'"):
            act()
    store.add(make_cell())
    with pytest.raises(UnknownName, match="'A1' has no version 2; it has versions 1 to 1"):
        store.get("A1", version=2)


def test_a_finished_cell_carries_its_label_and_its_raw_data_stay(store, make_cell, assert_same):
    """Retraining on the lab's own cells needs lives beside the cycling they came from."""
    store.add(make_cell())
    finished = store.finish("A1", LIFE)
    assert (finished.version, finished.outcome) == (2, LIFE)
    assert_same(store.get("A1"), make_cell())
    assert [each.outcome for each in store.versions("A1")] == [None, LIFE]
    assert store.finish("A1", LIFE) == finished


def test_a_control_is_an_uncoated_cell_that_is_there(store, make_cell):
    bare = Recipe(CellDesign("Li||Cu"), Coating(()))
    with pytest.raises(UnknownName, match="No cell 'bare'"):
        store.add(make_cell(), control_id="bare")
    with pytest.raises(InvalidRecord, match="cannot be its own control"):
        store.add(make_cell(), control_id="A1")
    store.add(make_cell("bare", recipe=bare))
    store.add(make_cell("coated"))
    with pytest.raises(InvalidRecord, match="'coated' is coated with Cu3N, SBR; name an uncoated"):
        store.add(make_cell(), control_id="coated")
    assert store.add(make_cell(), control_id="bare").control_id == "bare"
    assert [each.cell_id for each in store.each(CellFilter(control_id="bare"))] == ["A1"]


def test_the_instruments_own_file_comes_back_byte_for_byte(store, make_cell):
    content = np.random.default_rng(1).bytes(2_500_000)
    kept = store.add(make_cell(), originals=[Original("run 1.mpr", content), CSV])
    assert [each.name for each in kept.originals] == ["run 1.mpr", "A1.csv"]
    assert store.raw_bytes("A1", "A1.csv") == CSV.content
    chunks = list(store.raw_chunks("A1", "run 1.mpr"))
    assert len(chunks) == 3
    assert b"".join(chunks) == content
    with pytest.raises(
        UnknownName, match=r"no single original file ''; kept with it: run 1\.mpr, A"
    ):
        store.raw_bytes("A1")
    with pytest.raises(UnknownName, match="no single original file 'x'"):
        store.raw_bytes("A1", "x")


def test_an_empty_original_comes_back_empty(folder_store, make_cell):
    folder_store.add(make_cell(), originals=[Original("empty.csv", b"")])
    assert folder_store.raw_bytes("A1") == b"".join(folder_store.raw_chunks("A1")) == b""


def test_two_originals_of_one_name_are_refused(folder_store, make_cell):
    with pytest.raises(InvalidRecord, match=r"two of its files have one name"):
        folder_store.add(make_cell(), originals=[CSV, CSV])


def test_raw_data_that_two_cells_share_are_kept_once(store, place, make_cell):
    store.add(make_cell())
    files = place.raw_files()[1]
    store.add(make_cell("B2"))
    assert place.raw_files()[1] == files


def reads_of(store, path):
    """Return every way to read a file of cell A1."""
    if path.endswith(".raw"):
        return [lambda: store.raw_bytes("A1"), lambda: list(store.raw_chunks("A1"))]
    return [lambda: store.get("A1")]


def test_altered_raw_data_are_refused(store, place, make_cell, assert_same):
    """A descriptor of altered data is a finding that nobody made."""
    store.add(make_cell(), originals=[Original("A1.csv", bytes(50))])
    files, paths = place.raw_files()
    assert len(paths) == 3
    for path in paths:
        whole = files.cat_file(path)
        files.pipe_file(path, whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
        for read in reads_of(store, path):
            with pytest.raises(BrokenStore, match="was altered; restore it"):
                read()
        files.pipe_file(path, whole)
    assert_same(store.get("A1"), make_cell())


def test_missing_raw_data_are_named(store, place, make_cell):
    store.add(make_cell())
    files, paths = place.raw_files()
    files.rm_file(paths[0])
    with pytest.raises(BrokenStore, match=r"\.parquet is missing; restore it"):
        store.get("A1")


def test_a_half_written_cell_is_not_there(store, place, make_cell, assert_same, monkeypatch):
    """Power fails between raw data and entry: the id is still free, and sending again works."""

    def fail(*_):
        raise OSError("power failure")

    monkeypatch.setattr("store.cells.versions.insert_cell", fail)
    with pytest.raises(OSError, match="power failure"):
        store.add(make_cell())
    assert place.raw_files()[1]
    monkeypatch.undo()
    assert store.list().cells == ()
    with pytest.raises(UnknownName):
        store.get("A1")
    store.add(make_cell())
    assert_same(store.get("A1"), make_cell())


def test_facts_are_readable_without_this_code(folder_store, make_cell):
    """A lab's data outlive the program that kept them."""
    folder_store.add(make_cell())
    with folder_store.database.reading() as connection:
        row = connection.exec_driver_sql("SELECT facts FROM cell_versions").one()
    facts = json.loads(row.facts)
    assert facts["recipe"]["coating"]["phases"][0]["name"] == "Cu3N"
    paths = folder_store.blobs.files()
    assert {facts["cycling"]["file"], facts["spectra"]["file"]} == {each.name for each in paths}
