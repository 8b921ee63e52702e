"""The trained models that the service holds in memory, and those it could not load."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from features.errors import BrokenBundle, SeicastError, UnknownName
from models.shelf import Champion, load_champion
from serving.choice import Chooser
from serving.errors import NoModel

WAY_OUT = "Train one with: seicast demo, or: seicast train training/runs/NAME.toml"


@dataclass(frozen=True, eq=False)
class Champions:
    """What stands on the shelf: by name, ready models and reasons of broken ones."""

    ready: Mapping[str, Champion] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> Champion:
        """Return the model of a name."""
        if name in self.broken:
            raise BrokenBundle(f"Model '{name}' cannot answer. {self.broken[name]}")
        if name not in self.ready:
            known = ", ".join(self.ready) or f"none yet. {WAY_OUT}"
            raise UnknownName(f"No model is called '{name[:80]}'; there are: {known}")
        return self.ready[name]

    def by_target(self) -> dict[str, list[Champion]]:
        """Return the ready models of each target, or raise NoModel."""
        if not self.ready:
            failed = "".join(f" '{name}' was refused: {why}" for name, why in self.broken.items())
            raise NoModel(f"No trained model is ready. {WAY_OUT}.{failed}")
        targets: dict[str, list[Champion]] = {}
        for champion in self.ready.values():
            targets.setdefault(champion.predictor.target, []).append(champion)
        return targets

    @cached_property
    def choosers(self) -> Mapping[str, Chooser]:
        """Return who chooses among the ready models, by target; or raise NoModel."""
        return {target: Chooser(group) for target, group in sorted(self.by_target().items())}


def champions_on(shelf: Path) -> Champions:
    """Load every champion on a shelf; one that fails leaves the others at work."""
    ready: dict[str, Champion] = {}
    broken: dict[str, str] = {}
    for path in sorted(shelf.glob("*/champion.json")):
        name = path.parent.name
        try:
            ready[name] = load_champion(shelf, name)
        except (SeicastError, OSError) as error:
            broken[name] = str(error).replace(str(shelf), "shelf")  # replies name no server folder
    return Champions(ready, broken)
