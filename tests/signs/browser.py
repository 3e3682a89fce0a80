"""A page in a headless Chromium, as wide as a phone or a desk's screen."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
# Chromium has no window that is narrower than 500 pixels, so the page stands in a frame.
FRAME = """<title></title><iframe src="{}" width="{}" height="900" style="border:0"></iframe>
<script>onmessage = (event) => {{ document.title = event.data; }}</script>"""
# What every page says of itself: what it has fetched, and whether what can be used has a name.
REPORT = """<script>addEventListener("load", () => setTimeout(() => {{
  parent.postMessage(JSON.stringify({{ width: document.documentElement.scrollWidth,
    named: [...document.querySelectorAll("button, canvas[role=img], svg[role=img], img, input")]
      .every((one) => one.getAttribute("aria-label") || one.getAttribute("alt") ||
        one.textContent.trim() || one.labels?.length),
    fetched: performance.getEntriesByType("resource")
      .filter((one) => !one.name.startsWith("data:")).length,
    {} }}), "*");
}}, 300))</script>"""


def in_browser(path, width, tmp_path, more="", fragment="") -> dict:
    """What a copy of the page says of itself after its script has run.

    more: entries of an object in JavaScript, which are said, too.
    """
    if BROWSER is None:
        pytest.skip("no Chromium here")
    copy = tmp_path / "copy.html"
    copy.write_text(path.read_text(encoding="utf-8") + REPORT.format(more), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000"]
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(f"copy.html#{fragment}".replace("&", "&amp;"), width))
    done = subprocess.run(
        [BROWSER, *options, "--window-size=1600,1000", "--dump-dom", frame.as_uri()],
        capture_output=True, text=True, timeout=170,
    )  # fmt: skip
    title = re.search(r"<title>(\{.*?\})</title>", done.stdout)
    assert title, done.stderr[-500:]
    return json.loads(title[1].replace("&quot;", '"').replace("&amp;", "&"))
