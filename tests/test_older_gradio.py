"""The same Spaces in Gradio 4 and 5, each in an environment of its own (`make older-gradio`); and one of Gradio 3."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.spaces import gradio_environments
from tests.spaces.served_apps import ServedApps, run_site_with_apps
from tests.support.compare_with_gradio_client import DirectClient
from tests.support.component_cases import ComponentCase, select_cases, select_form_cases
from tests.support.component_trials import check_filled_form, check_untouched_form
from tests.support.http_browser import HttpBrowser
from tests.support.optional_tools import require_gradio_python

VERSIONS = {4: "4.44.1", 5: "5.49.1"}
OLDEST = "3.50.2"


@dataclass(frozen=True)
class Running:
    """Our apps in one version of Gradio, and gradio_client in front of them."""

    served: ServedApps
    direct: DirectClient


@pytest.fixture(scope="module")
def run_with_gradio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Running]]:
    """All our apps, in the Gradio of a version: started when first asked for, ended with the last test."""
    with ExitStack() as until_the_end:

        @cache
        def run(version: int) -> Running:
            context = run_site_with_apps(tmp_path_factory.mktemp("apps"), require_gradio_python(version))
            served = until_the_end.enter_context(context)
            return Running(served, until_the_end.enter_context(closing(DirectClient(served))))

        yield run


@pytest.fixture
def apps_and_client(request: pytest.FixtureRequest, run_with_gradio: Callable[[int], Running]) -> Running:
    """The apps in the version that the test names."""
    found = run_with_gradio(request.param)
    assert found.served.gradio == VERSIONS[request.param]
    return found


@pytest.fixture
def served_apps(apps_and_client: Running) -> ServedApps:
    return apps_and_client.served


@pytest.fixture
def direct_client(apps_and_client: Running) -> DirectClient:
    return apps_and_client.direct


def each(trials) -> pytest.MarkDecorator:
    """One test for each trial of each version."""
    named = [pytest.param(version, trial, id=f"{version}-{trial}") for version in VERSIONS for trial in trials(version)]
    return pytest.mark.parametrize(("apps_and_client", "trial"), named, indirect=["apps_and_client"])


@each(select_cases)
def test_a_labelled_form_filled_and_sent_answers_as_gradio_client_does(
    apps_browser: HttpBrowser, direct_client: DirectClient, tmp_path: Path, trial: ComponentCase
) -> None:
    check_filled_form(apps_browser, direct_client, trial, tmp_path)


@each(select_form_cases)
def test_a_form_sent_as_it_came_answers_as_gradio_client_does_with_the_defaults(
    apps_browser: HttpBrowser, direct_client: DirectClient, tmp_path: Path, trial: ComponentCase
) -> None:
    check_untouched_form(apps_browser, direct_client, trial, tmp_path)


@each(lambda version: ["sans-api: no-api", "ferme: space-login"])
def test_a_space_that_cannot_be_called_says_why(apps_browser: HttpBrowser, trial: str) -> None:
    app, code = trial.split(": ")
    assert apps_browser.open_form(f"/espaces/essai/{app}") is None
    assert apps_browser.record.outcome == code


def test_a_space_of_gradio_3_is_explained(tmp_path: Path) -> None:
    with run_site_with_apps(tmp_path, require_gradio_python(3), "tests.spaces.serve_gradio_3") as served:
        assert served.gradio == OLDEST
        visitor = HttpBrowser(served.site)
        assert visitor.open_form("/espaces/essai/ancien") is None
        visitor.close()
    assert visitor.record.outcome == "space-too-old"
    assert visitor.record.responses[-1].status_code == 200


def test_a_python_for_which_nothing_comes_built_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradio_environments.sys, "version_info", (3, 99, 0))
    with pytest.raises(pytest.skip.Exception, match=r"Gradio 4 do not come built for a Python after 3\.12"):
        require_gradio_python(4)


def test_an_environment_whose_requirements_have_changed_is_not_the_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gradio_environments, "ROOT", tmp_path)
    monkeypatch.setenv("REQUIRE_ALL", "1")
    gradio_environments.get_environment_folder(5).mkdir()
    gradio_environments.get_stamp_file(5).write_text("gradio==5.0.0")
    with pytest.raises(pytest.fail.Exception, match="make older-gradio"):
        require_gradio_python(5)
    gradio_environments.get_stamp_file(5).write_text(gradio_environments.get_requirements_file(5).read_text())
    assert require_gradio_python(5) == tmp_path / ".venv-gradio-5" / "bin" / "python"
