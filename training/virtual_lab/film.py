"""A coating as a film on lithium: what it conducts, how stiff it is, how long it holds together."""

import math
from dataclasses import dataclass

from features.errors import InvalidRecord
from features.recipe import Coating, Phase

#: Thermal voltage RT/F at 25 degC; current through a flaw costs V_T / j of polarisation (Tafel).
THERMAL_VOLTAGE_V = 0.0257


@dataclass(frozen=True)
class Substance:
    """A film made of one constituent alone, soaked in electrolyte."""

    youngs_modulus_GPa: float
    ionic_conductivity_S_cm: float


#: Own, by order of magnitude. Moduli are of packed nanoparticles, not of crystals; Cu3N
#: stands for the Li3N it turns into, such that Cu3N + SBR has the modulus of 0.8 GPa and
#: an optimum near 1 um of doi:10.1002/adma.201605531.
SUBSTANCES = {
    "Cu3N": Substance(1.4, 3e-5),
    "Li3N": Substance(1.2, 1e-4),
    "LiF": Substance(3.0, 1e-6),
    "Li3PO4": Substance(2.5, 5e-6),
    "Al2O3": Substance(5.0, 1e-6),
    "SBR": Substance(0.005, 3e-7),
    "PVDF-HFP": Substance(0.3, 1e-6),
    "PEO": Substance(0.05, 1e-5),
    "LiPAA": Substance(0.8, 3e-6),
}
#: Own: what a constituent nobody listed is taken for.
TYPICAL = {
    "inorganic": Substance(2.0, 3e-6),
    "polymer": Substance(0.1, 1e-6),
    "additive": Substance(0.1, 1e-6),
}

#: Own: shielding of a perfect film; 50 leaves 2 % of the lithium exposed.
HIGHEST_SHIELDING_RATIO = 50.0
#: Own: at this modulus a film resists half of the pressure of growing lithium. That stiffness
#: holds lithium flat is doi:10.1149/1.1850854; about 1 GPa is doi:10.1002/adma.201605531.
HALF_MODULUS_GPa = 0.3
#: Calibrated to the optimum near 1 um of doi:10.1002/adma.201605531: thinner films have
#: pinholes, and tear.
PINHOLE_THICKNESS_um = 0.4
#: Own: a film with this share of binder has half of the cohesion that binder can give.
HALF_BINDER_FRACTION = 0.05
#: Own: what particles hold together without any binder.
BARE_COHESION_FRACTION = 0.03
#: Own: thicker films crack as they dry and flex.
CRACKING_THICKNESS_um = 4.0


@dataclass(frozen=True)
class Film:
    """The properties of a coating that act on lithium."""

    thickness_um: float
    youngs_modulus_GPa: float
    ionic_conductivity_S_cm: float
    binder_fraction: float

    @property
    def resistance_ohm_cm2(self) -> float:
        """Return thickness over conductivity, without any flaw."""
        return 1e-4 * self.thickness_um / self.ionic_conductivity_S_cm


def film_of(coating: Coating, thickness_ratio: float = 1.0) -> Film | None:
    """Return the film that a coating makes, None for a bare control.

    Parameters
    ----------
    coating : Coating
        Modulus and conductivity that it does not state follow from its phases by the
        logarithmic mixing rule, with weight fractions standing in for volume fractions.
    thickness_ratio : float
        Real over nominal thickness of this very film.

    Raises
    ------
    InvalidRecord
        If the coating states no thickness, or a phase is unknown and has no role.
    """
    if coating.is_bare:
        return None
    if coating.thickness_nm is None:
        raise InvalidRecord(
            "Coating.thickness_nm is null; the virtual lab needs it to make the film."
        )
    substances = [(phase.weight_fraction, _substance_of(phase)) for phase in coating.phases]
    modulus_GPa = _mixed([(w, s.youngs_modulus_GPa) for w, s in substances])
    conductivity_S_cm = _mixed([(w, s.ionic_conductivity_S_cm) for w, s in substances])
    return Film(
        thickness_um=coating.thickness_nm / 1000 * thickness_ratio,
        youngs_modulus_GPa=coating.youngs_modulus_GPa or modulus_GPa,
        ionic_conductivity_S_cm=coating.ionic_conductivity_S_cm or conductivity_S_cm,
        binder_fraction=sum(p.weight_fraction for p in coating.phases if p.role == "polymer"),
    )


def film_current_fraction(film: Film, current_density_mA_cm2: float) -> float:
    """Return the share of current that passes through the film instead of its flaws.

    Film and flaws conduct side by side: ``1 / (1 + j R / V_T)``. A resistive film sends
    the current through its flaws, where lithium then grows.
    """
    drop_V = 1e-3 * current_density_mA_cm2 * film.resistance_ohm_cm2
    return 1 / (1 + drop_V / THERMAL_VOLTAGE_V)


def effective_resistance_ohm_cm2(film: Film | None, current_density_mA_cm2: float) -> float:
    """Return the resistance of film and flaws side by side, 0 without a film."""
    if film is None:
        return 0.0
    return film.resistance_ohm_cm2 * film_current_fraction(film, current_density_mA_cm2)


def shielding_ratio(film: Film | None, current_density_mA_cm2: float) -> float:
    """Return shielded over exposed lithium surface under a fresh film, 0 without a film.

    A product: stiffness, freedom from pinholes and even current are all needed. The
    second grows with thickness and the third falls, which makes an optimum.
    """
    if film is None:
        return 0.0
    stiffness = 1 / (1 + math.sqrt(HALF_MODULUS_GPa / film.youngs_modulus_GPa))
    evenness = film_current_fraction(film, current_density_mA_cm2)
    return HIGHEST_SHIELDING_RATIO * stiffness * coverage_fraction(film) * evenness


def coverage_fraction(film: Film) -> float:
    """Return the share of lithium under more than pinholes: particles fall at random."""
    return 1 - math.exp(-film.thickness_um / PINHOLE_THICKNESS_um)


def endurance_fraction(film: Film) -> float:
    """Return how well a film survives the lithium's breathing, 1 being the best one."""
    binder = film.binder_fraction / (film.binder_fraction + HALF_BINDER_FRACTION)
    cohesion = BARE_COHESION_FRACTION + (1 - BARE_COHESION_FRACTION) * binder
    reduced_thickness = film.thickness_um / CRACKING_THICKNESS_um
    return cohesion * coverage_fraction(film) / (1 + reduced_thickness**2)


def _substance_of(phase: Phase) -> Substance:
    if phase.name in SUBSTANCES:
        return SUBSTANCES[phase.name]
    if phase.role is None:
        raise InvalidRecord(
            f"Phase '{phase.name}' is unknown to the virtual lab and states no role; known are "
            f"{', '.join(SUBSTANCES)}. State a role: {', '.join(TYPICAL)}."
        )
    return TYPICAL[phase.role]


def _mixed(parts: list[tuple[float, float]]) -> float:
    """Return the logarithmic mean of (weight, value) pairs."""
    total = sum(weight for weight, _ in parts)
    return math.exp(sum(weight * math.log(value) for weight, value in parts) / total)
