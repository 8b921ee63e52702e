"""The lithium under the film: flat foil, electrodeposited moss, or lithium held in a host."""

from dataclasses import dataclass

from features.recipe import CellDesign


@dataclass(frozen=True)
class Lithium:
    """The shape in which lithium comes into the cell.

    Attributes
    ----------
    area_ratio : float
        Surface over which current and capacity are spread, over the geometric area.
    roughness_ratio : float
        Real over even surface before the first cycle.
    coated_fraction : float
        Share of the surface that a film can reach.
    """

    area_ratio: float = 1.0
    roughness_ratio: float = 1.0
    coated_fraction: float = 1.0


#: Copper, and foil of lithium.
FLAT = Lithium()
#: ``CellDesign.substrate`` -> lithium. Calibrated to the Li||LTO lives of
#: doi:10.1002/adma.201605531; the host is that of doi:10.1038/ncomms10992, whose volume hardly
#: changes, and a film cast on it closes the outer pores alone.
SHAPES = {
    "electrodeposited Li": Lithium(roughness_ratio=12.5),
    "Li-PI-ZnO": Lithium(area_ratio=12.5, coated_fraction=0.55),
}


def lithium_of(design: CellDesign) -> Lithium:
    """Return the lithium of a cell; flat where its substrate has no shape of its own here."""
    return SHAPES.get(design.substrate or "", FLAT)
