"""What a client may send. A recipe has one definition, in ``features.recipe``."""

from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from features.errors import InvalidRecord
from features.recipe import Recipe
from features.records import CYCLING_COLUMNS, Cell, Source, Spectrum

#: Holds for the nested dataclasses of ``features.recipe`` too; a test keeps it so.
STRICT = ConfigDict(
    strict=True, extra="forbid", allow_inf_nan=False, str_max_length=200, frozen=True
)
SPECTRUM_COLUMNS = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
#: Lists under these names hold measured numbers, and as many as there are rows.
MEASURED = frozenset({*CYCLING_COLUMNS, *SPECTRUM_COLUMNS})

Arrays = dict[str, list[float]]
Name = Annotated[str, Field(min_length=1, max_length=100)]
CellId = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
#: The first wrong number ends the check: a million wrong ones would be a million errors.
Numbers = Annotated[list[float], Field(min_length=1, fail_fast=True)]


def _cycling_schema(schema: dict[str, Any]) -> None:
    """Show the columns with their bounds, instead of an open object."""
    array = schema.pop("additionalProperties")
    schema["additionalProperties"] = False
    schema["properties"] = {
        name: {**array, "items": {"type": "number", "minimum": low, "maximum": high}}
        for name, (low, high) in CYCLING_COLUMNS.items()
    }


Cycling = Annotated[dict[Name, Numbers], Field(json_schema_extra=_cycling_schema)]


def _check_lengths(arrays: Arrays) -> None:
    """Raise InvalidRecord unless all arrays have one length."""
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        stated = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InvalidRecord(f"All arrays need the same length: {stated}.")


class SpectrumIn(BaseModel):
    """One impedance spectrum of a whole cell; capacitive points have a negative imaginary part."""

    model_config = STRICT

    frequency_hertz: Numbers
    real_impedance_ohm: Numbers
    imaginary_impedance_ohm: Numbers
    cycle: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    time_h: Annotated[float, Field(ge=0, le=1e6)] | None = None
    n_interfaces: Annotated[int, Field(ge=1, le=2)] | None = None

    @model_validator(mode="after")
    def _check_arrays(self) -> "SpectrumIn":
        _check_lengths({name: getattr(self, name) for name in SPECTRUM_COLUMNS})
        self.to_record()
        return self

    def to_record(self) -> Spectrum:
        """Return the spectrum as the inner rooms know it."""
        return Spectrum(
            frequency_Hz=np.array(self.frequency_hertz),
            impedance_ohm=np.array(self.real_impedance_ohm)
            + 1j * np.array(self.imaginary_impedance_ohm),
            cycle=self.cycle,
            time_h=self.time_h,
            n_interfaces=self.n_interfaces,
        )


class CellIn(BaseModel):
    """One cell: what was made, and whatever was measured so far."""

    model_config = STRICT

    cell_id: CellId
    recipe: Recipe
    area_cm2: float | None = None
    cycling: Cycling | None = None
    spectra: tuple[SpectrumIn, ...] = ()
    source: Source = Source("measured")

    @field_validator("cycling")
    @classmethod
    def _check_cycling(cls, cycling: Arrays | None) -> Arrays | None:
        _check_lengths(cycling or {})
        return cycling

    @property
    def n_rows(self) -> int:
        """Return the number of cycling rows and spectrum points."""
        n_cycling = max(map(len, (self.cycling or {}).values()), default=0)
        return n_cycling + sum(len(spectrum.frequency_hertz) for spectrum in self.spectra)

    def to_record(self) -> Cell:
        """Return the cell as the inner rooms know it."""
        return Cell(
            cell_id=self.cell_id,
            recipe=self.recipe,
            source=self.source,
            area_cm2=self.area_cm2,
            cycling=None if self.cycling is None else pd.DataFrame(self.cycling, dtype=float),
            spectra=tuple(spectrum.to_record() for spectrum in self.spectra),
        )


Cells = Annotated[list[CellIn], Field(min_length=1)]

#: Cu3N and styrene-butadiene rubber on copper, after Liu et al., doi:10.1002/adma.201605531.
EXAMPLE_CELL: dict[str, Any] = {
    "cell_id": "Cu3N-SBR-1",
    "area_cm2": 0.5,
    "recipe": {
        "cell": {"type": "Li||Cu", "substrate": "Cu"},
        "coating": {
            "phases": [
                {"name": "Cu3N", "weight_fraction": 0.9, "role": "inorganic", "formula": "Cu3N"},
                {"name": "SBR", "weight_fraction": 0.1, "role": "polymer"},
            ],
            "thickness_nm": 1000,
            "process": "doctor blade",
            "solvent": "THF",
            "youngs_modulus_GPa": 0.8,
        },
        "electrolyte": {
            "salts": [{"name": "LiPF6", "amount": 1.0, "unit": "mol_per_L"}],
            "solvents": [
                {"name": "EC", "amount": 1, "unit": "volume_parts"},
                {"name": "DEC", "amount": 1, "unit": "volume_parts"},
            ],
            "additives": [{"name": "FEC", "amount": 0.1, "unit": "weight_fraction"}],
        },
        "protocol": {
            "current_density_mA_cm2": 1.0,
            "areal_capacity_mAh_cm2": 1.0,
            "temperature_degC": 25,
            "ce_method": "cycle_average",
        },
    },
}
PREDICTION_EXAMPLE = {"cells": [EXAMPLE_CELL], "level": 0.9}
DESCRIPTOR_EXAMPLE = {"cells": [EXAMPLE_CELL], "n_cycles": 10}


class Terms(BaseModel):
    """What is asked of cells; without targets, everything that a trained model can answer."""

    model_config = STRICT

    targets: Annotated[list[Name], Field(min_length=1)] | None = Field(
        default=None, examples=[["coulombic_efficiency", "cycle_life"]]
    )
    level: Annotated[float, Field(ge=0.5, le=0.99)] | None = Field(
        default=None,
        description="Probability with which an interval is to hold the truth; a model that has "
        "learnt from too few groups of cells refuses it. Unless stated it is 0.9, or what the "
        "model's groups carry, which the answer tells.",
    )
    model: Name | None = Field(
        default=None, description="Ask this model, instead of the one whose training fits the cell."
    )


class PredictionTerms(Terms):
    """What is asked of cells one by one."""

    explain: bool = Field(
        default=True,
        description="Whether to tell what each descriptor adds, and which training cells and "
        "published ones are like this one. Values, intervals and domain are the same without.",
    )


class PredictionRequest(PredictionTerms):
    """Cells to predict; without targets, everything that a trained model can answer."""

    cells: Cells


class DescriptorRequest(BaseModel):
    """Cells to describe; without names, by all descriptors of the catalogue."""

    model_config = STRICT

    cells: Cells
    names: Annotated[list[Name], Field(min_length=1)] | None = None
    n_cycles: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="Cut every cell to its first so many cycles."
    )
