"""Log in as the instructor, at a time that the test sets."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.support.form_parsing import parse_page
from tests.support.site_process import INSTRUCTOR_PASSWORD as PASSWORD

LOGIN_PATH = "/enseignant/"


@pytest.fixture
def app_with_password(app: Flask, wall_clock: Traveller) -> Flask:
    """A site with a password, whose attempts are counted by a clock that the test moves."""
    app.config["INSTRUCTOR_PASSWORD"] = PASSWORD
    return app


def submit_password(client: FlaskClient, password: str, address: str = "10.0.0.1"):
    """Send the form of the door."""
    with client.session_transaction() as session:
        session.pop("login_attempt", None)
    field = parse_page(client.get(LOGIN_PATH)).select_one("[name=csrf_token]")
    assert field is not None
    data = {"csrf_token": field["value"], "mot-de-passe": password}
    return client.post(LOGIN_PATH, data=data, environ_base={"REMOTE_ADDR": address})
