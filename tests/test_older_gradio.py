"""The same Spaces in Gradio 4 and 5, each in an environment of its own (`make older-gradio`); and one of Gradio 3."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.spaces import gradio_environments
from tests.spaces.served_apps import Served, serving
from tests.support.compare_with_gradio_client import Direct
from tests.support.component_cases import Case, cases_for, forms_for
from tests.support.component_trials import check_filled, check_labels, check_untouched
from tests.support.http_browser import Visitor

VERSIONS = {4: "4.44.1", 5: "5.49.1"}
OLDEST = "3.50.2"


def environment_of(version: int) -> Path:
    """The interpreter of the environment with this Gradio; where it is missing, the test is skipped, or fails in CI."""
    if reason := gradio_environments.impossible(version):
        pytest.skip(reason)
    if not gradio_environments.is_made(version):
        reason = f"Gradio {version} is not installed here (make older-gradio)"
        pytest.fail(reason) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(reason)
    return gradio_environments.python_of(version)


@dataclass(frozen=True)
class Running:
    """Our apps in one version of Gradio, and gradio_client in front of them."""

    served: Served
    direct: Direct


@pytest.fixture(scope="module")
def running_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Running]]:
    """All our apps, in the Gradio of a version: started when first asked for, ended with the last test."""
    with ExitStack() as until_the_end:

        @cache
        def run(version: int) -> Running:
            context = serving(tmp_path_factory.mktemp("apps"), environment_of(version))
            served = until_the_end.enter_context(context)
            return Running(served, until_the_end.enter_context(closing(Direct(served))))

        yield run


@pytest.fixture
def running(request: pytest.FixtureRequest, running_in: Callable[[int], Running]) -> Running:
    """The apps in the version that the test names."""
    found = running_in(request.param)
    assert found.served.gradio == VERSIONS[request.param]
    return found


@pytest.fixture
def served(running: Running) -> Served:
    return running.served


@pytest.fixture
def direct(running: Running) -> Direct:
    return running.direct


@pytest.fixture
def visitor(served: Served) -> Iterator[Visitor]:
    somebody = Visitor(served.site)
    yield somebody
    somebody.close()


def each(trials) -> pytest.MarkDecorator:
    """One test for each trial of each version."""
    named = [pytest.param(version, trial, id=f"{version}-{trial}") for version in VERSIONS for trial in trials(version)]
    return pytest.mark.parametrize(("running", "trial"), named, indirect=["running"])


@each(cases_for)
def test_a_form_filled_and_sent_answers_as_gradio_client_does(
    visitor: Visitor, direct: Direct, tmp_path: Path, trial: Case
) -> None:
    check_filled(visitor, direct, trial, tmp_path)


@each(forms_for)
def test_a_form_sent_as_it_came_answers_as_gradio_client_does_with_the_defaults(
    visitor: Visitor, direct: Direct, tmp_path: Path, trial: Case
) -> None:
    check_untouched(visitor, direct, trial, tmp_path)


@each(lambda version: sorted({case.app for case in cases_for(version)}))
def test_every_parameter_has_a_control_with_a_label(visitor: Visitor, served: Served, trial: str) -> None:
    check_labels(visitor, served, trial)


@each(lambda version: ["sans-api: no-api", "ferme: space-login"])
def test_a_space_that_cannot_be_called_says_why(visitor: Visitor, trial: str) -> None:
    app, code = trial.split(": ")
    assert visitor.form_at(f"/espaces/essai/{app}") is None
    assert visitor.visit.end == code


def test_a_space_of_gradio_3_is_explained(tmp_path: Path) -> None:
    with serving(tmp_path, environment_of(3), "tests.spaces.serve_gradio_3") as served:
        assert served.gradio == OLDEST
        visitor = Visitor(served.site)
        assert visitor.form_at("/espaces/essai/ancien") is None
        visitor.close()
    assert visitor.visit.end == "space-too-old"
    assert visitor.visit.answers[-1].status_code == 200


def test_a_python_for_which_nothing_comes_built_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradio_environments.sys, "version_info", (3, 99, 0))
    with pytest.raises(pytest.skip.Exception, match=r"Gradio 4 do not come built for a Python after 3\.12"):
        environment_of(4)


def test_an_environment_whose_requirements_have_changed_is_not_the_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gradio_environments, "ROOT", tmp_path)
    monkeypatch.setenv("REQUIRE_ALL", "1")
    gradio_environments.folder_of(5).mkdir()
    gradio_environments.stamp_of(5).write_text("gradio==5.0.0")
    with pytest.raises(pytest.fail.Exception, match="make older-gradio"):
        environment_of(5)
    gradio_environments.stamp_of(5).write_text(gradio_environments.requirements_of(5).read_text())
    assert environment_of(5) == tmp_path / ".venv-gradio-5" / "bin" / "python"
