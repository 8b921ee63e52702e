"""Cells to numbers: readers, records, descriptors."""

from features.errors import (
    InvalidRecord,
    MissingData,
    NotMeasured,
    SeicastError,
    UnknownName,
    UnreadableFile,
)
from features.impedance.fit import SpectraFit, fit_spectra
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
    "Source",
    "SpectraFit",
    "Spectrum",
    "UnknownName",
    "UnreadableFile",
    "catalogue",
    "describe",
    "fit_spectra",
    "read_cycling",
    "read_file",
    "read_spectrum",
]
