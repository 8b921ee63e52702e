"""How hard lithium is worked in every cycle."""

from dataclasses import dataclass

from features.errors import InvalidRecord
from features.recipe import Recipe


@dataclass(frozen=True)
class Conditions:
    """Current density and capacity of every half-cycle."""

    current_density_mA_cm2: float
    areal_capacity_mAh_cm2: float

    @property
    def cycle_h(self) -> float:
        """Return how long plating and stripping take together."""
        return 2 * self.areal_capacity_mAh_cm2 / self.current_density_mA_cm2

    def power_law(self, exponents: tuple[float, float]) -> float:
        """Return 1 at 1 mA/cm2 and 1 mAh/cm2, elsewhere the product of both powers."""
        by_current, by_capacity = exponents
        return float(
            self.current_density_mA_cm2**by_current * self.areal_capacity_mAh_cm2**by_capacity
        )

    def spread_over(self, area_ratio: float) -> "Conditions":
        """Return what a surface sees that is so many times larger than the geometric one."""
        return Conditions(
            self.current_density_mA_cm2 / area_ratio, self.areal_capacity_mAh_cm2 / area_ratio
        )


def conditions_of(recipe: Recipe) -> Conditions:
    """Return current density and capacity of a recipe, per geometric area.

    Raises
    ------
    InvalidRecord
        If the protocol leaves one of them out.
    """
    protocol = recipe.protocol
    if protocol.current_density_mA_cm2 is None or protocol.areal_capacity_mAh_cm2 is None:
        raise InvalidRecord(
            f"Recipe {recipe.recipe_id}: protocol.current_density_mA_cm2 is "
            f"{protocol.current_density_mA_cm2} and areal_capacity_mAh_cm2 is "
            f"{protocol.areal_capacity_mAh_cm2}; the virtual lab needs both to cycle a cell."
        )
    return Conditions(protocol.current_density_mA_cm2, protocol.areal_capacity_mAh_cm2)
