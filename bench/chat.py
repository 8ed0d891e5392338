"""Latency of a conversation's words in Chromium, beside Gradio's own page, and the opening of a long conversation.

    python bench/chat.py [--messages 10] [--turns 500]

A chat answers with the time of day repeatedly; its age when it appears in the page is the delay, measured with one
clock. Then a conversation of many turns is stored, and opened over HTTP. Processes are terminated by their id.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness import ROOT, Browser, find_free_port, flask_command, run_server

sys.path.insert(0, str(ROOT))

SPACE = "bench/chat"
OPENINGS, ANSWER_SECONDS = 20, 30
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
# Records the age of each time of day when it appears in the page, and whether it is the first of its answer.
RECORD_AGES = """() => {
  window.ages = [];
  const seen = new Set(document.body.innerText.match(/\\b1\\d{9}\\.\\d{4}\\b/g));
  new MutationObserver(() => {
    for (const [stamp] of document.body.innerText.matchAll(/\\b1\\d{9}\\.\\d{4}\\b/g)) {
      if (seen.has(stamp)) continue;
      seen.add(stamp);
      window.ages.push(Date.now() - 1000 * Number(stamp));
    }
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def measure_delays(page, box: str, messages: int, times: int) -> tuple[list[float], list[float]]:
    """Return the delays of the first words of each answer, and of all words, in milliseconds."""
    first, every = [], []
    for _ in range(messages):
        page.evaluate("window.ages = []")
        page.locator(box).fill("heure")
        page.locator(box).press("Enter")
        deadline = time.monotonic() + ANSWER_SECONDS
        while len(ages := page.evaluate("window.ages")) < times:
            if time.monotonic() > deadline:
                sys.exit(f"an answer did not come: {ages}")
            page.wait_for_timeout(50)
        first.append(ages[0])
        every += ages
        page.wait_for_timeout(1000)  # the answer has ended, and the page is idle
    return first, every


def print_row(name: str, found: list[float]) -> None:
    found = sorted(found)
    p95 = found[int(len(found) * 0.95)]
    print(f"{name:40} {statistics.median(found):8.0f} {p95:8.0f} {found[-1]:8.0f} {len(found):7}")


def print_delays(site: str, space: str, messages: int) -> tuple[str, dict[str, str]]:
    """Print the delays in both pages; return the address and the cookies of the conversation."""
    from chat_app import TIMES
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not found:
        sys.exit("Chromium is not installed")
    print(f"{'ms from the Space to Chromium':40}   median      p95  longest   times")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name in ("Gradio's own page", "/discussion"):
            page = browser.new_page()
            if name == "/discussion":
                page.goto(f"{site}/discussion/?espace={SPACE}")
                page.locator("#message").fill("bonjour")
                page.locator("#message").press("Enter")
                page.locator("article[data-status=succeeded]").wait_for()
                box = "#message"
            else:
                page.goto(space)
                box = "textarea >> nth=0"
                page.locator(box).wait_for()
            page.evaluate(RECORD_AGES)
            first, every = measure_delays(page, box, messages, TIMES)
            print_row(f"{name}, first words", first)
            print_row(f"{name}, all words", every)
        address = page.url.partition("?")[0]
        cookies = {each["name"]: each["value"] for each in page.context.cookies()}
        browser.close()
    return address, cookies


def extend_conversation(instance: str, conversation_id: str, turns: int) -> None:
    """Store copies of the last turn of a conversation, until it has so many."""
    from sqlalchemy import func, insert, select

    from hfcourse import create_app, database
    from hfcourse.runs.store.conversation_models import Turn
    from hfcourse.runs.store.models import RUNS

    app = create_app({"INSTANCE": instance})
    with app.app_context(), database.write_connection() as connection:
        table = Turn.__table__
        own = table.c.conversation_id == conversation_id
        last = connection.execute(select(table).where(own).order_by(table.c.created.desc()).limit(1)).one()
        run = connection.execute(select(RUNS).where(RUNS.c.id == last.run_id)).one()
        count = connection.scalar(select(func.count()).where(own)) or 0
        parent = last.id
        for number in range(turns - count):
            copy = {"id": f"turn-{number}", "run_id": f"run-{number}", "parent_id": parent}
            moment = database.utc_now()
            connection.execute(insert(RUNS), {**run._mapping, "id": copy["run_id"], "created": moment})
            connection.execute(insert(table), {**last._mapping, **copy, "created": moment})
            parent = copy["id"]


def print_openings(site: str, address: str, cookies: dict[str, str], turns: int) -> None:
    """Print how long the page of a long conversation takes."""
    browser, took = Browser(site), []
    browser.add_cookies(cookies)
    for _ in range(OPENINGS):
        begun = time.perf_counter()
        page = browser.get(address.removeprefix(site))
        took.append((time.perf_counter() - begun) * 1000)
        assert "Voir les messages" in page
    took.sort()
    print(f"\na conversation of {turns} turns opens in {statistics.median(took):.0f} ms, at most {took[-1]:.0f} ms")


def main() -> None:
    """Start the Space and the site, print both tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--messages", type=int, default=10)
    options.add_argument("--turns", type=int, default=500)
    chosen = options.parse_args()
    space, site = (f"http://127.0.0.1:{find_free_port()}" for _ in range(2))
    port: Callable[[str], str] = lambda address: address.rpartition(":")[2]  # noqa: E731
    with (
        tempfile.TemporaryDirectory() as instance,
        run_server([sys.executable, "bench/chat_app.py", port(space)], space + "/config"),
    ):
        Path(instance, "spaces.toml").write_text(f'[[space]]\nid = "{SPACE}"\nurl = "{space}"\n')
        variables = {"HFCOURSE_RUNS_PER_MINUTE": "1000000", "HFCOURSE_INSTANCE": instance}
        with run_server(flask_command("hfcourse", int(port(site))), site, **variables):
            address, cookies = print_delays(site, space, chosen.messages)
            extend_conversation(instance, address.rpartition("/")[2], chosen.turns)
            print_openings(site, address, cookies, chosen.turns)


if __name__ == "__main__":
    main()
