"""A model is swapped while the service answers: whole, verified, or not at all."""

import dataclasses
import json
import sys
import threading

import numpy as np
import pytest

from models import shelf as shelf_folder
from models.bundle import bundle_sha256
from serving import verification
from serving.answers import predictions_of
from serving.shelf_watch import ShelfWatch


@pytest.fixture(scope="module")
def variants(champion_maker):
    """Return models that answer differently, each trained once."""
    chosen = (DESCRIPTORS, DESCRIPTORS[:1], DESCRIPTORS[1:])
    return [champion_maker("a", descriptors=descriptors) for descriptors in chosen]


@pytest.fixture
def publish(tmp_path, variants):
    """Return a function that publishes a version of a model."""

    def published(name, version):
        champion = variants[version % len(variants)]
        bundle = tmp_path / "bundles" / f"{name}-{version}"
        champion.predictor.save(bundle)
        entry = dataclasses.replace(
            champion.entry, name=name, version=version, bundle_sha256=bundle_sha256(bundle)
        )
        shelf_folder.publish(tmp_path / "shelf", entry, bundle)
        return tmp_path / "shelf" / name / f"v{version}"

    return published


DESCRIPTORS = ("log10_current_density_mA_cm2", "log10_areal_capacity_mAh_cm2")


def passing(folders):
    return dict.fromkeys(folders)


def versions(watch):
    return {name: champion.entry.version for name, champion in watch.current.ready.items()}


def test_new_models_and_versions_are_taken_up(publish, tmp_path):
    publish("a", 1)
    watch = ShelfWatch(tmp_path / "shelf", passing)
    watch.look()
    assert versions(watch) == {"a": 1}
    publish("a", 2)
    publish("b", 1)
    watch.look()
    assert versions(watch) == {"a": 2, "b": 1}


def test_what_did_not_change_is_not_loaded_again(publish, tmp_path):
    publish("a", 1)
    seen = []
    watch = ShelfWatch(tmp_path / "shelf", lambda folders: seen.extend(folders) or passing(folders))
    watch.look()
    kept = watch.current
    watch.look()
    assert watch.current is kept
    assert len(seen) == 1


def test_a_bundle_that_fails_leaves_the_one_before_at_work(publish, tmp_path):
    publish("a", 1)
    watch = ShelfWatch(tmp_path / "shelf")
    watch.look()
    folder = publish("a", 2)
    file = next(path for path in folder.iterdir() if path.name != "manifest.json")
    file.write_bytes(file.read_bytes()[:-1])
    watch.look()
    assert versions(watch) == {"a": 1}
    assert "Version 1 goes on" in watch.current.broken["a"]
    assert str(tmp_path) not in watch.current.broken["a"]
    publish("a", 3)
    watch.look()
    assert versions(watch) == {"a": 3}
    assert watch.current.broken == {}


def test_a_model_taken_from_the_shelf_answers_no_more(publish, tmp_path):
    publish("a", 1)
    watch = ShelfWatch(tmp_path / "shelf", passing)
    watch.look()
    (tmp_path / "shelf" / "a" / "champion.json").unlink()
    watch.look()
    assert versions(watch) == {}


class Askers:
    """Four threads that ask, and note whenever a version answers otherwise than before."""

    def __init__(self, watch, cell):
        self.watch, self.cell = watch, cell
        self.golden, self.wrong = {}, []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(4)]

    def ask(self):
        while not self.stop.is_set():
            reply = predictions_of([self.cell], self.watch.current, level=0.8, model=None)
            answer = reply.cells[0].predictions[0]
            numbers = (answer.value, answer.lower, answer.upper)
            if self.golden.setdefault(answer.model.version, numbers) != numbers:
                self.wrong.append(answer.model.version)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_answers_under_swaps_are_each_those_of_the_version_they_name(publish, tmp_path, cell_maker):
    """50 swaps, ten of them to a broken bundle, while four threads ask."""
    publish("a", 1)
    watch = ShelfWatch(tmp_path / "shelf", passing)
    watch.look()
    with Askers(watch, cell_maker(3)) as askers:
        for version in range(2, 52):
            manifest = publish("a", version) / "manifest.json"
            if version % 5 == 0:
                manifest.write_bytes(manifest.read_bytes()[:-2])
            watch.look()
            assert versions(watch)["a"] == (version if version % 5 else version - 1)
    assert not askers.wrong
    assert len(askers.golden) > 1


def test_a_folder_that_kills_the_verifying_process_is_refused_alone(publish, monkeypatch):
    good, bad, late = publish("a", 1), publish("b", 1), publish("c", 1)
    killer = (
        "import os, sys\n"
        "from serving import verification\n"
        "why_not = verification._why_not\n"
        "verification._why_not = lambda f: os.kill(os.getpid(), 9) if 'b' == f.parent.name "
        "else why_not(f)\n"
        "verification.main(sys.argv[1:])\n"
    )
    run = verification.subprocess.run

    def run_killer(command, **options):
        return run([sys.executable, "-c", killer, *command[3:]], **options)

    monkeypatch.setattr(verification.subprocess, "run", run_killer)
    verdicts = verification.verified([good, bad, late])
    assert verdicts[good] is None
    assert verdicts[late] is None
    assert "code -9" in verdicts[bad]


def test_a_folder_that_hangs_is_refused(publish, monkeypatch):
    folder = publish("a", 1)
    monkeypatch.setattr(verification, "TIMEOUT_S", 0.01)
    assert "within" in verification.verified([folder])[folder]


def test_random_damage_is_refused_by_the_verifying_process(publish):
    """Whatever is altered, the checksum speaks before anything is parsed."""
    folder = publish("a", 1)
    random = np.random.default_rng(0)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for _ in range(20):
        file = files[random.integers(len(files))]
        content = file.read_bytes()
        place = int(random.integers(len(content)))
        damaged = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        if file.name == "manifest.json" and _same_json(content, damaged):
            continue
        file.write_bytes(damaged)
        assert verification._why_not(folder) is not None
        file.write_bytes(content)
    assert verification._why_not(folder) is None


def _same_json(one, other):
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return False
