"""What can be trained on the kept cells, for the form that asks for it."""

#: Targets and tiers of the run files ``training/runs/*-store.toml``; a test keeps them the same,
#: for the service and the training see nothing of each other.
TARGETS = ("cycle_life", "coulombic_efficiency", "delta_lce", "life_ratio")
TIERS = ("recipe", "20_cycles", "20_cycles_and_spectra")
