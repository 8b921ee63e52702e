"""Places where a store can be, each by URL alone, and cells to keep there."""

import logging
import os
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
import fsspec
import numpy as np
import pandas as pd
import psycopg
import pytest
from moto.server import ThreadedMotoServer

from features import (
    Cell,
    CellDesign,
    Coating,
    Component,
    Electrolyte,
    Phase,
    Protocol,
    Recipe,
    Source,
    Spectrum,
)
from store import CellStore
from store.migrations import open_database

FULL_RECIPE = Recipe(
    CellDesign("Li||Cu", substrate="Cu", lithium_capacity_mAh_cm2=10.0),
    Coating((Phase("Cu3N", 0.9, "inorganic", "Cu3N"), Phase("SBR", 0.1)), thickness_nm=1000.0),
    Electrolyte(
        salts=(Component("LiPF6", 1.0, "mol_per_L"),),
        solvents=(Component("EC", 1.0, "volume_parts"), Component("DEC", 1.0, "volume_parts")),
        additives=(Component("Zuckerlösung", 0.1, "weight_fraction", "C12H22O11", 1.2),),
        volume_uL=75.0,
    ),
    Protocol(current_density_mA_cm2=1.0, ce_method="cycle_average"),
)
#: The Debian packages keep their programs out of the path.
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@dataclass(frozen=True)
class Place:
    """Where a store is: all that a caller needs to say."""

    url: str
    root: str

    def raw_files(self):
        """Return the file system of the raw data and the paths of all files on it."""
        files, path = fsspec.url_to_fs(self.root, use_listings_cache=False)
        return files, sorted(files.find(path))


@pytest.fixture(params=["sqlite + folder", "postgresql + folder", "sqlite + s3"])
def place(request, tmp_path):
    """Return an empty place of each kind."""
    database, raw = request.param.split(" + ")
    url = f"sqlite:///{tmp_path / 'home' / 'seicast.db'}"
    root = str(tmp_path / "cells")
    if database == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    if raw == "s3":
        root = request.getfixturevalue("s3_root")
    return Place(url, root)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """Return the URL of an empty database of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql_url")
    return f"sqlite:///{tmp_path / 'home' / 'seicast.db'}"


@pytest.fixture
def database(database_url):
    """Return an open database with every table and no row."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def folder_place(tmp_path):
    """Return the place that needs no server."""
    return Place(f"sqlite:///{tmp_path / 'home' / 'seicast.db'}", str(tmp_path / "cells"))


@pytest.fixture
def store(place):
    opened = CellStore.open(place.url, place.root)
    yield opened
    opened.close()


@pytest.fixture
def folder_store(folder_place):
    opened = CellStore.open(folder_place.url, folder_place.root)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgresql_port(free_port):
    """Start a PostgreSQL cluster of our own on loopback, as a user without rights."""
    initdb = next((str(each / "initdb") for each in POSTGRESQL), shutil.which("initdb"))
    if initdb is None:
        pytest.skip("PostgreSQL is not installed here: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="seicast-postgresql-"))
    as_user = unprivileged(folder)
    control = str(Path(initdb).with_name("pg_ctl"))
    port = free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    data = ["-D", str(folder / "data")]
    run([initdb, *data, "-U", "seicast", "-A", "trust", "-E", "UTF8", "--no-sync"], **as_user)
    run([control, *data, "-w", "-l", str(folder / "log"), "-o", options, "start"], **as_user)
    yield port
    run([control, *data, "-m", "immediate", "stop"], **as_user)
    shutil.rmtree(folder, ignore_errors=True)


def unprivileged(folder):
    """Return how to run a server that refuses to be root."""
    if os.geteuid() != 0:
        return {}
    try:
        shutil.chown(folder, "postgres", "postgres")
    except LookupError:
        pytest.skip("PostgreSQL does not run as root, and there is no user 'postgres'")
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def run(words, **options):
    # The server inherits the output; a pipe would never end.
    subprocess.run(words, check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=120, **options)


@pytest.fixture
def postgresql_url(postgresql_port):
    """Return the URL of an empty database."""
    name = f"test_{uuid.uuid4().hex}"
    server = f"postgresql://seicast@127.0.0.1:{postgresql_port}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{server}/{name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def s3_client():
    """Start an object store on loopback; the environment says where, as for a real one."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = pytest.MonkeyPatch()
    for name, value in {
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": host,
    }.items():
        environment.setenv(name, value)
    yield boto3.client("s3")
    environment.undo()
    server.stop()


@pytest.fixture
def s3_root(s3_client):
    """Return the address of an empty bucket's folder."""
    bucket = f"test-{uuid.uuid4().hex}"
    s3_client.create_bucket(Bucket=bucket)
    return f"s3://{bucket}/cells"


@pytest.fixture(scope="session")
def make_cell():
    """Return the builder of cells with three rows of cycling and one spectrum."""
    return small_cell


@pytest.fixture(scope="session")
def make_small_spectrum():
    """Return the builder of spectra of three points."""
    return spectrum


@pytest.fixture(scope="session")
def assert_same():
    """Return the assertion that two cells are the same, raw data bit for bit."""
    return assert_same_cells


def small_cell(cell_id="A1", **changes):
    cell = Cell(
        cell_id,
        FULL_RECIPE,
        Source("measured", lab="B", batch="7", replicate="2", doi="10.1002/adma.201605531"),
        area_cm2=0.5,
        cycling=pd.DataFrame(
            {
                "test_time_second": [0.0, 1 / 3, 1e9],
                "current_ampere": [-5e-4, 5e-4, 0.0],
                "voltage_volt": [-0.1, np.nextafter(0.1, 1), 5e-324],
            }
        ),
        spectra=(spectrum(),),
    )
    return replace(cell, **changes)


def spectrum(**changes):
    facts = {"cycle": 5, "time_h": 24.5, "n_interfaces": 2} | changes
    return Spectrum(
        np.array([1e5, 1.0, 0.01]), np.array([4 - 0.3j, 50 - 20j, 90 - 1e-12j]), **facts
    )


def assert_same_cells(found, kept):
    for name in ("cell_id", "recipe", "source", "area_cm2"):
        assert getattr(found, name) == getattr(kept, name)
    if kept.cycling is None:
        assert found.cycling is None
    else:
        pd.testing.assert_frame_equal(found.cycling, kept.cycling, check_exact=True)
    assert len(found.spectra) == len(kept.spectra)
    for a, b in zip(found.spectra, kept.spectra, strict=True):
        assert (a.frequency_Hz == b.frequency_Hz).all()
        assert (a.impedance_ohm == b.impedance_ohm).all()
        assert (a.cycle, a.time_h, a.n_interfaces) == (b.cycle, b.time_h, b.n_interfaces)
