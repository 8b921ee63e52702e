import json
import shutil
import threading

import numpy as np
import pytest

from features.errors import BrokenBundle, SeicastError, UnknownName
from models.shelf import (
    CHAMPION,
    HISTORY,
    Entry,
    champion_entry,
    entries,
    history,
    load_champion,
    promote,
    publish,
    rollback,
    store,
    versions,
)

NAME = "life-handmade"


@pytest.fixture(scope="module")
def bundles(predictor_maker, tmp_path_factory):
    """Return three bundles that answer differently, with the hash of each."""
    folder = tmp_path_factory.mktemp("bundles")
    return [
        (folder / str(seed), predictor_maker(seed=seed).save(folder / str(seed)))
        for seed in range(3)
    ]


@pytest.fixture
def shelf(tmp_path, bundles):
    """Return a shelf with the first bundle as version 1."""
    put(tmp_path / "shelf", bundles[0], 1)
    return tmp_path / "shelf"


def put(shelf, bundle, version, name=NAME):
    folder, sha256 = bundle
    publish(shelf, Entry(name, version, f"run-{version}", sha256), folder)


def test_what_was_published_answers(shelf, bundles, ridge_predictor, training_cells):
    champion = load_champion(shelf, NAME)
    assert champion.entry == Entry(NAME, 1, "run-1", bundles[0][1])
    assert champion.predictor.predict(training_cells) == ridge_predictor.predict(training_cells)


def test_the_last_one_published_answers_and_the_others_stay(shelf, bundles):
    """A way back needs something to go back to."""
    put(shelf, bundles[1], 2)
    assert load_champion(shelf, NAME).entry.version == 2
    assert (shelf / NAME / "v1").is_dir()


def test_publishing_leaves_no_scrap(shelf):
    names = {path.name for path in (shelf / NAME).iterdir()}
    assert names == {"champion.json", "history.jsonl", "v1", "v1.json", ".moves.lock"}


def test_a_reader_sees_the_old_champion_or_the_new_one(shelf, bundles):
    """A service may start at any moment; there is no moment without a whole champion."""
    seen, failures, is_done = set(), [], threading.Event()

    def read():
        while not is_done.is_set():
            try:
                champion = load_champion(shelf, NAME)
                seen.add((champion.entry.version, champion.predictor.task.seed))
            except SeicastError as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for version in range(2, 30):
        put(shelf, bundles[version % 3], version)
    is_done.set()
    reader.join()
    assert failures == []
    assert all(seed == version % 3 or version == 1 for version, seed in seen)


def test_two_that_publish_at_once_leave_one_whole_champion(shelf, bundles):
    """Two trainings may end in the same moment."""
    writers = [threading.Thread(target=put, args=(shelf, bundles[n % 3], 10 + n)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert load_champion(shelf, NAME).entry.version in range(10, 18)
    assert not list((shelf / NAME).glob("*.partial"))


def test_no_flipped_bit_of_a_bundle_goes_unnoticed(shelf):
    """The champion's hash covers the manifest, the manifest covers the rest."""
    rng = np.random.default_rng(1)
    files = sorted((shelf / NAME / "v1").iterdir())
    assert len(files) == 4
    for number in range(60):
        path = files[number % len(files)]
        whole = path.read_bytes()
        altered = bytearray(whole)
        altered[rng.integers(len(altered))] ^= 1 << int(rng.integers(8))
        path.write_bytes(altered)
        with pytest.raises(BrokenBundle):
            load_champion(shelf, NAME)
        path.write_bytes(whole)
    assert load_champion(shelf, NAME)


def test_a_bundle_put_in_the_place_of_another_is_refused(shelf, bundles):
    """It is whole, but nobody registered it under this version."""
    shutil.rmtree(shelf / NAME / "v1")
    shutil.copytree(bundles[1][0], shelf / NAME / "v1")
    with pytest.raises(BrokenBundle, match=f"not the one that was published; train '{NAME}'"):
        load_champion(shelf, NAME)


def test_a_bundle_that_changed_on_the_way_is_not_published(shelf, bundles):
    """The old champion goes on answering."""
    with pytest.raises(BrokenBundle, match=f"'{NAME}' changed while it was copied"):
        publish(shelf, Entry(NAME, 2, "run-2", "0" * 64), bundles[1][0])
    assert load_champion(shelf, NAME).entry.version == 1


def test_an_unknown_name_is_answered_with_those_there_are(shelf, bundles):
    put(shelf, bundles[0], 1, name="another")
    with pytest.raises(UnknownName, match=f"'nobody'; there are: another, {NAME}"):
        load_champion(shelf, "nobody")


def test_an_empty_shelf_tells_how_to_fill_it(tmp_path):
    assert entries(tmp_path / "nowhere") == []
    with pytest.raises(UnknownName, match="run: seicast demo"):
        load_champion(tmp_path / "nowhere", NAME)


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", '{"name": "x"}', '{"nom": 1}'])
def test_an_unreadable_champion_file_is_named(shelf, content):
    (shelf / NAME / "champion.json").write_text(content)
    with pytest.raises(BrokenBundle, match=r"champion\.json cannot be read"):
        load_champion(shelf, NAME)


def test_entries_come_by_name(shelf, bundles):
    put(shelf, bundles[0], 4, name="a-first")
    assert [(entry.name, entry.version) for entry in entries(shelf)] == [("a-first", 4), (NAME, 1)]
    assert json.loads((shelf / NAME / "champion.json").read_text())["run_id"] == "run-1"


def numbers(found):
    return [entry.version for entry in found]


def test_versions_are_all_that_can_be_gone_back_to(shelf, bundles):
    put(shelf, bundles[2], 10)
    put(shelf, bundles[1], 2)
    assert numbers(versions(shelf, NAME)) == [1, 2, 10]
    shutil.rmtree(shelf / NAME / "v2")
    assert numbers(versions(shelf, NAME)) == [1, 10]


def test_a_stored_version_answers_only_once_it_is_promoted(shelf, bundles):
    entry = Entry(NAME, 2, "run-2", bundles[1][1])
    store(shelf, entry, bundles[1][0])
    assert load_champion(shelf, NAME).entry.version == 1
    promote(shelf, entry)
    assert load_champion(shelf, NAME).predictor.task.seed == 1


def test_what_is_not_on_the_shelf_cannot_be_promoted(shelf, bundles):
    with pytest.raises(UnknownName, match=rf"Version 7 of '{NAME}'.*holds \[1\]"):
        promote(shelf, Entry(NAME, 7, "run-7", bundles[0][1]))
    with pytest.raises(UnknownName):
        promote(shelf, Entry(NAME, 1, "run-1", "0" * 64))
    assert champion_entry(shelf, NAME).version == 1


def test_the_way_back_leads_through_those_who_answered(shelf, bundles):
    """Back from 3 to 2, then to 1; what was rolled back is not gone back to."""
    put(shelf, bundles[1], 2)
    put(shelf, bundles[2], 3)
    assert rollback(shelf, NAME).version == 2
    assert load_champion(shelf, NAME).predictor.task.seed == 1
    assert rollback(shelf, NAME).version == 1
    with pytest.raises(UnknownName, match="No other version"):
        rollback(shelf, NAME)
    assert numbers(history(shelf, NAME)) == [1, 2, 3, 2, 1]


def test_after_a_rollback_the_next_champion_follows_the_one_in_office(shelf, bundles):
    put(shelf, bundles[1], 2)
    rollback(shelf, NAME)
    put(shelf, bundles[2], 3)
    assert rollback(shelf, NAME).version == 1


def test_a_move_cut_short_never_happened(shelf, bundles):
    """The line is written, then the power fails: the champion file decides."""
    put(shelf, bundles[1], 2)
    before = (shelf / NAME / CHAMPION).read_bytes()
    put(shelf, bundles[2], 3)
    (shelf / NAME / CHAMPION).write_bytes(before)
    assert rollback(shelf, NAME).version == 1


def test_a_shelf_of_before_there_was_a_history_has_a_way_back(shelf, bundles):
    (shelf / NAME / HISTORY).unlink()
    (shelf / NAME / "v1.json").unlink()
    put(shelf, bundles[1], 2)
    assert rollback(shelf, NAME).version == 1


def test_an_unreadable_champion_file_is_healed_by_the_next_one(shelf, bundles):
    (shelf / NAME / CHAMPION).write_text("{")
    put(shelf, bundles[1], 2)
    assert load_champion(shelf, NAME).entry.version == 2


def test_an_unreadable_history_is_named(shelf):
    (shelf / NAME / HISTORY).write_text("{}\n")
    with pytest.raises(BrokenBundle, match=r"history\.jsonl cannot be read"):
        rollback(shelf, NAME)


def test_who_is_about_to_answer_is_told_before_anything_moves_and_may_be_refused(shelf, bundles):
    """So that a move can be written down first: what cannot be written down does not happen."""
    put(shelf, bundles[1], 2)
    told = []

    def refuse(entry):
        told.append((entry.version, champion_entry(shelf, NAME).version))
        raise SeicastError("no line, no move")

    before = history(shelf, NAME)
    for move in (lambda: rollback(shelf, NAME, refuse), lambda: promote(shelf, before[0], refuse)):
        with pytest.raises(SeicastError, match="no line"):
            move()
    assert told == [(1, 2), (1, 2)]
    assert champion_entry(shelf, NAME).version == 2
    assert history(shelf, NAME) == before
