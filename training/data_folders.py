"""Where public data sets lie: ``SEICAST_DATA``, else the cache folder, else ``../shared/data``."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pooch

from features.errors import MissingData, UnknownName, UnreadableFile

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class DataSet:
    """A public data set that a cohort reads.

    Attributes
    ----------
    citation, licence : str
    sha256 : mapping of str to str
        Checksum of every file that is read.
    """

    citation: str
    licence: str
    sha256: Mapping[str, str]


DATA_SETS: Mapping[str, DataSet] = {
    "severson2019": DataSet(
        citation="Severson, Attia et al., Nature Energy 4, 383 (2019), "
        "doi:10.1038/s41560-019-0356-8; GitHub petermattia/revisit-severson-et-al",
        licence="MIT",
        sha256={
            "cells.csv": "e31660bad84b770607f99276c90824186d1b589ebd439651b7166e0102d8ccf3",
            "test1.parquet": "4ee92e04efb1e5a27ea05dbf9a75c5829181c8524a5b95c6afa1514056fba13d",
            "test2.parquet": "7fa882c17a1959b401a3ec66726162acce3c15fc82e661d663feae971c2f7500",
            "train.parquet": "78fe0860aea851da80b60f65c8c54d250476219b48f98a4a56350bfd986ee320",
            "voltage_grid.csv": "d15dd49b90bd66d3f21ffb32f12f938e0aea3b357bb3cee43ee83297cbbf56e2",
        },
    ),
    "kim2023_ce": DataSet(
        citation="Kim et al., PNAS 120, e2214357120 (2023), doi:10.1073/pnas.2214357120",
        licence="published facts, with citation",
        sha256={
            "electrolytes.csv": "b342282be1ab58d1288351dd476b4ed9e1d51dcd71745d07949eaf7407c77589",
            "molecules.csv": "7d93a67006a7cf7954f28f0b2240218d500c71b8fb017107826c81792132f7dc",
        },
    ),
    "hea_interphase_ce": DataSet(
        citation="Xu et al., Advanced Functional Materials (2025), Machine Learning Assisted "
        "Construction of High-Entropy Alloy Interphase Layer for Lithium Metal Batteries",
        licence="published facts, with citation",
        sha256={
            "coatings.csv": "beb1f4c6ebd6da875ef85dad72f4a206b9980e9b8d2ec8989562b7c8c750c7eb",
        },
    ),
    "zhang2020_eis": DataSet(
        citation="Zhang et al., Nature Communications 11, 1706 (2020), "
        "doi:10.1038/s41467-020-15235-7; GitHub battery-data-commons/mrs-sp22-tutorial",
        licence="MIT",
        sha256={
            "capacity.csv": "7438444bf821067266e6d303e114cb750b451b0c1ce07d8777c55629a3ea2b7a",
            "spectra.parquet": "816c281852a1c2077c7398e087a50c9e96d38c567480567355f2e81ceaa4f1ba",
        },
    ),
}


def candidate_folders() -> list[Path]:
    """Return the folders that are searched, in order."""
    if os.environ.get("SEICAST_DATA"):
        return [Path(os.environ["SEICAST_DATA"])]
    return [cache_folder(), CHECKOUT.parent / "shared" / "data"]


def cache_folder() -> Path:
    """Return the user's cache folder for public data sets."""
    return Path(pooch.os_cache("seicast")) / "data"


def has_data(name: str) -> bool:
    """Tell whether a data set is on this machine."""
    return any((folder / name).is_dir() for folder in candidate_folders())


def data_folder(name: str) -> Path:
    """Return the folder of a data set.

    Raises
    ------
    MissingData
        If it lies in none of the candidate folders.
    """
    for folder in candidate_folders():
        if (folder / name).is_dir():
            return folder / name
    searched = ", ".join(str(folder) for folder in candidate_folders())
    raise MissingData(
        f"Data set '{name}' is in none of {searched}; point SEICAST_DATA at a folder that holds "
        f"'{name}', or run: seicast data fetch {name} --from DIR"
    )


def fetch(name: str, source: Path) -> Path:
    """Copy a data set from a local folder into the cache, whole or not at all.

    Parameters
    ----------
    name : str
    source : Path
        The folder of the data set, or the folder that holds it.

    Returns
    -------
    Path
        Where it lies now.

    Raises
    ------
    UnknownName
        If no cohort reads such a data set.
    UnreadableFile
        If a file is missing or has another checksum.
    """
    if name not in DATA_SETS:
        raise UnknownName(f"No data set is called '{name}'; there are {', '.join(DATA_SETS)}.")
    folder = source / name if (source / name).is_dir() else source
    for file, sha256 in DATA_SETS[name].sha256.items():
        _check(folder / file, sha256)
    aside = cache_folder() / f".{name}.partial"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for file in DATA_SETS[name].sha256:
        shutil.copy2(folder / file, aside / file)
    shutil.rmtree(cache_folder() / name, ignore_errors=True)
    return aside.rename(cache_folder() / name)


def _check(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise UnreadableFile(f"'{path}' is missing; --from names the folder of the data set.")
    found = pooch.file_hash(str(path), alg="sha256")
    if found != sha256:
        raise UnreadableFile(
            f"'{path}' has SHA-256 {found}, expected {sha256}; fetch the file anew."
        )
