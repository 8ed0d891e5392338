"""`compose.yaml` and the `Dockerfile` start what the site has, with settings that it knows; test_campus.py runs it."""

import json
import re

import pytest
from flask import Flask

from hfcourse import config
from tests.browser.site import ROOT
from tests.campus import COMPOSED

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SERVICES = COMPOSED["services"]
OURS = [name for name, service in SERVICES.items() if service.get("build") == "."]


def instructions(name: str) -> list[str]:
    """What follows each instruction of this name, in order."""
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def test_the_image_is_slim_and_is_not_root() -> None:
    (base,) = instructions("FROM")
    assert re.fullmatch(r"python:3\.\d+-slim", base)
    (user,) = instructions("USER")
    assert user not in ("root", "0")
    assert DOCKERFILE.index("USER ") > DOCKERFILE.rindex("RUN "), "what is installed is not theirs to change"
    assert "requirements-campus.txt" in " ".join(instructions("RUN"))


def test_its_health_is_that_of_the_site() -> None:
    (check,) = instructions("HEALTHCHECK")
    program = json.loads(check.partition("CMD")[2])
    assert program[0] == "python"
    assert "http://127.0.0.1:8000/sante" in program[2]
    compile(program[2], "health", "exec")


def test_it_starts_what_the_web_service_starts() -> None:
    (command,) = instructions("CMD")
    assert json.loads(command) == SERVICES["web"]["command"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_starts_a_program_that_there_is(name: str, app: Flask) -> None:
    program, argument = SERVICES[name]["command"][0], SERVICES[name]["command"][1]
    assert program in ("flask", "gunicorn")
    if program == "flask":
        assert argument in app.cli.commands


@pytest.mark.parametrize("name", OURS)
def test_its_settings_are_known_and_no_secret_stands_in_the_file(name: str) -> None:
    for variable, value in SERVICES[name]["environment"].items():
        assert variable in config.KNOWN | {"HF_TOKEN", "WEB_CONCURRENCY"}
        if re.search("KEY|PASSWORD|TOKEN", variable):
            assert str(value).startswith("${"), variable


def test_the_practice_space_is_given_no_setting_and_no_token() -> None:
    assert SERVICES["practice"]["environment"] == {}


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_is_there_and_can_say_that_it_is_ready(name: str) -> None:
    for other, until in SERVICES[name].get("depends_on", {}).items():
        is_healthy = until["condition"] == "service_healthy"
        assert not is_healthy or "test" in SERVICES[other]["healthcheck"]
    for volume in SERVICES[name].get("volumes", []):
        source = volume.partition(":")[0]
        assert source.startswith(".") or source in COMPOSED["volumes"]


def test_only_the_web_service_is_reached_from_outside_and_only_from_this_machine() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "web": ["127.0.0.1:8000:8000"]
    }


def test_the_image_holds_nothing_that_is_kept() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".env", "instance/*", ".git"} <= set(left_out)
