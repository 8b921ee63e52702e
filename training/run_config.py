"""A run file: one TOML names everything that decides a training run, for one tier or several."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import InvalidRecord, UnknownName
from features.evidence import Evidence, evidence_named

RUNS = Path(__file__).resolve().parent / "runs"
Names = Annotated[tuple[str, ...], Field(min_length=1)]


class RunConfig(BaseModel):
    """What is trained on what, and how the champion is chosen.

    Attributes
    ----------
    name : str
        Of the registered model.
    target, cohort : str
    n_cycles : int or None
        Window of raw data; none for recipes alone.
    has_spectra : bool
        Whether an answer needs an impedance spectrum taken within the window.
    models : tuple of str
        Estimators that compete.
    n_blended : int
        The mean of so many best models competes as well, on each descriptor set; 0 for none.
    descriptor_sets : mapping of str to tuple of str
        Sets of descriptors that compete.
    baseline : tuple of str
        The one-descriptor (or so) physics baseline, fitted with ridge.
    prior : str or None
        Descriptor that holds the prior mean on the learning scale.
    is_interval_scaled : bool
        Whether widths follow a model's own standard deviation, where it has one.
    holds_out_families : bool
        Whether whole families of chemistry are held out as well, for the hard score.
    n_selection_folds, n_selection_repeats : int
        Grouped cross-validation that chooses the champion, on training cells only.
    n_test_folds : int
        Grouped outer folds where the cohort has no published split.
    seed : int
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+(-[a-z0-9_]+)*$")]
    target: str
    cohort: str
    models: Names
    n_blended: Annotated[int, Field(ge=0)] = 0
    descriptor_sets: Annotated[dict[str, tuple[str, ...]], Field(min_length=1)]
    baseline: Names
    n_cycles: Annotated[int, Field(ge=0)] | None = None
    has_spectra: bool = False
    prior: str | None = None
    is_interval_scaled: bool = False
    holds_out_families: bool = False
    n_selection_folds: Annotated[int, Field(ge=2)] = 5
    n_selection_repeats: Annotated[int, Field(ge=1)] = 1
    n_test_folds: Annotated[int, Field(ge=2)] = 10
    seed: int = 0

    @property
    def tier(self) -> str:
        """Return the name of the evidence that an answer needs."""
        return Evidence(self.n_cycles or 0, self.has_spectra).name

    @property
    def descriptor_names(self) -> list[str]:
        """Return every descriptor that any candidate, the baseline or the prior uses."""
        used = [name for names in self.descriptor_sets.values() for name in names]
        prior = [self.prior] if self.prior is not None else []
        return list(dict.fromkeys([*used, *self.baseline, *prior]))


class TierTable(BaseModel):
    """What one tier of a run differs in; ``sets`` names sets of the run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sets: Names
    baseline: Names


def load_configs(path: str | Path) -> list[RunConfig]:
    """Return the configurations of a run file, one for each of its tiers.

    A bare name means a file of ``training/runs``, or one tier of such a file.

    Raises
    ------
    UnknownName
        If there is no such file.
    InvalidRecord
        If it has unknown keys or values out of bounds.
    """
    path = Path(path)
    found = _run_file(path)
    if found is not None:
        return _configs(found)
    run, _, tier = path.name.rpartition("-")
    whole = _run_file(Path(run)) if run else None
    configs = _configs(whole) if whole is not None else []
    named = [config for config in configs if config.name == path.name]
    if not named:
        names = ", ".join(sorted(run.stem for run in RUNS.glob("*.toml")))
        tiers = f" '{run}' has no tier '{tier}'." if configs else ""
        raise UnknownName(f"There is no run file '{path}'; training/runs holds {names}.{tiers}")
    return named


def load_config(path: str | Path) -> RunConfig:
    """Return the one configuration of a run file, or of one tier ``<run>-<tier>``."""
    configs = load_configs(path)
    if len(configs) > 1:
        raise InvalidRecord(
            f"Run file '{path}' has {len(configs)} tiers; name one: "
            f"{', '.join(config.name for config in configs)}."
        )
    return configs[0]


def shipped_names() -> list[str]:
    """Return the names of all models that the files of ``training/runs`` train."""
    return [config.name for path in sorted(RUNS.glob("*.toml")) for config in _configs(path)]


def _configs(path: Path) -> list[RunConfig]:
    try:
        content = tomllib.loads(path.read_text())
        tiers = content.pop("tiers", None)
        if tiers is None:
            return [RunConfig(**content)]
        return [_of_tier(content, name, TierTable(**table)) for name, table in tiers.items()]
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise InvalidRecord(f"Run file {path.name}: {'; '.join(wrong)}.") from error
    except InvalidRecord as error:
        raise InvalidRecord(f"Run file {path.name}: {error}") from error
    except ValueError as error:
        raise InvalidRecord(f"Run file {path.name} is no TOML in UTF-8: {error}") from error


def _of_tier(content: Mapping[str, Any], name: str, table: TierTable) -> RunConfig:
    """Return the run of one tier, called after the run and the tier."""
    stated = sorted({"n_cycles", "has_spectra", "baseline"} & set(content))
    if stated:
        raise InvalidRecord(f"{', '.join(stated)} belong into the tiers, not beside them.")
    sets = content.get("descriptor_sets", {})
    unknown = [each for each in table.sets if each not in sets]
    if unknown:
        raise InvalidRecord(f"tier {name} names sets {unknown}; there are {', '.join(sets)}.")
    evidence = evidence_named(name)
    return RunConfig(
        **{
            **content,
            "name": f"{content.get('name')}-{name}",
            "n_cycles": evidence.n_cycles or None,
            "has_spectra": evidence.has_spectra,
            "descriptor_sets": {each: sets[each] for each in table.sets},
            "baseline": table.baseline,
        }
    )


def _run_file(path: Path) -> Path | None:
    for candidate in (path, RUNS / path.name, RUNS / f"{path.name}.toml"):
        if candidate.is_file():
            return candidate
    return None
