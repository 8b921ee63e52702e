"""Simulated cells with known truth: a recipe goes in, raw data and the true outcome come out.

Nothing here was measured. The constants are chosen so that the systems of Liu et al. 2017
(doi:10.1002/adma.201605531) come out near their published figures; between and beyond those
systems the laws are the project's own.
"""

from training.virtual_lab.experiment import VirtualCell, simulate
from training.virtual_lab.recipes import founding_recipe, random_recipe

__all__ = ["VirtualCell", "founding_recipe", "random_recipe", "simulate"]
