import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import models.bundle
from features.errors import BrokenBundle, StaleBundle
from models import Predictor, arrays_file
from models.bundle import (
    ARRAYS,
    CONTENT,
    DIGEST,
    MANIFEST,
    STRUCTURE,
    bundle_sha256,
    read_bundle,
    verify_bundle,
    write_bundle,
)
from models.estimators import estimator_names

FILES = (*CONTENT, MANIFEST, DIGEST)
HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]


@pytest.fixture
def bundle(ridge_predictor, tmp_path):
    folder = tmp_path / "bundle"
    ridge_predictor.save(folder)
    return folder


@pytest.fixture
def trees_bundle(predictor_maker, tmp_path):
    folder = tmp_path / "trees"
    predictor_maker("gradient_boosting").save(folder)
    return folder


@pytest.fixture
def no_parser(monkeypatch):
    """Make any attempt at parsing content an error of its own."""

    def parsed(*_, **__):
        raise AssertionError("altered content was parsed")

    monkeypatch.setattr(models.bundle.arrays_file, "from_bytes", parsed)


def sealed(folder, content):
    """Write a manifest with its right checksum, as a forger would."""
    (folder / MANIFEST).write_bytes(content)
    line = f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n"
    (folder / DIGEST).write_text(line)


def edit_manifest(folder, **changes):
    manifest = json.loads((folder / MANIFEST).read_text()) | changes
    sealed(folder, json.dumps(manifest).encode())


def put(folder, name, content):
    """Replace a file together with all checksums, as a forger would."""
    (folder / name).write_bytes(content)
    files = json.loads((folder / MANIFEST).read_text())["files"]
    stated = {"sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content)}
    edit_manifest(folder, files=files | {name: stated})


def edit_arrays(folder, **changes):
    arrays = arrays_file.from_bytes((folder / ARRAYS).read_bytes())
    for name, change in changes.items():
        path = name.replace("__", ".")
        if change is None:
            arrays.pop(path)
        else:
            arrays[path] = change(arrays[path].copy()) if path in arrays else change(None)
    put(folder, ARRAYS, arrays_file.to_bytes(arrays))


def corrupted(content, rng):
    """Flip a bit, overwrite eight bytes, or cut: what disks, networks and people do."""
    altered, kind = bytearray(content), int(rng.integers(3))
    if kind == 0:
        altered[rng.integers(len(altered))] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        start = int(rng.integers(len(altered)))
        altered[start : start + 8] = rng.bytes(8)
    else:
        del altered[rng.integers(len(altered)) :]
    return bytes(altered)


def assert_refused_however_corrupted(folder, n_times, seed):
    rng = np.random.default_rng(seed)
    whole = {name: (folder / name).read_bytes() for name in FILES}
    for number in range(n_times):
        name = FILES[number % len(FILES)]
        altered = corrupted(whole[name], rng)
        if altered == whole[name]:
            continue
        (folder / name).write_bytes(altered)
        with pytest.raises(BrokenBundle):
            read_bundle(folder)
        (folder / name).write_bytes(whole[name])
    assert read_bundle(folder)


# ---------------------------------------------------------------------------- what survives


def test_a_loaded_predictor_answers_with_the_same_bits(any_predictor, training_cells, tmp_path):
    """Value, bounds, domain, absences: nothing may be lost between training and service."""
    any_predictor.save(tmp_path / "bundle")
    loaded = Predictor.load(tmp_path / "bundle")
    for level in (0.5, 0.9):
        assert loaded.predict(training_cells, level) == any_predictor.predict(training_cells, level)


def test_everything_about_a_predictor_survives(ridge_predictor, bundle):
    loaded = Predictor.load(bundle)
    for name in ("task", "n_cycles", "descriptor_versions", "ranges", "provenance"):
        assert getattr(loaded, name) == getattr(ridge_predictor, name), name
    assert loaded.cells.cell_ids == ridge_predictor.cells.cell_ids
    assert loaded.neighbourhood.limit_sd == ridge_predictor.neighbourhood.limit_sd


def test_a_descriptor_that_no_training_cell_had_survives(ridge_predictor, tmp_path):
    """Its range is NaN, which JSON does not know."""
    never = replace(ridge_predictor.ranges["log10_coating_thickness_nm"], low=np.nan, high=np.nan)
    ranges = {**ridge_predictor.ranges, "log10_coating_thickness_nm": never}
    replace(ridge_predictor, ranges=ranges).save(tmp_path / "bundle")
    assert np.isnan(Predictor.load(tmp_path / "bundle").ranges["log10_coating_thickness_nm"].low)


def test_a_prior_and_a_cap_survive(predictor_maker, training_cells, tmp_path):
    predictor = predictor_maker("ridge", prior="log10_coating_thickness_nm", cap_ratio=1.25)
    predictor.save(tmp_path / "bundle")
    assert Predictor.load(tmp_path / "bundle").predict(training_cells) == predictor.predict(
        training_cells
    )


# -------------------------------------------------------------------------- the same bytes


def test_the_same_data_and_seed_make_the_same_bytes(any_predictor, predictor_maker, tmp_path):
    """A hash that depends on the clock or on addresses in memory proves nothing."""
    task = any_predictor.task
    again = predictor_maker(task.model, is_scaled=task.is_scaled)
    hashes = {any_predictor.save(tmp_path / "first"), again.save(tmp_path / "second")}
    assert len(hashes) == 1
    for name in FILES:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_another_seed_makes_another_hash(predictor_maker, tmp_path):
    assert predictor_maker(seed=0).save(tmp_path / "0") != predictor_maker(seed=1).save(
        tmp_path / "1"
    )


@pytest.mark.parametrize("n_threads", ["1", "2"])
def test_another_process_makes_the_same_bytes_on_any_number_of_threads(
    predictor_maker, tmp_path, n_threads
):
    """Hash seed, addresses, order of imports and threads differ there; the content does not."""
    names = ("gaussian_process", "blend:svr+gradient_boosting+tobit")
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import conftest\n"
        "for n, name in enumerate(sys.argv[3:]):\n"
        "    print(conftest.make_predictor(name).save(Path(sys.argv[2]) / str(n)))"
    )
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), n_threads)
    reply = run_python(code, str(HERE), str(tmp_path), *names, **threads)
    here = [predictor_maker(name).save(tmp_path / f"here-{n}") for n, name in enumerate(names)]
    assert reply.split() == here


def run_python(code, *arguments, **environment):
    reply = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=CHECKOUT,
        env={**os.environ, **environment},
    )
    return reply.stdout


# ----------------------------------------------------------------------- nothing that runs


def test_loading_and_answering_takes_no_machine_learning_library(predictor_maker, tmp_path):
    """What is not loaded cannot be attacked, and has no version to agree with."""
    for name in estimator_names():
        predictor_maker(name).save(tmp_path / name)
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from models import Predictor\n"
        "from models.bundle import verify_bundle\n"
        "from models.shelf import load_champion\n"
        "from features import Cell, CellDesign, Recipe, Source\n"
        "cell = Cell('A1', Recipe(CellDesign('Li||Cu')), Source('measured'))\n"
        "for folder in Path(sys.argv[2]).iterdir():\n"
        "    verify_bundle(folder)\n"
        "    Predictor.load(folder).predict([cell])\n"
        "print(*sys.modules)"
    )
    loaded = run_python(code, str(CHECKOUT), str(tmp_path)).split()
    # pyarrow, which reads Parquet, looks for cloudpickle by itself.
    strangers = {"sklearn", "joblib", "xgboost", "skops", "dill", "mlflow"}
    assert "numpy" in loaded
    assert not {name.partition(".")[0] for name in loaded} & strangers


def test_nothing_in_the_rooms_that_read_files_imports_pickle():
    """A pickle runs what it holds; so the word must not occur."""
    for room in ("features", "store", "models", "serving"):
        for path in (CHECKOUT / room).rglob("*.py"):
            words = {word for line in imports_of(path) for word in line.replace(",", " ").split()}
            assert not words & {"pickle", "joblib", "cloudpickle", "dill", "marshal"}, path


def imports_of(path):
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line.startswith(("import ", "from "))]


# ------------------------------------------------------------------------ what is refused


@pytest.mark.usefixtures("no_parser")
@pytest.mark.parametrize("name", CONTENT)
def test_no_altered_file_is_ever_parsed(bundle, name):
    """Whoever parses first and checks later has already read what the attacker wrote."""
    rng = np.random.default_rng(0)
    whole = (bundle / name).read_bytes()
    for _ in range(100):
        altered = bytearray(whole)
        altered[rng.integers(len(altered))] ^= 1 << int(rng.integers(8))
        (bundle / name).write_bytes(altered)
        with pytest.raises(BrokenBundle, match=rf"{name} does not have the checksum"):
            read_bundle(bundle)


def test_no_corruption_of_any_file_goes_unnoticed(bundle):
    assert_refused_however_corrupted(bundle, 400, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gaussian_process", "gradient_boosting", "blend"])
def test_no_corruption_goes_unnoticed_thousands_of_times(predictor_maker, tmp_path, model):
    predictor_maker(model).save(tmp_path / "bundle")
    assert_refused_however_corrupted(tmp_path / "bundle", 1000, seed=1)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(bundle, name):
    (bundle / name).unlink()
    with pytest.raises(BrokenBundle, match=f"{name} is missing"):
        read_bundle(bundle)


def test_a_file_too_many_is_refused_and_named(bundle):
    """A loader that overlooks a file may one day run it."""
    (bundle / "loader.py").write_text("print('here I am')")
    with pytest.raises(BrokenBundle, match=r"loader\.py"):
        read_bundle(bundle)


@pytest.mark.parametrize("name", FILES)
def test_links_are_refused(bundle, name):
    """They lead out of the folder that was checked."""
    (bundle / name).rename(bundle.with_name("elsewhere"))
    (bundle / name).symlink_to(bundle.with_name("elsewhere"))
    with pytest.raises(BrokenBundle, match=r"no plain file|is missing"):
        read_bundle(bundle)


def test_a_link_to_a_bundle_is_refused(bundle):
    link = bundle.with_name("link")
    link.symlink_to(bundle)
    with pytest.raises(BrokenBundle):
        read_bundle(link)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b"[" * 99999])
def test_a_manifest_that_is_none_is_refused(bundle, content):
    sealed(bundle, content)
    with pytest.raises(BrokenBundle, match="train again"):
        read_bundle(bundle)


def test_a_manifest_with_a_key_too_many_or_too_few_is_refused(bundle):
    edit_manifest(bundle, loader_module="os")
    with pytest.raises(BrokenBundle, match="other keys"):
        read_bundle(bundle)
    manifest = json.loads((bundle / MANIFEST).read_text())
    del manifest["loader_module"], manifest["golden"]
    sealed(bundle, json.dumps(manifest).encode())
    with pytest.raises(BrokenBundle, match="other keys"):
        read_bundle(bundle)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("task", "model_class", "os.system"),
        ("task", "seed", "0"),
        ("task", "scale", "exec"),
        ("task", "is_scaled", 1),
        ("provenance", "kinds", {"measured": "many"}),
        ("provenance", "cell_types", "Li||Cu"),
        ("interval", "n_groups", 1000000000.0),
        ("interval", "is_scaled", True),
        ("ranges", "another_mV", {"low": 0, "high": 1, "sd": 1, "is_always_present": True}),
    ],
)
def test_facts_of_another_kind_are_refused(bundle, part, key, value):
    facts = json.loads((bundle / MANIFEST).read_text())[part]
    edit_manifest(bundle, **{part: facts | {key: value}})
    with pytest.raises(BrokenBundle):
        read_bundle(bundle)


@pytest.mark.parametrize("value", ["nan", [], -1, {"a": 1}])
@pytest.mark.parametrize("key", ["nearest_limit_sd", "n_cycles", "ranges", "task", "files"])
def test_a_manifest_of_other_types_is_refused(bundle, key, value):
    edit_manifest(bundle, **{key: value})
    with pytest.raises(BrokenBundle):
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


def test_another_format_is_refused(bundle):
    edit_manifest(bundle, format=0)
    with pytest.raises(StaleBundle, match="has format 0"):
        read_bundle(bundle)


def test_a_bundle_of_the_first_format_is_stale_and_not_broken(bundle):
    """Whoever upgrades is to read what to do."""
    for name in CONTENT:
        (bundle / name).unlink()
    (bundle / DIGEST).unlink()
    (bundle / "pipelines.skops").write_bytes(b"")
    with pytest.raises(StaleBundle, match="has format 1"):
        read_bundle(bundle)


# ------------------------------------------------------------- forged with right checksums


def nan_first(array):
    array.flat[0] = np.nan
    return array


@pytest.mark.parametrize(
    "changes",
    [
        {"model__weight": None},
        {"model__weight": nan_first},
        {"model__weight": lambda array: array[:, :-1]},
        {"model__weight": lambda array: array[:-1]},
        {"model__weight": lambda array: array.astype(np.float32)[..., None]},
        {"model__preparation__scale": lambda array: 0 * array},
        {"model__preparation__lower": lambda array: array + 1e9},
        {"model__preparation__is_flagged": lambda array: array.astype(np.int32)},
        {"model__preparation__is_flagged": lambda array: array[:, :0]},
        {"model__preparation__flagged": lambda array: array + 3},
        {"model__preparation__flagged": lambda array: array - 3},
        {"interval__fold": lambda array: array + 1},
        {"interval__fold": lambda array: array - 1},
        {"interval__row": lambda array: array + 100},
        {"interval__residual": lambda array: -array - 1},
        {"interval__residual": nan_first},
        {"interval__weight": lambda array: array * 2},
        {"interval__weight": lambda array: array[1:]},
        {"cells__labels": nan_first},
        {"cells__descriptors": lambda array: array[:, 1:]},
        {"cells__is_learnt": lambda array: array & False},
        {"neighbourhood__sd": lambda array: array[1:]},
        {"another": lambda _: np.zeros(3)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_arrays_that_do_not_agree_are_refused(bundle, changes):
    edit_arrays(bundle, **changes)
    with pytest.raises(BrokenBundle):
        read_bundle(bundle)


def patched(array, rng, low, high):
    inner = np.flatnonzero(array.ravel() > 0)
    array.flat[rng.choice(inner)] = rng.integers(low, high)
    return array


@pytest.mark.parametrize("seed", range(200))
def test_hostile_trees_are_refused_before_anyone_walks_them(trees_bundle_once, tmp_path, seed):
    """A child that leads back is a walk without end; one outside the array reads other memory."""
    rng = np.random.default_rng(seed)
    arrays = dict(trees_bundle_once)
    name = ("model.left", "model.right", "model.descriptor")[seed % 3]
    low, high = [(-(2**31), 0), (10_000, 2**31 - 1)][seed % 2]
    if name != "model.descriptor" and seed % 5 == 0:
        low, high = 0, 1  # back to the root
    if name == "model.descriptor" and low < 0:
        high = -1  # -1 is a leaf, which must have no children
    arrays[name] = patched(arrays[name].copy(), rng, low, high)
    with pytest.raises(BrokenBundle, match="A node of a tree"):
        models.bundle.put_together({"kind": "trees"}, arrays, "model")


@pytest.fixture(scope="module")
def trees_bundle_once(predictor_maker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trees") / "bundle"
    predictor_maker("gradient_boosting").save(folder)
    arrays = arrays_file.from_bytes((folder / ARRAYS).read_bytes())
    return {name: array for name, array in arrays.items() if name.startswith("model.")}


def test_a_tree_deeper_than_any_here_is_refused(trees_bundle):
    def chain(n_nodes):
        return np.arange(1, n_nodes + 1, dtype=np.int32)

    arrays = arrays_file.from_bytes((trees_bundle / ARRAYS).read_bytes())
    n_models, n_trees, _ = arrays["model.left"].shape
    n_nodes = 201
    child = np.append(chain(n_nodes - 1), np.int32(0)).astype(np.int32)
    deep = np.broadcast_to(child, (n_models, n_trees, n_nodes)).copy()
    looked_at = np.where(deep == 0, -1, 0).astype(np.int32)
    edit_arrays(
        trees_bundle,
        model__left=lambda _: deep,
        model__right=lambda _: deep,
        model__descriptor=lambda _: looked_at,
        model__threshold=lambda _: np.zeros(deep.shape, np.float32),
        model__is_blank_left=lambda _: np.zeros(deep.shape, bool),
    )
    with pytest.raises(BrokenBundle, match="deeper than"):
        read_bundle(trees_bundle)


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        {},
        {"kind": "os.system"},
        {"kind": ["linear"]},
        {"kind": "preparation"},
        {"kind": "linear"},
        {"kind": "linear", "preparation": {"kind": "constant"}},
        {"kind": "linear", "preparation": {"kind": "preparation"}, "more": {"kind": "constant"}},
        {"kind": "blend", "members": []},
        {"kind": "blend", "members": [{"kind": "preparation"}]},
    ],
    ids=lambda tree: str(tree)[:40],
)
def test_a_structure_of_unknown_pieces_is_refused(bundle, tree):
    """The list of pieces stands in code; right checksums do not make a stranger a friend."""
    structure = json.loads((bundle / STRUCTURE).read_text())
    put(bundle, STRUCTURE, json.dumps(structure | {"model": tree}).encode())
    with pytest.raises(BrokenBundle):
        read_bundle(bundle)


def test_a_structure_nested_without_end_is_refused(bundle):
    nested = b'{"cell_ids": [], "model": ' + b'{"kind": "offset", "residual": ' * 5000
    put(bundle, STRUCTURE, nested + b"1" + b"}" * 5001)
    with pytest.raises(BrokenBundle):
        read_bundle(bundle)


# ------------------------------------------------------------------------- golden answers


def test_a_whole_bundle_is_verified_by_its_golden_answers(any_predictor, tmp_path):
    sha256 = any_predictor.save(tmp_path / "bundle")
    assert verify_bundle(tmp_path / "bundle") == sha256 == bundle_sha256(tmp_path / "bundle")


def test_an_answer_off_by_a_bit_is_refused(bundle):
    """Right checksums and shapes, and yet another model: only its answers tell."""
    edit_arrays(bundle, model__intercept=lambda array: np.nextafter(array, np.inf))
    assert read_bundle(bundle)
    with pytest.raises(BrokenBundle, match="answers otherwise"):
        verify_bundle(bundle)


def test_golden_answers_of_other_rows_are_refused(bundle):
    golden = json.loads((bundle / MANIFEST).read_text())["golden"]
    golden["value_lower_upper"][0][0] += 1e-12
    edit_manifest(bundle, golden=golden)
    with pytest.raises(BrokenBundle, match="answers otherwise"):
        verify_bundle(bundle)


def test_saving_replaces_a_bundle_whole_and_leaves_nothing_beside_it(
    bundle, predictor_maker, training_cells, tmp_path
):
    other = predictor_maker("mean")
    sha256 = write_bundle(other, bundle)
    assert bundle_sha256(bundle) == sha256
    assert Predictor.load(bundle).predict(training_cells) == other.predict(training_cells)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
