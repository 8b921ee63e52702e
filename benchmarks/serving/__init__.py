"""The service under load, swaps, damage and kills: ``make bench-serving``."""
