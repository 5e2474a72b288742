"""The automaton viewer in a real browser: wall milliseconds from a step's key or click until all of it is redrawn.

The dashboard is served as `lab dashboard` serves it, n = 200, every frame and length made before the clock starts. A
step is done when the caption, the three pictures and the curve's mark show the new snapshot and the page has painted
twice. Medians and worst of `STEPS` steps; the load of the machine is printed with them.

    python -m benchmarks.viewer
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.dashboard.serving import serve_dashboard

SIDE, STEPS, WARM = 200, 20, 3
BAR = 200.0  # milliseconds
PATIENCE = 300_000  # ms; frames and lengths of n = 200 on a busy machine
BROWSERS = (os.environ.get("LAB_BROWSER", ""), "chromium", "chromium-browser", "google-chrome", "chrome")

# What the page shows of the present: the caption's time, the pictures' addresses, the place of the curve's mark.
WATCH = """
() => {
  const show = () => {
    const chart = document.querySelector('.st-key-automata-curve .js-plotly-plot');
    const mark = chart?.data?.find(line => line.name === 'now');
    const pictures = [...document.querySelectorAll('.st-key-automata-pictures img')];
    const captions = [...document.querySelectorAll('[data-testid=stCaptionContainer]')];
    const told = captions.find(caption => caption.innerText.includes('τ ='));
    return [told?.innerText, pictures[0]?.src, JSON.stringify(mark?.x), pictures.every(p => p.complete)];
  };
  window.awaitStep = () => new Promise(done => {
    const before = show();
    let began = null;
    const start = () => { began ??= performance.now(); };
    for (const told of ['keydown', 'pointerdown']) addEventListener(told, start, {capture: true, once: true});
    const look = () => {
      const now = show();
      if (began !== null && now[3] && [0, 1, 2].every(k => now[k] && now[k] !== before[k]))
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
      else requestAnimationFrame(look);
    };
    look();
  });
}
"""


def time_steps(page: Page, step: Callable[[], None]) -> list[float]:
    """Wall milliseconds of each step, those that warm up left out."""
    spent = []
    for _ in range(WARM + STEPS):
        page.evaluate("() => { window.step = window.awaitStep() }")
        step()
        spent.append(float(page.evaluate("() => window.step")))
        page.wait_for_timeout(300)  # a step begins when the one before is at rest
    return spent[WARM:]


def report(what: str, spent: list[float]) -> None:
    middle = statistics.median(spent)
    print(f"{what}: median {middle:.0f} ms, worst of {len(spent)} {max(spent):.0f} ms (bar {BAR:.0f})")


def main() -> None:
    """A step by the button, and by the arrow key on the slider, which waits 200 ms of its own for more."""
    found = next(filter(None, map(shutil.which, filter(None, BROWSERS))), None)
    folder = tempfile.TemporaryDirectory()
    with (
        folder as path,
        serve_dashboard(Path(path), {"LAB_STORE": f"{path}/lab.db"}) as port,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"http://localhost:{port}/automata?automata.side={SIDE}", timeout=PATIENCE)
        expect(page.locator(".st-key-automata-curve .js-plotly-plot")).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(3000)
        page.evaluate(WATCH)
        print(f"n = {SIDE}; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        slider = page.get_by_role("slider", name="Snapshot")
        slider.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(3000)
        forward = page.get_by_role("button", name="Forward")
        report("button", time_steps(page, forward.click))
        slider.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(3000)
        report("arrow key", time_steps(page, lambda: page.keyboard.press("ArrowRight")))
        browser.close()


if __name__ == "__main__":
    main()
