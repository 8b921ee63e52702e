"""Arrays in one file that NumPy reads (``np.load``), and that holds nothing but numbers.

An uncompressed zip of ``<name>.npy``. The reader here trusts no header: an array is as long
as its bytes, of a type on a short list, and never an object.
"""

import io
import struct
import zipfile
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import BrokenBundle

SUFFIX = ".npy"
#: Little-endian numbers of fixed size.
DTYPES = ("<f8", "<f4", "<i8", "<i4", "|b1")


def to_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the file of some arrays; equal arrays give equal bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, array in sorted(arrays.items()):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            # Without a date of its own the entry carries the same one at any time.
            archive.writestr(zipfile.ZipInfo(name + SUFFIX), content.getvalue())
    return target.getvalue()


def from_bytes(content: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file by name.

    Raises
    ------
    BrokenBundle
        If it is no such file, or holds anything but plain arrays of numbers.
    """
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                name = entry.filename.removesuffix(SUFFIX)
                if name in arrays or name == entry.filename or entry.compress_type:
                    raise BrokenBundle(f"'{entry.filename}' is no plain array; train again.")
                arrays[name] = _array(name, archive.read(entry))
    except (zipfile.BadZipFile, ValueError, EOFError, OverflowError, struct.error) as error:
        raise BrokenBundle(f"The arrays cannot be read: {error}; train again.") from error
    except (NotImplementedError, RuntimeError, TypeError, SyntaxError) as error:
        raise BrokenBundle(f"The arrays cannot be read: {error}; train again.") from error
    return arrays


def _array(name: str, content: bytes) -> NDArray[Any]:
    """Return one array; its header must agree with the number of bytes behind it."""
    source = io.BytesIO(content)
    if np.lib.format.read_magic(source) != (1, 0):
        raise BrokenBundle(f"Array '{name}' is of an unknown format; train again.")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(source)
    start = source.tell()
    if dtype.str not in DTYPES or is_fortran or min(shape, default=0) < 0:
        raise BrokenBundle(f"Array '{name}' holds {dtype}, which is not read here; train again.")
    if prod(shape) * dtype.itemsize != len(content) - start:
        raise BrokenBundle(f"Array '{name}' is not as long as it says; train again.")
    # A copy is aligned, and sums over it run in the order that they always do.
    flat = np.frombuffer(content, dtype=dtype, offset=start).copy()
    if dtype.kind == "b" and (flat.view(np.uint8) > 1).any():
        raise BrokenBundle(f"Array '{name}' holds truths beyond true and false; train again.")
    return np.asarray(flat.reshape(shape))
