"""What a reader found in a file: tables in our columns, and how it understood them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from features.records import Spectrum


@dataclass(frozen=True, eq=False)
class Reading:
    """The content of one file.

    Attributes
    ----------
    format : str
        Such as "Neware .ndax".
    cycling : DataFrame or None
        Columns out of ``features.records.CYCLING_COLUMNS``, in their units and signs;
        None where the file holds no cycling.
    spectra : tuple of Spectrum
    columns : mapping of str to str
        The file's own column names to what they were read as, with the unit found.
    notes : tuple of str
        What was converted, repaired or left out, one sentence each: nothing is silent.
    facts : mapping of str to str
        What the file says about itself: cell name, area, start, protocol.
    """

    format: str
    cycling: pd.DataFrame | None = None
    spectra: tuple[Spectrum, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
