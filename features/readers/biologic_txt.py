"""BioLogic text that is not called .mpt: exports of BT-Lab, or of EC-Lab under another name.

    BT-Lab ASCII FILE
    Nb header lines : 98
    ...
    Ns changes  Ns  time/s                   Ecell/V        I/mA  ...  Temperature/°C
    0           0   11/20/2024 11:38:41.707  4.1465597E+00  0.0   ...  1.9379732E+001

The layout is that of .mpt; BT-Lab calls the voltage "Ecell", leaves out "mode", and may write
dates in place of the time, month first. "freq/Hz" alone in front is impedance.
"""

from dataclasses import replace
from pathlib import Path

from features.parsing.reading import Reading
from features.readers import biologic_mpt

FORMAT = "BioLogic text"
LAYOUT = replace(biologic_mpt.LAYOUT, name=FORMAT)


def matches(path: Path, head: bytes) -> bool:
    """Tell whether a file starts as the text exports of BioLogic do."""
    return path.suffix.lower() != ".mpt" and biologic_mpt.is_ascii_file(head)


def read(path: Path) -> Reading:
    """Return the cycling and the spectra of a file."""
    return biologic_mpt.read_biologic(LAYOUT, path)
