"""`compose.yaml` and the `Dockerfile` start what the site has, confined, with settings that it knows.

No container engine is needed: test_campus.py runs the same commands without one.
"""

import json
import re

import pytest
from flask import Flask

from hfcourse import config
from tests.support.campus import COMPOSE_CONFIG
from tests.support.paths import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SERVICES = COMPOSE_CONFIG["services"]
OURS = [name for name, service in SERVICES.items() if service.get("build") == "."]


def instructions(name: str) -> list[str]:
    """What follows each instruction of this name, in order."""
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def test_the_image_is_slim_and_is_not_root() -> None:
    (base,) = instructions("FROM")
    assert base == "${PYTHON_IMAGE}", "whoever pins a digest names it"
    (default,) = instructions("ARG")
    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.\d+-slim-[a-z]+", default)
    (user,) = instructions("USER")
    assert user not in ("root", "0")
    assert DOCKERFILE.index("USER ") > DOCKERFILE.rindex("RUN "), "what is installed is not theirs to change"


def test_the_image_installs_locked_files_alone() -> None:
    (install,) = (each for each in instructions("RUN") if "pip install" in each)
    assert {"--require-hashes", "--only-binary", "requirements-campus.txt"} <= set(install.split())


def test_image_health_is_that_of_the_site() -> None:
    (check,) = instructions("HEALTHCHECK")
    program = json.loads(check.partition("CMD")[2])
    assert program[0] == "python"
    assert "http://127.0.0.1:8000/sante" in program[2]
    compile(program[2], "health", "exec")


def test_image_starts_what_the_web_service_starts() -> None:
    (command,) = instructions("CMD")
    assert json.loads(command) == SERVICES["web"]["command"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_starts_a_program_that_there_is(name: str, app: Flask) -> None:
    program, argument = SERVICES[name]["command"][0], SERVICES[name]["command"][1]
    assert program in ("flask", "gunicorn")
    if program == "flask":
        assert argument in app.cli.commands


@pytest.mark.parametrize("name", OURS)
def test_settings_of_a_service_are_known_and_without_secret(name: str) -> None:
    for variable, value in SERVICES[name]["environment"].items():
        assert variable in config.KNOWN_VARIABLES | {"HF_TOKEN", "WEB_CONCURRENCY"}
        if re.search("KEY|PASSWORD|TOKEN", variable):
            assert str(value).startswith("${"), variable


def test_the_practice_space_is_given_no_setting_and_no_token() -> None:
    assert SERVICES["practice"]["environment"] == {}


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_is_there_and_can_say_that_it_is_ready(name: str) -> None:
    for other, until in SERVICES[name].get("depends_on", {}).items():
        is_healthy = until["condition"] == "service_healthy"
        has_check = "test" in SERVICES[other].get("healthcheck", {}) or (other == "web" and instructions("HEALTHCHECK"))
        assert not is_healthy or has_check
    for volume in SERVICES[name].get("volumes", []):
        source = volume.partition(":")[0]
        assert source.startswith(".") or source in COMPOSE_CONFIG["volumes"]


def test_only_the_proxy_is_reached_from_outside_and_only_from_this_machine_unless_said() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "proxy": ["${PUBLISHED_ADDRESS:-127.0.0.1:8000}:8080"]
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit", "cpus"} <= service.keys()
    if name not in OURS:
        assert service["user"].partition(":")[0] not in ("", "0", "root"), (
            "without capabilities root cannot become another"
        )


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in OURS])
def test_an_image_of_others_has_an_exact_minor_version_and_may_be_named_with_its_digest(name: str) -> None:
    assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[a-z]+:\d+\.\d+(-[a-z]+)?\}", SERVICES[name]["image"])


def reachable(name: str) -> set[str]:
    """The services that share a network with this one."""
    networks = set(SERVICES[name]["networks"])
    return {other for other, service in SERVICES.items() if networks & set(service["networks"])} - {name}


def is_cut_off(name: str) -> bool:
    """Is no network of this service one that leads out?"""
    return all(COMPOSE_CONFIG["networks"][each] == {"internal": True} for each in SERVICES[name]["networks"])


def test_the_practice_space_reaches_neither_database_nor_queue_nor_the_outside() -> None:
    assert reachable("practice") == {"web", "worker"}
    assert is_cut_off("practice")


def test_database_and_queue_are_reached_by_what_uses_them_and_reach_nothing_outside() -> None:
    for name in ("database", "queue"):
        assert reachable(name) <= {"web", "worker", "migrate", "database", "queue"}
        assert is_cut_off(name)
    assert is_cut_off("migrate")


def test_the_proxy_reaches_the_web_service_alone() -> None:
    assert reachable("proxy") == {"web"}


def test_web_processes_and_workers_reach_the_hub() -> None:
    assert not is_cut_off("web")
    assert not is_cut_off("worker")


def test_a_secret_is_given_only_to_what_needs_it() -> None:
    given = {name: set(service.get("environment", {})) for name, service in SERVICES.items()}
    assert {name for name, settings in given.items() if "HF_TOKEN" in settings} == {"web", "worker"}
    assert {name for name, settings in given.items() if "HFCOURSE_INSTRUCTOR_PASSWORD" in settings} == {"web"}
    assert {name for name, settings in given.items() if "HFCOURSE_SECRET_KEY" in settings} == {"web", "worker"}
    assert given["migrate"] == {"HFCOURSE_DATABASE_URL"}


def test_what_a_campus_sets_is_only_read() -> None:
    mounted = [
        volume for service in SERVICES.values() for volume in service.get("volumes", []) if volume.startswith(".")
    ]
    assert mounted
    assert all(volume.endswith(":ro") for volume in mounted)


def test_the_queue_asks_for_a_password_that_no_list_of_processes_shows() -> None:
    assert "${REDIS_PASSWORD:?" in SERVICES["web"]["environment"]["HFCOURSE_QUEUE_URL"]
    program = SERVICES["queue"]["command"][-1]
    assert "requirepass $$REDIS_PASSWORD" in program
    assert program.startswith("exec redis-server - <<"), "the shell's own words hold no value of it"


def test_the_site_believes_the_proxy_in_front_of_it() -> None:
    (template,) = SERVICES["proxy"]["volumes"]
    assert template == "./docs/nginx.conf:/etc/nginx/templates/default.conf.template:ro"
    host, _, port = SERVICES["proxy"]["environment"]["UPSTREAM_ADDRESS"].partition(":")
    assert f"0.0.0.0:{port}" in SERVICES[host]["command"]
    assert SERVICES["web"]["environment"]["HFCOURSE_TRUSTED_PROXIES"] == "${HFCOURSE_TRUSTED_PROXIES:-1}"


def test_the_image_holds_nothing_that_is_kept() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".env", "instance/*", ".git"} <= set(left_out)
