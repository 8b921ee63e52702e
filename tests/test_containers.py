"""What the images and the compose file promise: nobody is root, everything tells its health."""

import re
import shlex

import pytest
import yaml

from seicast.places import CHECKOUT

DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
SERVICES = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]


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


def test_dependencies_are_installed_by_their_hashes_and_nothing_else_is():
    for name, said in instructions():
        if name == "RUN" and "pip install" in said:
            words = shlex.split(said)
            assert "--require-hashes" in words or "--no-deps" in words
        assert name != "ADD"
    assert not re.search(r"(?i)password|secret|api_key", DOCKERFILE)


def test_what_is_copied_is_there():
    for name, said in instructions():
        if name == "COPY":
            for source in said.split()[:-1]:
                assert (CHECKOUT / source).exists(), source


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
