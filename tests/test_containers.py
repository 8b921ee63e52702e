"""What the images and the compose file promise: nobody is root, everything tells its health.

The last tests run an image, where there is a Docker daemon and the image has been built.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml

from seicast.places import CHECKOUT
from serving.server import DRAIN_S

DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
SERVICES = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]
#: As the first lines of the Dockerfile say to build it.
IMAGE = "seicast-serve"
#: What the operating page proposes for SEICAST_LINGER_S.
LINGER_S = 5


def instructions():
    """Return the instructions of the Dockerfile, each with what it says."""
    text = re.sub(r"(?m)^#.*\n", "", DOCKERFILE).replace("\\\n", " ")
    return [line.split(None, 1) for line in text.splitlines() if line.strip()]


def stages():
    """Return the instructions of each stage, those it builds on among them."""
    found, current = {}, []
    for name, said in instructions():
        if name == "FROM":
            base, _, stage = said.partition(" AS ")
            current = list(found.get(base, ()))
            found[stage] = current
        current.append((name, said))
    return found


@pytest.mark.parametrize("stage", ["serve", "train"])
def test_an_image_runs_as_nobody_special_and_tells_its_health(stage):
    said = stages()[stage]
    users = [what for name, what in said if name == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    names = [name for name, _ in said]
    assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")
    assert {"HEALTHCHECK", "ENTRYPOINT", "CMD", "STOPSIGNAL"} <= set(names)


def test_dependencies_are_checked_by_their_hashes_and_nothing_else_is_installed():
    """What is installed comes from the folder that the checked download filled."""
    for said in stages().values():
        is_offline = False
        for name, what in said:
            is_offline = is_offline or (name == "ENV" and "PIP_NO_INDEX=1" in shlex.split(what))
            if name == "RUN" and "pip " in what:
                assert "--require-hashes" in shlex.split(what) or is_offline
            assert name != "ADD"
    assert not re.search(r"(?i)password|secret|api_key", DOCKERFILE)


def test_an_image_has_every_extra_and_nothing_of_development():
    extras = re.findall(r'--editable "\.\[(.*)\]"', DOCKERFILE)
    stated = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    assert [set(each.split(",")) for each in extras] == [
        set(stated["project"]["optional-dependencies"])
    ]
    assert "pip install --requirement" not in DOCKERFILE


def test_what_is_copied_is_there():
    for name, said in instructions():
        if name == "COPY" and not said.startswith("--from="):
            for source in said.split()[:-1]:
                assert (CHECKOUT / source).exists(), source


@pytest.mark.parametrize("names", [None, "", "lab.example", "lab.example, 127.0.0.1"])
def test_a_service_is_asked_for_its_health_by_a_name_of_its_own(names, monkeypatch):
    """Asked by another name it refuses, and would be taken for ill."""
    heard = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.headers["Host"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    monkeypatch.delenv("SEICAST_HOSTS", raising=False)
    if names is not None:
        monkeypatch.setenv("SEICAST_HOSTS", names)
    check = next(said for name, said in stages()["serve"] if name == "HEALTHCHECK")
    _, _, code = json.loads(check.partition(" CMD ")[2])
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = code.replace(":8000/", f":{server.server_port}/")
        subprocess.run([sys.executable, "-c", command], check=True, timeout=60)
        server.shutdown()
    assert heard == [(names or "127.0.0.1").split(",")[0]]


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_bounded_in_what_it_may_do(name):
    service = SERVICES[name]
    assert service["user"] not in {"root", "0", 0}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "healthcheck" in service or service["build"]["target"] in stages()


def test_only_the_service_can_be_reached_and_only_from_this_machine():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(ports) == {"service"}
    assert all(port.startswith("127.0.0.1:") for port in ports["service"])


def test_no_password_is_written_down():
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if "PASSWORD" in name:
                assert value.startswith("${POSTGRES_PASSWORD:?")


def test_the_parts_are_service_worker_mlflow_and_database():
    assert set(SERVICES) == {"service", "worker", "mlflow", "database"}
    for service in SERVICES.values():
        for needed in service.get("depends_on", {}):
            assert needed in SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_killed_while_it_still_drains(name):
    """Docker kills after 10 s, which is as long as the drain alone may take."""
    grace = re.fullmatch(r"(\d+)s", SERVICES[name]["stop_grace_period"])
    assert int(grace[1]) >= DRAIN_S + LINGER_S + 10


def test_a_database_that_is_still_being_made_is_not_ready():
    """The server that makes it answers on its socket alone, and stops again."""
    assert "--host=127.0.0.1" in SERVICES["database"]["healthcheck"]["test"]


def test_the_file_with_the_password_is_left_out():
    assert "/.env" in (CHECKOUT / ".gitignore").read_text().splitlines()
    kept = [
        line for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    ]
    assert "**" in (CHECKOUT / ".dockerignore").read_text().splitlines()
    assert "!.env" not in kept


def docker(*command):
    """Return what a command of Docker printed, without its last line's end."""
    reply = subprocess.run(
        ["docker", *command], capture_output=True, text=True, check=True, timeout=60
    )
    return reply.stdout.strip()


@pytest.fixture(scope="module")
def image():
    """Return the image of the service, or skip with what is missing."""
    if shutil.which("docker") is None:
        pytest.skip("Docker is not on this machine")
    try:
        docker("image", "inspect", IMAGE)
    except subprocess.SubprocessError as error:
        why = (error.stderr or "").strip() if hasattr(error, "stderr") else str(error)
        pytest.skip(f"no image '{IMAGE}' here, or no daemon: {why}")
    return IMAGE


@pytest.fixture
def volume(image):
    name = docker("volume", "create")
    yield name
    docker("volume", "rm", name)


@pytest.mark.slow
def test_the_image_refuses_strangers_gets_healthy_and_ends_with_code_0(image, volume):
    """Read-only, without rights and without a network, as the compose file runs it."""
    bounds = ["--network=none", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"]
    bounds += ["--security-opt=no-new-privileges:true", f"--volume={volume}:/data"]
    with pytest.raises(subprocess.CalledProcessError) as refused:
        docker("run", "--rm", *bounds, image)
    assert "there are no keys" in refused.value.stderr
    assert "sei_" in docker("run", "--rm", *bounds, image, "keys", "add", "me", "--role", "admin")
    names = "--env=SEICAST_HOSTS=lab.example"
    container = docker("run", "--detach", "--health-interval=2s", names, *bounds, image)
    try:
        assert health_of(container) == "healthy"
        docker("stop", "--time", "30", container)
        assert docker("inspect", "--format", "{{.State.ExitCode}}", container) == "0"
    finally:
        docker("rm", "--force", container)


def health_of(container):
    """Return a container's health as soon as it is known."""
    deadline = time.monotonic() + 60
    health = "starting"
    while health == "starting" and time.monotonic() < deadline:
        time.sleep(0.5)
        health = docker("inspect", "--format", "{{.State.Health.Status}}", container)
    return health
