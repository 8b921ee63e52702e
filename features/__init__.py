"""Cells to numbers: readers, records, descriptors."""

from features.errors import (
    InvalidRecord,
    MissingData,
    NotMeasured,
    SeicastError,
    UnknownName,
    UnreadableFile,
)
from features.impedance.choice import Choice, choose_circuit
from features.impedance.fit import SpectraFit, fit_spectra
from features.impedance.series import fit_series
from features.impedance.series_fit import SeriesFit
from features.parsing.reading import Reading
from features.readers import read_cycling, read_file, read_spectrum
from features.recipe import (
    CellDesign,
    Coating,
    Component,
    Electrolyte,
    Phase,
    Protocol,
    Recipe,
)
from features.records import Cell, Source, Spectrum
from features.registry import Descriptor, catalogue
from features.table import DescriptorTable, describe

__all__ = [
    "Cell",
    "CellDesign",
    "Choice",
    "Coating",
    "Component",
    "Descriptor",
    "DescriptorTable",
    "Electrolyte",
    "InvalidRecord",
    "MissingData",
    "NotMeasured",
    "Phase",
    "Protocol",
    "Reading",
    "Recipe",
    "SeicastError",
    "SeriesFit",
    "Source",
    "SpectraFit",
    "Spectrum",
    "UnknownName",
    "UnreadableFile",
    "catalogue",
    "choose_circuit",
    "describe",
    "fit_series",
    "fit_spectra",
    "read_cycling",
    "read_file",
    "read_spectrum",
]
