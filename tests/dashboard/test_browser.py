"""Every page of a study in a real browser: `pytest -m browser`."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect, sync_playwright

from tests.dashboard.content import MARKUP, STUDY, fill_store
from tests.dashboard.serving import serve_dashboard
from tests.synthetic import make_tables

pytestmark = pytest.mark.browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATIENCE = 60_000  # ms; two busy cores


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("study")
    environment = fill_store(folder)
    with serve_dashboard(folder, environment) as port:
        yield f"http://localhost:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = (os.environ.get("LAB_BROWSER", ""), *BROWSERS)  # `make test` has looked already
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail("no browser found: install one (`apt-get install chromium`, or `playwright install chromium`)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


def await_rest(page: Page) -> None:
    expect(page.get_by_test_id("stMainBlockContainer")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def choose(page: Page, label: str, option: str | None = None) -> None:
    """Take an option, the first unless named; a list that a late chart scrolls away is opened again."""
    wanted = page.get_by_role("option", name=option) if option else page.get_by_role("option").first
    for _ in range(10):
        page.get_by_label(label, exact=True).first.click()
        with suppress(TimeoutError):
            wanted.click(timeout=2000)
            return
    pytest.fail(f"the list {label!r} has no option {option!r}")


def test_a_reader_clicks_through_every_page_and_downloads_a_figure(page: Page, address: str, tmp_path: Path) -> None:
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(address)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=PATIENCE)
    await_rest(page)

    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible(timeout=PATIENCE)
    await_rest(page)
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()

    page.get_by_role("link", name="Scaling").click()
    expect(page.get_by_role("heading", name="Scaling")).to_be_visible(timeout=PATIENCE)
    for tab in page.get_by_role("tab").all():
        tab.click()
        await_rest(page)
        expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=PATIENCE)

    for kind, head in (("PDF", b"%PDF"), ("SVG", b"<?xml"), ("PNG", b"\x89PNG"), ("HTML", b"<!"), ("CSV", b"")):
        with page.expect_download(timeout=PATIENCE) as download:
            page.get_by_role("button", name=kind).first.click()
        name = download.value.suggested_filename
        path = tmp_path / name
        download.value.save_as(path)
        assert name.startswith(STUDY) and name.endswith(kind.lower())
        assert path.read_bytes().startswith(head) and path.stat().st_size > 200
    assert not failures


def test_a_visitors_own_file_becomes_the_study(page: Page, address: str, tmp_path: Path) -> None:
    """Columns are guessed and can be said; a file that is no table of runs is a message and no study."""
    table = make_tables().runs.rename(columns={"params_total": "n", "tokens": "d", "loss_nats": "loss"})
    table[["n", "d", "loss", "seed", "trunk_key"]].to_csv(tmp_path / "my runs.csv", index=False)
    (tmp_path / "letter.csv").write_text("Dear lab,\nhow are you?\n")
    page.goto(f"{address}/laws")
    await_rest(page)
    page.get_by_text("Your own runs").click()
    expect(page.get_by_test_id("stFileUploader")).to_be_visible(timeout=PATIENCE)
    page.set_input_files("input[type=file]", tmp_path / "my runs.csv")
    expect(page.get_by_role("combobox", name="Study")).to_have_value("yours: my-runs", timeout=PATIENCE)
    await_rest(page)
    expect(page.get_by_text("140 runs, 35 independent units").first).to_be_visible()
    page.set_input_files("input[type=file]", tmp_path / "letter.csv")
    expect(page.get_by_text("This cannot be shown").first).to_be_visible(timeout=PATIENCE)
    await_rest(page)


def test_a_link_shows_another_reader_the_same(page: Page, address: str) -> None:
    page.goto(f"{address}/scaling?topic=Training&learning_curves.x=CPU+seconds")
    await_rest(page)
    chart = page.get_by_test_id("stPlotlyChart").filter(has_text="CPU seconds")
    expect(chart.first).to_be_visible(timeout=PATIENCE)
    await_rest(page)

    choose(page, "Horizontal axis", "Training compute C")
    expect(page).to_have_url(re.compile("learning_curves.x=Training"))
    expect(page.get_by_test_id("stPlotlyChart").filter(has_text="FLOP").first).to_be_visible(timeout=PATIENCE)


def test_an_error_text_full_of_markup_is_shown_as_written(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{address}/runs?status=failed")
    await_rest(page)
    choose(page, "Run")
    expect(page.get_by_text(MARKUP)).to_be_visible(timeout=PATIENCE)
    assert not [url for url in asked if "evil.example" in url]


@pytest.mark.parametrize("name", ["", "runs", "scaling"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_telephone(
    browser: Browser, address: str, name: str, scheme: Literal["light", "dark"]
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.goto(f"{address}/{name}")
    await_rest(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
