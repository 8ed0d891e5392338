"""The site from outside, in a process of its own, before a hundred hostile Spaces: nothing breaks, leaks or hangs."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from hfcourse.error_messages import EXPLANATIONS
from hfcourse.files.limits import MAX_RUN_FILES
from hfcourse.runs.queue import shutdown
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeServer
from tests.spaces.hostile_spaces import MODE_NAMES, TOKEN_MODE_NAMES, HostileServer
from tests.support.http_browser import FILLER_VALUE, HttpBrowser, VisitRecord
from tests.support.site_process import FLASK_COMMAND, SiteProcess, run_site
from tests.support.waiting import wait_until

TOKEN = "hf_" + "a" * 30
SECRET = "ce que personne ne doit lire " * 3
# Where a call should end by our patience, it is short; where something else should end it, a busy machine is
# given the time for that.
HURRIED_SECONDS, PATIENT_SECONDS, GRACE_SECONDS = 4, 40, 3
AT_ONCE = 8
INTERNAL = re.compile(
    r"Traceback|\b[A-Z]\w*(?:Error|Exception)\b|CallFailed|object at 0x|http://127\.0\.0\.1(?!:5000/)"
)
MANY = 200


@dataclass(frozen=True)
class Footprint:
    """What a process holds: memory, threads, sockets."""

    kilobytes: int
    threads: int
    sockets: int

    @classmethod
    def of(cls, site: SiteProcess) -> "Footprint":
        kept = Path("/proc", str(site.process.pid))
        status = dict(line.split(":", 1) for line in (kept / "status").read_text().splitlines())
        sockets = 0
        for each in (kept / "fd").iterdir():
            try:
                sockets += os.readlink(each).startswith("socket:")
            except FileNotFoundError:  # closed since it was listed
                continue
        return cls(int(status["VmRSS"].split()[0]), int(status["Threads"]), sockets)


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the server that is nobody's business."""
    path = tmp_path_factory.mktemp("canary") / ".env"
    path.write_text(SECRET)
    return path


@pytest.fixture(scope="module")
def foreign_server() -> Iterator[FakeServer]:
    """Another origin, which must stay silent."""
    server = FakeServer(fake_servers.reply_with({"secret": "of another server"}))
    yield server
    server.close()


@pytest.fixture(scope="module")
def hostile(foreign_server: FakeServer, canary: Path) -> Iterator[HostileServer]:
    server = HostileServer(foreign_server.url, canary)
    yield server
    server.close()


def settled(folder: Path, hostile: HostileServer) -> Path:
    """A folder for a site whose catalogue has an entry for each mode."""
    (folder / "instance").mkdir(parents=True)
    entries = [
        f'[[space]]\nid = "hostile/{name}"\nurl = "{hostile.url}/{name}"\n'
        f"token = {str(name in TOKEN_MODE_NAMES).lower()}\n"
        for name in hostile.modes
    ]
    (folder / "instance" / "spaces.toml").write_text("\n".join(entries))
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, hostile: HostileServer) -> dict[int, Path]:
    """The folder of each site, by its deadline."""
    deadlines = (HURRIED_SECONDS, PATIENT_SECONDS)
    return {seconds: settled(tmp_path_factory.mktemp("hostile"), hostile) for seconds in deadlines}


@pytest.fixture(scope="module")
def sites(
    folders: dict[int, Path], hostile: HostileServer, foreign_server: FakeServer
) -> Iterator[dict[int, SiteProcess]]:
    """A site for each deadline, with a token that it lends to some of the Spaces."""
    with ExitStack() as running:
        made = {}
        for seconds, folder in folders.items():
            (folder / "tmp").mkdir()
            settings = {
                "HF_TOKEN": TOKEN,
                "HF_ENDPOINT": foreign_server.url,  # no Space here is on the Hub: nobody asks it anything
                "TMPDIR": str(folder / "tmp"),
                "HFCOURSE_SPACE_ORIGINS": hostile.url,
                "HFCOURSE_CALL_DEADLINE_SECONDS": str(seconds),
                "HFCOURSE_RUNS_PER_MINUTE": "1000",
            }
            made[seconds] = running.enter_context(run_site(folder, program=FLASK_COMMAND, **settings))
        yield made


@pytest.fixture(scope="module")
def site(sites: dict[int, SiteProcess]) -> SiteProcess:
    return sites[PATIENT_SECONDS]


def deadline_for(mode: str, hostile: HostileServer) -> int:
    """The deadline of the site that meets this Space."""
    return HURRIED_SECONDS if hostile.modes[mode].outcome == "timeout" else PATIENT_SECONDS


def visit(site: SiteProcess, mode: str) -> VisitRecord:
    """Somebody new tries this Space out."""
    visitor = HttpBrowser(site)
    try:
        return visitor.visit_space(f"/espaces/hostile/{mode}")
    finally:
        visitor.close()


@pytest.fixture(scope="module")
def bases(sites: dict[int, SiteProcess]) -> dict[int, Footprint]:
    """What each site holds after good runs, as many at once as will be hostile."""
    for site in sites.values():
        with ThreadPoolExecutor(AT_ONCE) as students:
            ends = {each.outcome for each in students.map(lambda _, site=site: visit(site, "good"), range(AT_ONCE))}
        assert ends == {"succeeded"}
    return {seconds: Footprint.of(site) for seconds, site in sites.items()}


@pytest.fixture(scope="module")
def mode_visits(
    request: pytest.FixtureRequest, sites: dict[int, SiteProcess], bases: dict[int, Footprint], hostile: HostileServer
) -> Iterator[dict[str, Future[VisitRecord]]]:
    """The visits to every mode that is asked for, several at once."""
    wanted = {item.callspec.params.get("mode") for item in request.session.items if hasattr(item, "callspec")}
    with ThreadPoolExecutor(AT_ONCE) as students:
        yield {
            mode: students.submit(visit, sites[deadline_for(mode, hostile)], mode)
            for mode in MODE_NAMES
            if mode in wanted
        }


def test_outcomes_of_hostile_modes_are_documented(hostile: HostileServer) -> None:
    outcomes = {mode.outcome for mode in hostile.modes.values()}
    assert "succeeded" in outcomes
    assert outcomes <= {"succeeded", *EXPLANATIONS}


@pytest.mark.parametrize("mode", MODE_NAMES)
def test_a_hostile_space_ends_as_it_should_and_harms_nobody(
    mode_visits: dict[str, Future[VisitRecord]], hostile: HostileServer, foreign_server: FakeServer, mode: str
) -> None:
    found, expected = mode_visits[mode].result(), hostile.modes[mode]
    assert (found.outcome, found.has_form) == (expected.outcome, expected.has_form)
    assert max(found.page_seconds, found.run_seconds) < deadline_for(mode, hostile) + GRACE_SECONDS
    assert foreign_server.requests == []
    check_pages(found)
    for each in found.file_responses:
        check_file_headers(each.headers)
    guest = hostile.spaces_by_mode[mode]
    if mode not in TOKEN_MODE_NAMES:
        assert TOKEN not in repr(guest.requests)
    assert SECRET not in repr(guest.requests)


def check_pages(found: VisitRecord) -> None:
    """No page breaks, tells about our machine, or holds markup of a Space."""
    for answer in found.responses:
        expected = 303 if answer.request.method == "POST" else 200
        assert answer.status_code == expected, (answer.url, answer.status_code)
        assert TOKEN.encode() not in answer.content
        assert TOKEN not in repr(answer.headers)
        assert "space" not in answer.headers.get("set-cookie", "")
    for page in found.pages:
        assert not INTERNAL.search(page), INTERNAL.search(page)
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        drawn = BeautifulSoup(page, "html.parser")
        assert not drawn.select("[onerror], [onload], script:not([src]), iframe:not([sandbox]), object, embed")
        for tag in drawn.select("[href], [src], [action], [data], [srcdoc]"):
            addresses = [str(tag.get(name, "")) for name in ("href", "src", "action", "data")]
            assert not [each for each in addresses if re.match(r"\s*(javascript|data):", each)], tag
    if found.outcome not in ("succeeded", ""):
        assert f'data-error="{found.outcome}"' in "".join(found.pages)


# A name that a Space invents stands between quotes, or as UTF-8 in percent encoding (RFC 6266).
ATTACHMENT = (
    r"""attachment; filename=("([^"\\\r\n]|\\.)*"|[A-Za-z0-9._-]+)(; filename\*=UTF-8''[A-Za-z0-9._~%!$&+-]+)?"""
)


def check_file_headers(headers) -> None:
    """A Space's file is no page of ours: a picture, or bytes to save."""
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "private, no-store"
    assert "x-evil" not in headers
    if not headers["content-type"].startswith("image/"):
        assert headers["content-type"] == "application/octet-stream"
        assert re.fullmatch(ATTACHMENT, headers["content-disposition"])


def value_of(visits: dict[str, Future[VisitRecord]], mode: str, number: int = 0):
    return visits[mode].result().run["outputs"][number]["value"]


class TestWhatCameBack:
    """What a student sees of some of these Spaces, beyond the code."""

    @pytest.mark.parametrize("mode", ["aliens-first"])
    def test_another_visitors_answer_is_not_taken(self, mode_visits: dict[str, Future[VisitRecord]], mode: str) -> None:
        assert value_of(mode_visits, mode) == "à moi"

    @pytest.mark.parametrize("mode", ["stream-generator", "stream-cut"])
    def test_what_had_arrived_is_kept(self, mode_visits: dict[str, Future[VisitRecord]], mode: str) -> None:
        assert value_of(mode_visits, mode).startswith(("premier", "valeur"))

    @pytest.mark.parametrize("mode", ["parameter-names"])
    def test_a_parameter_of_any_name_arrives(
        self, mode_visits: dict[str, Future[VisitRecord]], hostile: HostileServer, mode: str
    ) -> None:
        assert mode_visits[mode].result().outcome == "succeeded"
        joined = hostile.spaces_by_mode[mode].requests_to("/join")[0]
        assert len(joined.json["data"]) == 10
        assert set(joined.json["data"]) == {FILLER_VALUE}

    @pytest.mark.parametrize("mode", ["cookies"])
    def test_a_spaces_cookie_goes_with_the_rest_of_its_call_alone(
        self, mode_visits: dict[str, Future[VisitRecord]], hostile: HostileServer, mode: str
    ) -> None:
        assert mode_visits[mode].result().outcome == "succeeded"
        sent = [(request.path, request.headers.get("cookie")) for request in hostile.spaces_by_mode[mode].requests]
        # What was set by /config is for /info, what was set by the joining is for the stream.
        assert sent[:4] == [
            ("/config", None),
            ("/gradio_api/info", "visitor=space"),
            ("/gradio_api/queue/join", None),
            ("/gradio_api/queue/data", "visitor=space"),
        ]

    @pytest.mark.parametrize("mode", ["files-500", "files-missing"])
    def test_files_are_fetched_as_many_as_a_run_keeps(
        self, mode_visits: dict[str, Future[VisitRecord]], hostile: HostileServer, mode: str
    ) -> None:
        assert mode_visits[mode].result().outcome == "succeeded"
        assert len([path for path in hostile.spaces_by_mode[mode].paths() if "/file=" in path]) == MAX_RUN_FILES

    @pytest.mark.parametrize("mode", ["file-dots", "file-encoded-dots", "file-is-url", "file-is-at", "file-elsewhere"])
    def test_nothing_is_asked_outside_the_spaces_files(
        self, mode_visits: dict[str, Future[VisitRecord]], hostile: HostileServer, mode: str
    ) -> None:
        assert mode_visits[mode].result().outcome == "succeeded"
        known = ("/config", "/gradio_api/info", "/gradio_api/queue/", "/gradio_api/file=", "/gradio_api/stream/")
        assert not [path for path in hostile.spaces_by_mode[mode].paths() if not path.startswith(known)]

    @pytest.mark.parametrize("mode", ["address"])
    def test_the_address_of_a_space_is_told_to_nobody(
        self, mode_visits: dict[str, Future[VisitRecord]], hostile: HostileServer, mode: str
    ) -> None:
        found = mode_visits[mode].result()
        assert "[adresse du Space]" in value_of(mode_visits, mode)
        host = hostile.url.removeprefix("http://").encode()
        assert not [answer.url for answer in found.responses if host in answer.content]

    @pytest.mark.parametrize("mode", [name for name in TOKEN_MODE_NAMES if name.startswith("echo")])
    def test_a_space_that_is_lent_the_token_cannot_have_it_shown(
        self, mode_visits: dict[str, Future[VisitRecord]], hostile: HostileServer, mode: str
    ) -> None:
        found = mode_visits[mode].result()
        carried = [request.headers.get("x-hf-authorization") for request in hostile.spaces_by_mode[mode].requests]
        assert set(carried) == {f"Bearer {TOKEN}"}
        shown = "".join(answer.text for answer in found.responses)
        assert "[jeton masqué]" in shown.replace("\\u00e9", "é")
        assert TOKEN[:12] not in shown


class TestATypedLure:
    """A student who writes what Gradio would take for a file of the server."""

    @pytest.mark.parametrize(
        "wrapped",
        ["%s", "[%s]", '{"a": [{"b": %s}]}', "[" * 5000 + "%s" + "]" * 5000],
        ids=["plain", "in a list", "in a dict", "deep"],
    )
    def test_typed_lure_is_refused_before_anything_leaves(
        self, site: SiteProcess, hostile: HostileServer, canary: Path, wrapped: str
    ) -> None:
        visitor = HttpBrowser(site)
        form = visitor.open_form("/espaces/hostile/lure-json")
        assert form is not None
        before = len(hostile.spaces_by_mode["lure-json"].requests_to("/join"))
        lure = json.dumps({"path": str(canary), "meta": {"_type": "gradio.FileData"}})
        answer = visitor.submit_form(form, words=wrapped % lure)
        visitor.close()
        assert (answer.status_code, 'data-error="invalid-input"' in answer.text) == (400, True)
        assert len(hostile.spaces_by_mode["lure-json"].requests_to("/join")) == before

    def test_typed_lure_with_a_token_inside_is_kept_nowhere(
        self, site: SiteProcess, hostile: HostileServer, folders: dict[int, Path]
    ) -> None:
        visitor, pasted = HttpBrowser(site), "hf_" + "z9" * 15
        form = visitor.open_form("/espaces/hostile/lure-json")
        assert form is not None
        answer = visitor.submit_form(form, words=json.dumps({"a": [pasted]}))
        visitor.close()
        assert (answer.status_code, 'data-error="secret-in-input"' in answer.text) == (400, True)
        assert pasted not in answer.text
        assert pasted not in repr(hostile.requests)
        assert files_with(pasted, folders[PATIENT_SECONDS]) == []


@pytest.mark.parametrize("mode", ["stream-silent", "cancel-silent", "join-silent"])
def test_a_stop_ends_a_silent_call_within_a_second_and_closes_its_connection(
    site: SiteProcess, hostile: HostileServer, mode: str
) -> None:
    # On a busy machine one may take longer; what waits for the Space takes longer each time.
    assert any(seconds_to_stop(site, hostile, mode) < 1 for _ in range(3))


def seconds_to_stop(site: SiteProcess, hostile: HostileServer, mode: str) -> float:
    """From the click of a visitor to the page that says so; the Space is then rid of the call."""
    assert wait_until(lambda: hostile.in_progress == 0)
    visitor = HttpBrowser(site)
    run = visitor.start_run(f"/espaces/hostile/{mode}")
    # Of the form's page, everything has been answered: what is left without an answer is of the run.
    assert wait_until(lambda: hostile.in_progress == 1)
    page = BeautifulSoup(visitor.get(run).text, "html.parser")
    button = page.select_one("form[action$=arreter] [name=csrf_token]")
    assert button is not None
    begun = time.monotonic()
    visitor.http.post(run + "/arreter", data={"csrf_token": str(button["value"])})
    assert visitor.wait_for_end(run)["status"] == "stopped"
    took = time.monotonic() - begun
    visitor.close()
    assert wait_until(lambda: hostile.in_progress == 0)
    return took


def files_with(words: str, folder: Path) -> list[str]:
    """The kept files, database and log included, that hold these words."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def test_the_token_is_in_no_file_and_no_log(
    mode_visits: dict[str, Future[VisitRecord]], folders: dict[int, Path]
) -> None:
    assert all(each.result() for each in mode_visits.values())
    for folder in folders.values():
        assert files_with(TOKEN, folder) == []
        assert "Traceback" not in (folder / "site.log").read_text()


def test_nothing_was_asked_of_anybody_else(
    mode_visits: dict[str, Future[VisitRecord]], foreign_server: FakeServer
) -> None:
    assert all(each.result() for each in mode_visits.values())
    assert foreign_server.requests == []


@pytest.mark.parametrize("seconds", [HURRIED_SECONDS, PATIENT_SECONDS])
def test_the_site_is_as_it_was_before(
    mode_visits: dict[str, Future[VisitRecord]],
    sites: dict[int, SiteProcess],
    bases: dict[int, Footprint],
    hostile: HostileServer,
    seconds: int,
) -> None:
    assert all(each.result() for each in mode_visits.values())
    site, base = sites[seconds], bases[seconds]
    assert wait_until(lambda: hostile.in_progress == 0), "a connection that nobody reads is still open"
    assert visit(site, "good").outcome == "succeeded"
    assert wait_until(lambda: Footprint.of(site).threads <= base.threads)
    assert wait_until(lambda: Footprint.of(site).sockets <= base.sockets + AT_ONCE)
    assert Footprint.of(site).kilobytes - base.kilobytes < 100_000
    assert list((site.log.parent / "tmp").iterdir()) == []


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory, hostile: HostileServer) -> Iterator[SiteProcess]:
    """A site that lets many runs go on at once, not for long."""
    settings = {
        "HFCOURSE_CALL_DEADLINE_SECONDS": "1",
        "HFCOURSE_RUNS_PER_MINUTE": "1000",
        "HFCOURSE_RUNS_AT_ONCE": "300",
        "HFCOURSE_RUNS_AT_ONCE_PER_VISITOR": "100",
        "HFCOURSE_RUNS_WAITING": "3000",
    }
    with run_site(settled(tmp_path_factory.mktemp("crowded"), hostile), **settings) as running:
        yield running


class TestManyAtOnce:
    """A class whose Space falls silent: two hundred runs that time out."""

    def start_many(self, site: SiteProcess, count: int) -> tuple[HttpBrowser, list[str]]:
        """So many runs of one visitor, from one form."""
        visitor = HttpBrowser(site)
        form = visitor.open_form("/espaces/hostile/stream-silent")
        assert form is not None
        return visitor, [visitor.submit_form(form).headers["location"] for _ in range(count)]

    def test_leave_nothing_behind(self, crowded: SiteProcess, hostile: HostileServer) -> None:
        assert wait_until(lambda: visit(crowded, "good").outcome == "succeeded"), "its deadline is a second"
        base = Footprint.of(crowded)
        with ThreadPoolExecutor(AT_ONCE) as students:
            sent = list(students.map(lambda _: self.start_many(crowded, MANY // AT_ONCE), range(AT_ONCE)))
            ends = students.map(lambda each: [each[0].wait_for_end(run)["error"]["code"] for run in each[1]], sent)
            assert [code for codes in ends for code in codes] == ["timeout"] * MANY
        for visitor, _ in sent:
            visitor.close()
        assert wait_until(lambda: hostile.in_progress == 0)
        assert wait_until(lambda: Footprint.of(crowded).threads <= base.threads)
        assert wait_until(lambda: visit(crowded, "good").outcome == "succeeded")

    @pytest.mark.parametrize(
        ("ending", "seconds"), [(signal.SIGTERM, shutdown.GRACE_SECONDS + 30), (signal.SIGINT, 30)]
    )
    def test_do_not_keep_the_site_from_ending(
        self, tmp_path: Path, hostile: HostileServer, ending: signal.Signals, seconds: int
    ) -> None:
        # Of so many places a newcomer may hold twenty.
        settings = {"HFCOURSE_RUNS_AT_ONCE_PER_VISITOR": "20", "HFCOURSE_RUNS_AT_ONCE": "640"}
        with run_site(settled(tmp_path, hostile), **settings) as ended:
            visitor, _ = self.start_many(ended, 20)
            visitor.close()
            assert wait_until(lambda: hostile.in_progress >= 20)
            ended.process.send_signal(ending)
            ended.process.wait(seconds)
        assert wait_until(lambda: hostile.in_progress == 0)
