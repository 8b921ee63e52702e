import tomllib

import pytest

from features.errors import InvalidRecord, UnknownName
from features.registry import catalogue
from models.estimators import estimator_names
from seicast.demo import MEASURED_RUNS, VIRTUAL_RUNS
from training.cohorts import cohort_names
from training.data_folders import DATA_SETS
from training.run_config import RUNS, RunConfig, load_config
from training.targets import target_of

SHIPPED = sorted(RUNS.glob("*.toml"))
LEAST = """
name = "a-run"
target = "cycle_life"
cohort = "virtual"
models = ["ridge"]
baseline = ["is_coated"]
[descriptor_sets]
one = ["is_coated"]
"""


@pytest.fixture(params=SHIPPED, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="a-run.toml"):
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path / name

    return to_file


def test_every_shipped_run_names_only_what_exists(path):
    """A run that fails after an hour for a misspelt name has cost an hour."""
    config = load_config(path)
    assert set(config.descriptor_names) <= set(catalogue())
    assert set(config.models) <= set(estimator_names())
    assert config.cohort in cohort_names()
    assert target_of(config.target)


def test_a_shipped_run_is_called_as_its_file(path):
    """Then the name in a reply leads back to the file."""
    assert load_config(path).name == path.stem
    assert load_config(path.stem) == load_config(path.name) == load_config(path)


def test_no_shipped_set_holds_a_descriptor_twice(path):
    for names in tomllib.loads(path.read_text())["descriptor_sets"].values():
        assert len(set(names)) == len(names)


def test_recipe_runs_look_at_no_cycle(path):
    """A prediction before the first cycle must not need one."""
    config = load_config(path)
    assert (config.n_cycles is None) == (path.stem.endswith("recipe") or config.cohort == "kim2023")


def test_the_demo_trains_every_shipped_run():
    assert {*VIRTUAL_RUNS, *MEASURED_RUNS} == {path.stem for path in SHIPPED}
    assert set(MEASURED_RUNS.values()) <= set(DATA_SETS)


def test_the_least_a_run_must_say_is_enough(write):
    config = load_config(write(LEAST))
    assert (config.n_cycles, config.seed, config.descriptor_names) == (None, 0, ["is_coated"])


def test_an_unknown_key_is_refused_by_name(write):
    """A misspelt option silently left out is the costliest kind."""
    with pytest.raises(InvalidRecord, match=r"(?s)a-run\.toml.*n_slection_folds"):
        load_config(write("n_slection_folds = 3" + LEAST))


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("n_test_folds = 1", "n_test_folds"),
        ("n_selection_repeats = 0", "n_selection_repeats"),
        ("n_cycles = -1", "n_cycles"),
        ('seed = "a"', "seed"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(write, line, named):
    with pytest.raises(InvalidRecord, match=named):
        load_config(write(line + LEAST))


@pytest.mark.parametrize("name", ["", "../up", "A Run", "a--b", "-a", "a/b"])
def test_a_name_that_makes_no_folder_is_refused(name):
    """It becomes a folder on the shelf and a part of an address."""
    with pytest.raises(ValueError, match="name"):
        RunConfig(**(tomllib.loads(LEAST) | {"name": name}))


@pytest.mark.parametrize("key", ["models", "baseline", "descriptor_sets"])
def test_nothing_to_choose_from_is_refused(key):
    empty = {} if key == "descriptor_sets" else []
    with pytest.raises(ValueError, match=key):
        RunConfig(**(tomllib.loads(LEAST) | {key: empty}))


@pytest.mark.parametrize("content", ["name = ", "[[", b"\xff\xfe\x00"])
def test_a_file_that_is_no_toml_is_named(write, content):
    with pytest.raises(InvalidRecord, match=r"a-run\.toml"):
        load_config(write(content))


def test_a_file_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(UnknownName, match="cycle_life-virtual-recipe"):
        load_config("nobody")
