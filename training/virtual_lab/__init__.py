"""Simulated cells with known truth: a recipe goes in, raw data and the true outcome come out.

Nothing here was measured. The constants are calibrated to the systems of Liu et al. 2017
(doi:10.1002/adma.201605531), see ``training.virtual_lab.published``; between and beyond those
systems the laws extrapolate. ``docs/virtual_lab.md`` gives equations, constants and origins.
"""

from training.virtual_lab.experiment import VirtualCell, simulate, simulate_rest
from training.virtual_lab.recipes import founding_recipe, random_recipe

__all__ = ["VirtualCell", "founding_recipe", "random_recipe", "simulate", "simulate_rest"]
