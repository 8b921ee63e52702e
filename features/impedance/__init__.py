"""Impedance spectra: circuits, guess-free fits, validity."""
