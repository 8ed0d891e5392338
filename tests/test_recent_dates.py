"""Dates of lists: near ones by name, in the time zone of the site."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from hfcourse.web import template_globals


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        (datetime(2026, 11, 30, 9, 5, tzinfo=UTC), "aujourd’hui, "),
        (datetime(2026, 11, 29, 9, 5, tzinfo=UTC), "hier, "),
        (datetime(2026, 11, 28, 9, 5, tzinfo=UTC), "28 novembre 2026, "),
        (datetime(2025, 11, 30, 9, 5, tzinfo=UTC), "30 novembre 2025, "),
        (datetime(2026, 12, 1, 9, 5, tzinfo=UTC), "1ᵉʳ décembre 2026, "),  # a clock that was set back
    ],
)
def test_date_of_a_list_names_today_and_yesterday(
    app: Flask, monkeypatch: pytest.MonkeyPatch, moment: datetime, wanted: str
) -> None:
    monkeypatch.setattr(template_globals, "get_today", lambda: date(2026, 11, 30))
    with app.app_context():
        assert template_globals.format_recent_datetime(moment) == wanted + template_globals.format_time(moment)
