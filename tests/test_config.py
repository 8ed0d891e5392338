"""Settings: what they accept, and the one line that stops the start."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from hfcourse import config, create_app

ROOT = Path(__file__).parents[1]
SECRET = "S3CR3T-VALUE"


def one(name: str, value: str) -> Any:
    """The setting of that name, parsed."""
    return config.load_settings({f"HFCOURSE_{name}": value})[name]


def refusal(variable: str, value: str) -> str:
    """The line that stops the start."""
    with pytest.raises(SystemExit) as caught:
        config.load_settings({variable: value})
    return str(caught.value)


@pytest.fixture
def dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The `.env` of a project of its own."""
    monkeypatch.setattr(config, "ROOT", tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return tmp_path / ".env"


def loaded(folder: Path, **overrides: Any) -> Flask:
    app = Flask("tests")
    config.init_app(app, {"INSTANCE": str(folder), **overrides})
    return app


def test_the_defaults_are_those_of_the_design() -> None:
    values = config.load_settings({})
    assert values["CALL_DEADLINE_SECONDS"] == 120
    assert (values["RUNS_PER_MINUTE"], values["RUNS_AT_ONCE"], values["RUNS_AT_ONCE_PER_VISITOR"]) == (20, 128, 2)
    assert (values["RUNS_AT_ONCE_PER_SPACE"], values["RUNS_WAITING"]) == (None, 500)
    assert (values["UPLOAD_LIMIT_BYTES"], values["KEEP_DAYS"], values["KEEP_BYTES"]) == (20_000_000, 90, 2_000_000_000)
    assert (values["TRUSTED_PROXIES"], values["OPEN_CATALOGUE"], values["SPACE_ORIGINS"]) == (0, True, ())
    assert (values["HUB_URL"], values["TIME_ZONE"].key) == ("https://huggingface.co", "Europe/Paris")


@pytest.mark.parametrize("setting", config.SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_says_what_it_is_for(setting: config.Setting) -> None:
    assert len(setting.purpose) > 5
    assert setting.variable.startswith(("HFCOURSE_", "HF_"))


@pytest.mark.parametrize("setting", config.SETTINGS, ids=lambda setting: setting.name)
def test_an_empty_value_is_the_default(setting: config.Setting) -> None:
    assert config.load_settings({setting.variable: "  "}) == config.load_settings({})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OPEN_CATALOGUE", "non", False),
        ("OPEN_CATALOGUE", "OUI", True),
        ("OPEN_CATALOGUE", "0", False),
        ("OPEN_CATALOGUE", "no", False),
        ("OPEN_CATALOGUE", " yes ", True),
        ("OPEN_CATALOGUE", "1", True),
        ("CALL_DEADLINE_SECONDS", " 5 ", 5),
        ("UPLOAD_LIMIT_BYTES", "50_000_000", 50_000_000),
        ("RUNS_AT_ONCE_PER_SPACE", "3", 3),
        ("TRUSTED_PROXIES", "2", 2),
        (
            "SPACE_ORIGINS",
            "https://a.example https://b:8443,http://c",
            ("https://a.example", "https://b:8443", "http://c"),
        ),
        ("SPACE_ORIGINS", "https://a.example/", ("https://a.example",)),
        ("SPACE_ORIGINS", "http://[::1]:7860/", ("http://[::1]:7860",)),
        ("REPORT_TO", " prof@ecole.example ", "prof@ecole.example"),
        ("REPORT_TO", "https://git.example/cours/issues", "https://git.example/cours/issues"),
        ("PROXY_URL", "http://pupil:word@proxy.school:3128/", "http://pupil:word@proxy.school:3128"),
        ("PRACTICE_URL", "http://127.0.0.1:7861/app", "http://127.0.0.1:7861/app"),
    ],
)
def test_a_value_that_makes_sense_is_parsed(name: str, value: str, expected: Any) -> None:
    assert one(name, value) == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HFCOURSE_OPEN_CATALOGUE", SECRET),
        ("HFCOURSE_CALL_DEADLINE_SECONDS", SECRET),
        ("HFCOURSE_CALL_DEADLINE_SECONDS", "0"),
        ("HFCOURSE_CALL_DEADLINE_SECONDS", "-5"),
        ("HFCOURSE_CALL_DEADLINE_SECONDS", "1.5"),
        ("HFCOURSE_RUNS_AT_ONCE_PER_SPACE", "0"),
        ("HFCOURSE_TRUSTED_PROXIES", "-1"),
        ("HFCOURSE_SPACE_ORIGINS", f"https://a.example/{SECRET}"),
        ("HFCOURSE_SPACE_ORIGINS", f"ftp://{SECRET}"),
        ("HFCOURSE_SPACE_ORIGINS", f"https://{SECRET}@a.example"),
        ("HFCOURSE_SPACE_ORIGINS", "https://a.example:99999"),
        ("HFCOURSE_SPACE_ORIGINS", "http://[a.example]:80"),
        ("HFCOURSE_SPACE_ORIGINS", "*.hf.space"),
        ("HFCOURSE_REPORT_TO", SECRET),
        ("HFCOURSE_REPORT_TO", f"javascript:{SECRET}@a.example"),
        ("HFCOURSE_REPORT_TO", f"prof@ecole.example?bcc={SECRET}@a.example"),
        ("HFCOURSE_PROXY_URL", SECRET),
        ("HFCOURSE_PROXY_URL", f"http://[{SECRET}]"),
        ("HFCOURSE_PROXY_URL", f"socks5://u:{SECRET}@h"),
        ("HFCOURSE_PROXY_URL", f"http://u:{SECRET}@h:99999"),
        ("HFCOURSE_PROXY_URL", f"http://h:{SECRET}"),
        ("HFCOURSE_PRACTICE_URL", f"http://u:{SECRET}@h"),
        ("HFCOURSE_PRACTICE_URL", f"http://h/?{SECRET}"),
        ("HFCOURSE_CA_BUNDLE", f"/no/such/{SECRET}"),
        ("HFCOURSE_CA_BUNDLE", "/"),
        ("HFCOURSE_CA_BUNDLE", __file__),
        ("HFCOURSE_TIME_ZONE", SECRET),
        ("HFCOURSE_TIME_ZONE", "../../etc/passwd"),
        ("HFCOURSE_TIME_ZONE", "Europe"),
        ("HFCOURSE_SECRET_KEY", "too-short"),
        ("HF_ENDPOINT", SECRET),
    ],
)
def test_a_value_that_makes_none_stops_the_start_with_one_line_that_does_not_repeat_it(
    variable: str, value: str
) -> None:
    line = refusal(variable, value)
    assert variable in line
    assert "\n" not in line
    assert SECRET not in line


def test_the_start_is_stopped_without_a_traceback(tmp_path: Path) -> None:
    environment = os.environ | {"HFCOURSE_TIME_ZONE": SECRET, "HFCOURSE_INSTANCE": str(tmp_path)}
    command = [sys.executable, "-c", "from hfcourse import create_app; create_app()"]
    ended = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert ended.stderr.count("\n") == 1
    assert "HFCOURSE_TIME_ZONE" in ended.stderr
    assert SECRET not in ended.stderr


class TestUnknownVariables:
    def test_a_typing_mistake_is_warned_of_with_what_was_meant(self, caplog: pytest.LogCaptureFixture) -> None:
        config.warn_about_unknown_variables({"HFCOURSE_CALL_DEADLINE": SECRET})
        assert "HFCOURSE_CALL_DEADLINE: did you mean HFCOURSE_CALL_DEADLINE_SECONDS?" in caplog.text
        assert SECRET not in caplog.text

    def test_known_ones_and_those_of_others_are_not(self, caplog: pytest.LogCaptureFixture) -> None:
        config.warn_about_unknown_variables(
            {"HFCOURSE_TIME_ZONE": "x", "HF_TOKEN": "x", "HF_ENDPOINT": "x", "PATH": "x"}
        )
        assert caplog.records == []

    def test_unknown_variable_is_a_warning_at_the_start(
        self, dotenv: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        dotenv.write_text("HFCOURSE_OPEN_CATALOG=no\n")
        with caplog.at_level(logging.WARNING):
            loaded(tmp_path / "instance")
        assert "did you mean HFCOURSE_OPEN_CATALOGUE?" in caplog.text


class TestDotenv:
    def test_settings_of_dotenv_are_read(self, dotenv: Path, tmp_path: Path) -> None:
        dotenv.write_text("HFCOURSE_KEEP_DAYS=7\n")
        assert loaded(tmp_path / "instance").config["KEEP_DAYS"] == 7

    def test_the_environment_wins(self, dotenv: Path, tmp_path: Path) -> None:
        dotenv.write_text("HFCOURSE_KEEP_DAYS=7\n")
        os.environ["HFCOURSE_KEEP_DAYS"] = "8"
        assert loaded(tmp_path / "instance").config["KEEP_DAYS"] == 8

    def test_the_mark_of_windows_notepad_does_not_hide_the_first_line(self, dotenv: Path, tmp_path: Path) -> None:
        dotenv.write_bytes(b"\xef\xbb\xbfHFCOURSE_KEEP_DAYS=7\r\n")
        assert loaded(tmp_path / "instance").config["KEEP_DAYS"] == 7

    def test_another_encoding_stops_the_start_with_one_line(self, dotenv: Path, tmp_path: Path) -> None:
        dotenv.write_bytes("HFCOURSE_KEEP_DAYS=7\n".encode("utf-16"))
        with pytest.raises(SystemExit, match=r"^hfcourse\u00a0: \.env est illisible\u00a0: enregistrez-le en UTF-8\.$"):
            loaded(tmp_path / "instance")


class TestSecretKey:
    def test_secret_key_is_made_once_and_only_its_owner_reads_it(self, tmp_path: Path) -> None:
        made = loaded(tmp_path).config["SECRET_KEY"]
        assert len(made) == 64
        assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
        assert loaded(tmp_path).config["SECRET_KEY"] == made
        assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]

    def test_one_that_is_set_is_used_and_none_is_made(self, tmp_path: Path) -> None:
        assert loaded(tmp_path, SECRET_KEY="k" * 20).config["SECRET_KEY"] == "k" * 20
        assert list(tmp_path.iterdir()) == []

    def test_processes_that_start_together_agree(self, tmp_path: Path) -> None:
        code = (
            "import sys; from pathlib import Path; from hfcourse.config import load_secret_key; "
            "sys.stdin.read(); print(load_secret_key(Path(sys.argv[1])))"
        )
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", code, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for _ in range(6)
        ]
        for process in processes:
            assert process.stdin
            process.stdin.close()
        keys = set()
        for process in processes:
            assert process.stdout
            keys.add(process.stdout.read())
            process.stdout.close()
            process.wait(30)
        assert len(keys) == 1


def test_an_instance_folder_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match="HFCOURSE_INSTANCE"):
        loaded(tmp_path / "file" / "folder")


def test_what_the_tests_override_wins(tmp_path: Path) -> None:
    app = create_app({"INSTANCE": str(tmp_path), "KEEP_DAYS": 3, "TESTING": True})
    assert (app.config["KEEP_DAYS"], app.instance_path) == (3, str(tmp_path))
    app.extensions["database"].kw["bind"].dispose()
