import tomllib
from dataclasses import replace

import numpy as np
import pytest

from features import describe
from features.errors import InvalidRecord, UnknownName
from features.registry import catalogue
from models.estimators import estimator_names
from seicast.demo import MEASURED_RUNS, VIRTUAL_RUNS
from training.cohorts import cohort_names
from training.data_folders import DATA_SETS
from training.run_config import RUNS, RunConfig, load_config, load_configs, shipped_names
from training.targets import target_of
from training.virtual_lab import founding_recipe, simulate

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
TIERED = """
name = "a-run"
target = "cycle_life"
cohort = "virtual"
models = ["ridge"]
[tiers.recipe]
sets = ["one"]
baseline = ["is_coated"]
[tiers.20_cycles_and_spectra]
sets = ["one", "two"]
baseline = ["is_coated"]
[descriptor_sets]
one = ["is_coated"]
two = ["initial_ce_fraction"]
"""


@pytest.fixture(params=SHIPPED, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(params=shipped_names())
def config(request):
    return load_config(request.param)


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="a-run.toml"):
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path / name

    return to_file


def test_every_shipped_run_names_only_what_exists(config):
    """A run that fails after an hour for a misspelt name has cost an hour."""
    assert set(config.descriptor_names) <= set(catalogue())
    assert set(config.models) <= set(estimator_names())
    assert config.cohort in cohort_names()
    assert target_of(config.target)


def test_a_shipped_run_is_called_as_its_file(path):
    """Then the name in a reply leads back to the file."""
    configs = load_configs(path)
    tiers = tomllib.loads(path.read_text()).get("tiers", [""])
    assert [each.name for each in configs] == [
        f"{path.stem}-{t}" if t else path.stem for t in tiers
    ]
    assert load_configs(path.stem) == load_configs(path.name) == configs
    assert [load_config(each.name) for each in configs] == configs


def test_no_shipped_set_holds_a_descriptor_twice(path):
    for names in tomllib.loads(path.read_text())["descriptor_sets"].values():
        assert len(set(names)) == len(names)


def test_every_set_of_a_tiered_run_is_used(path):
    content = tomllib.loads(path.read_text())
    if "tiers" in content:
        used = {name for tier in content["tiers"].values() for name in tier["sets"]}
        assert used == set(content["descriptor_sets"])


@pytest.fixture(scope="module")
def long_and_short():
    """Return a cell whose test went on for 120 cycles, and the same stopped after 100."""
    recipe = founding_recipe("Cu3N+SBR")
    spectra = (0, 10, 20, 50, 100)
    return [
        simulate(recipe, seed=3, n_cycles=n_cycles, spectrum_cycles=spectra).cell
        for n_cycles in (120, 100)
    ]


def test_how_long_a_test_ran_is_never_an_input(config, long_and_short):
    """Good cells are cycled for longer, so it would tell the answer."""
    cells = [replace(cell, cell_id=str(number)) for number, cell in enumerate(long_and_short)]
    values = describe(cells, config.descriptor_names, config.n_cycles).values.to_numpy()
    np.testing.assert_array_equal(values[0], values[1])


@pytest.mark.parametrize("name", ["n_cycles_ce_over_1", "irreversible_charge_mAh_cm2"])
def test_what_grows_with_the_number_of_cycles_is_in_no_run(config, name):
    """Inside a window it is that number in disguise, wherever a cell died early."""
    assert name not in config.descriptor_names


def test_the_demo_trains_shipped_runs_and_all_whose_data_may_be_there():
    names = set(shipped_names())
    assert set(VIRTUAL_RUNS) <= {name for name in names if "-virtual" in name}
    measured = {name for name in names if "-virtual" not in name and "-store" not in name}
    assert set(MEASURED_RUNS) <= measured
    assert set(MEASURED_RUNS.values()) <= set(DATA_SETS)


def test_the_least_a_run_must_say_is_enough(write):
    config = load_config(write(LEAST))
    assert (config.n_cycles, config.seed, config.descriptor_names) == (None, 0, ["is_coated"])
    assert config.tier == "recipe"


def test_a_run_with_tiers_is_one_run_for_each(write):
    """Each is a model of its own, called after the run and its tier."""
    first, second = load_configs(write(TIERED))
    assert (first.name, first.tier, first.n_cycles) == ("a-run-recipe", "recipe", None)
    assert (second.name, second.n_cycles, second.has_spectra) == (
        "a-run-20_cycles_and_spectra", 20, True,
    )  # fmt: skip
    assert set(first.descriptor_sets) == {"one"}
    assert set(second.descriptor_sets) == {"one", "two"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("tiers.recipe", "tiers.noon"), "No tier is called 'noon'"),
        (('"one", "two"', '"one", "three"'), r"names sets \['three'\]"),
        (('models = ["ridge"]', 'models = ["ridge"]\nn_cycles = 3'), "n_cycles belong into"),
    ],
)
def test_a_tier_that_contradicts_the_run_is_refused(write, change, named):
    with pytest.raises(InvalidRecord, match=named):
        load_configs(write(TIERED.replace(*change)))


def test_one_of_several_tiers_must_be_named(write):
    with pytest.raises(InvalidRecord, match="has 2 tiers; name one: a-run-recipe"):
        load_config(write(TIERED))


def test_a_tier_nobody_has_is_answered_with_the_files():
    with pytest.raises(UnknownName, match="'cycle_life-virtual' has no tier '7_cycles'"):
        load_config("cycle_life-virtual-7_cycles")


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
        ("n_blended = -1", "n_blended"),
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
    with pytest.raises(UnknownName, match="cycle_life-virtual"):
        load_config("nobody")
