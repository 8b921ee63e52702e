import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sklearn
import skops.io
from sklearn.base import BaseEstimator, RegressorMixin

import models.bundle
from features.errors import BrokenBundle, StaleBundle
from models import Predictor
from models.bundle import MANIFEST, bundle_sha256, read_bundle, write_bundle

PARSED = ("pipelines.skops", "interval.json")


class Stranger(RegressorMixin, BaseEstimator):
    """An estimator nobody vouches for; it leaves a mark when it is built or asked."""

    built = 0

    def __setstate__(self, state):
        type(self).built += 1
        super().__setstate__(state)

    def fit(self, X, y):
        return self

    def predict(self, X):
        type(self).built += 1
        return np.zeros(len(X))


@pytest.fixture
def bundle(ridge_predictor, tmp_path):
    folder = tmp_path / "bundle"
    ridge_predictor.save(folder)
    return folder


@pytest.fixture
def no_parser(monkeypatch):
    """Make any attempt at parsing content an error of its own."""

    def parsed(*_, **__):
        raise AssertionError("altered content was parsed")

    monkeypatch.setattr(models.bundle.skops.io, "loads", parsed)


def edit_manifest(folder, **changes):
    manifest = json.loads((folder / MANIFEST).read_text()) | changes
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2))


def put(folder, name, content):
    """Replace a file together with its checksum, as a forger would."""
    (folder / name).write_bytes(content)
    files = json.loads((folder / MANIFEST).read_text())["files"]
    edit_manifest(folder, files=files | {name: hashlib.sha256(content).hexdigest()})


def flip(path, rng):
    """Flip one bit somewhere in a file."""
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)


def test_a_loaded_predictor_answers_with_the_same_bits(predictor, training_cells, tmp_path):
    """Value, bounds, domain, absences: nothing may be lost between training and service."""
    predictor.save(tmp_path / "bundle")
    loaded = Predictor.load(tmp_path / "bundle")
    for level in (0.5, 0.9):
        assert loaded.predict(training_cells, level) == predictor.predict(training_cells, level)


def test_everything_about_a_predictor_survives(ridge_predictor, bundle):
    loaded = Predictor.load(bundle)
    for name in ("task", "n_cycles", "descriptor_versions", "ranges", "provenance"):
        assert getattr(loaded, name) == getattr(ridge_predictor, name), name


def test_a_descriptor_that_no_training_cell_had_survives(ridge_predictor, tmp_path):
    """Its range is NaN, which JSON does not know."""
    never = replace(ridge_predictor.ranges["log10_coating_thickness_nm"], low=np.nan, high=np.nan)
    ranges = {**ridge_predictor.ranges, "log10_coating_thickness_nm": never}
    replace(ridge_predictor, ranges=ranges).save(tmp_path / "bundle")
    assert np.isnan(Predictor.load(tmp_path / "bundle").ranges["log10_coating_thickness_nm"].low)


@pytest.mark.parametrize("model", ["ridge", "gaussian_process"])
def test_the_same_data_and_seed_make_the_same_bytes(model, predictor_maker, tmp_path):
    """A hash that depends on the clock or on addresses in memory proves nothing."""
    hashes = {predictor_maker(model).save(tmp_path / name) for name in ("first", "second")}
    assert len(hashes) == 1
    for name in (*PARSED, MANIFEST):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_another_seed_makes_another_hash(predictor_maker, tmp_path):
    assert predictor_maker(seed=0).save(tmp_path / "0") != predictor_maker(seed=1).save(
        tmp_path / "1"
    )


@pytest.mark.usefixtures("no_parser")
def test_no_altered_file_is_ever_parsed(bundle):
    """Whoever parses first and checks later has already run what the attacker wrote."""
    rng = np.random.default_rng(0)
    whole = {name: (bundle / name).read_bytes() for name in PARSED}
    for number in range(200):
        name = PARSED[number % 2]
        flip(bundle / name, rng)
        with pytest.raises(BrokenBundle, match=rf"{name} does not have the checksum"):
            read_bundle(bundle)
        (bundle / name).write_bytes(whole[name])


@pytest.mark.usefixtures("no_parser")
def test_a_cut_or_a_longer_file_is_refused(bundle):
    for content in (b"", (bundle / "interval.json").read_bytes() + b" "):
        (bundle / "interval.json").write_bytes(content)
        with pytest.raises(BrokenBundle, match="checksum"):
            read_bundle(bundle)


@pytest.mark.parametrize("name", [*PARSED, MANIFEST])
def test_a_missing_file_is_named(bundle, name):
    (bundle / name).unlink()
    with pytest.raises(BrokenBundle, match=f"{name} is missing"):
        read_bundle(bundle)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}"])
def test_a_manifest_that_is_none_is_refused(bundle, content):
    (bundle / MANIFEST).write_bytes(content)
    with pytest.raises(BrokenBundle, match="train again"):
        read_bundle(bundle)


def test_another_version_of_a_descriptor_is_refused_by_name(bundle):
    """The model learnt other numbers than this code would feed it."""
    versions = json.loads((bundle / MANIFEST).read_text())["descriptor_versions"]
    edit_manifest(bundle, descriptor_versions=versions | {"log10_coating_thickness_nm": 99})
    with pytest.raises(StaleBundle, match=r"log10_coating_thickness_nm 99 \(now \d+\)"):
        read_bundle(bundle)


def test_a_descriptor_that_is_gone_is_refused_by_name(bundle):
    edit_manifest(bundle, descriptor_versions={"phlogiston_mV": 1})
    with pytest.raises(StaleBundle, match=r"gone.*phlogiston_mV"):
        read_bundle(bundle)


def test_another_scikit_learn_is_refused_by_version(bundle):
    """Fitted attributes are no stable format; a number off by a release is worse than none."""
    edit_manifest(bundle, scikit_learn="0.1.2")
    with pytest.raises(StaleBundle, match=rf"scikit-learn 0\.1\.2, this is {sklearn.__version__}"):
        read_bundle(bundle)


def test_another_format_is_refused(bundle):
    edit_manifest(bundle, format=0)
    with pytest.raises(StaleBundle, match="has format 0"):
        read_bundle(bundle)


def test_a_type_that_nobody_trusts_is_refused_and_never_built(bundle):
    """The list of types stands in code; right checksums do not make a stranger a friend."""
    put(bundle, "pipelines.skops", skops.io.dumps([Stranger(), Stranger()]))
    with pytest.raises(BrokenBundle, match="Stranger"):
        read_bundle(bundle)
    assert Stranger.built == 0


def test_a_function_of_the_system_is_refused_as_well(bundle):
    put(bundle, "pipelines.skops", skops.io.dumps([subprocess.run]))
    with pytest.raises(BrokenBundle, match="subprocess"):
        read_bundle(bundle)


def test_nothing_in_the_rooms_that_read_files_imports_pickle():
    """A pickle runs what it holds; so the word must not occur."""
    checkout = Path(models.bundle.__file__).parents[1]
    for room in ("features", "store", "models", "serving"):
        for path in (checkout / room).rglob("*.py"):
            words = {word for line in imports_of(path) for word in line.replace(",", " ").split()}
            assert not words & {"pickle", "joblib", "cloudpickle", "dill", "marshal"}, path


def imports_of(path):
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line.startswith(("import ", "from "))]


def test_saving_replaces_a_bundle_whole_and_leaves_nothing_beside_it(
    bundle, predictor_maker, training_cells, tmp_path
):
    other = predictor_maker("mean")
    sha256 = write_bundle(other, bundle)
    assert bundle_sha256(bundle) == sha256
    assert Predictor.load(bundle).predict(training_cells) == other.predict(training_cells)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_another_process_makes_the_same_bytes(bundle):
    """Hash seed, addresses and order of imports differ there; the content does not."""
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import conftest; "
        "print(conftest.make_predictor().save(Path(sys.argv[2])))"
    )
    here = str(Path(__file__).parent)
    reply = subprocess.run(
        [sys.executable, "-c", code, here, str(bundle.with_name("again"))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert reply.stdout.strip() == bundle_sha256(bundle)
