"""The front door: one command line that wires the rooms and holds no logic."""
