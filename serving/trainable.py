"""What can be trained on the kept cells, for whoever asks for it."""

from typing import Literal, get_args

#: Targets and tiers of the run files ``training/runs/*-store.toml``; a test keeps them the same,
#: for the service and the training see nothing of each other.
Target = Literal["cycle_life", "coulombic_efficiency", "delta_lce", "life_ratio"]
Tier = Literal["recipe", "20_cycles", "20_cycles_and_spectra"]
TARGETS: tuple[Target, ...] = get_args(Target)
TIERS: tuple[Tier, ...] = get_args(Tier)
