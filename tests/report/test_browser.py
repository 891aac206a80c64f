"""The page in a real browser."""

import json
import re
import signal
from pathlib import Path

from director.core.spans import SpanKind
from director.report.html import report_page
from tests.project import Project, code_of
from tests.report.browser import browse, open_tab
from tests.report.reports import HOSTILE, node_of, report_of, run_of, span
from tests.running import Running, plan_here

RUN = run_of(span(SpanKind.TASK, "run:alpha", task="run:alpha", seconds=3), critical=("run:alpha",))
BREAKING_OUT = (
    "<script>document.title = 'taken over'</script>"
    "<img src='http://127.0.0.1:9/x.png' onerror=\"document.title = 'taken over'\">"
)


def test_a_browser_shows_the_page_and_has_nothing_to_complain_of(tmp_path: Path) -> None:
    report = report_of(node_of("alpha"), node_of("beta", "failed", needs=("alpha",), text=HOSTILE), runs=(RUN,))
    page = write(tmp_path, report_page(report, made="today"))

    shown = browse(page, tmp_path / "home")

    assert shown.said == ()
    for text in ("Write the modules", "1 of 2 nodes", "✓", "$0.0250", "Critical path", "run:alpha"):
        assert text in shown.page
    assert '<span class="tools"><button' in shown.page  # the page's own script ran
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.page
    assert len(re.findall("<script>", shown.page)) == 1


def test_should_markup_ever_get_through_the_policy_stops_it(tmp_path: Path) -> None:
    text = report_page(report_of(node_of("alpha")), made="today")
    page = write(tmp_path, text.replace("<footer>", f"{BREAKING_OUT}<footer>"))

    shown = browse(page, tmp_path / "home")

    assert "taken over</title>" not in shown.page
    assert "Write the modules · director</title>" in shown.page
    assert len([line for line in shown.said if "Content Security Policy" in line]) >= 2


def test_on_a_telephone_only_pictures_tables_and_code_scroll_sideways(tmp_path: Path) -> None:
    wide = node_of("a" * 40, text="word " * 20 + "x" * 400)
    text = report_page(report_of(wide, node_of("b", needs=("a" * 40,)), runs=(RUN,)), made="today")
    text = text.replace("<details", "<details open")
    measure = (
        "const frame = document.querySelector('iframe');"
        f"frame.srcdoc = {as_script(text)};"
        "frame.onload = () => { const root = frame.contentDocument.documentElement;"
        "document.title = `${root.clientWidth} ${root.scrollWidth}`; };"
    )
    page = write(
        tmp_path, f"<!doctype html><iframe width=390 height=800 style='border:0'></iframe><script>{measure}</script>"
    )

    shown = browse(page, tmp_path / "home", "--hide-scrollbars")

    assert "<title>390 390</title>" in shown.page


def test_a_page_that_is_served_follows_a_run_and_stays_as_its_reader_left_it(project: Project, tmp_path: Path) -> None:
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}, "seconds": 3})
    plan_here(project)
    server = Running.start(project, "ui", "--port", "0")
    server.says("the job's page is at")
    found = re.search(r"http://[\d.:]+/", server.said)
    assert found

    with open_tab(found[0], tmp_path / "home") as tab:
        tab.wait_for("document.querySelector('#live').dataset.state === 'live'")
        assert tab.shows(state_of("alpha")) == "▸ ready"
        tab.shows("document.querySelector('#planning [data-part=\"spec.md\"]').open = true")
        tab.shows("document.querySelector('#planning [data-part=Task]').open = false")
        tab.shows("document.querySelector('#node-beta .back a').focus()")
        tab.shows("document.querySelector('#node-beta').scrollIntoView({behavior: 'instant'})")
        top = tab.shows("Math.round(document.querySelector('#node-beta').getBoundingClientRect().top)")
        run = Running.start(project, "run")

        tab.wait_for("document.querySelector('.asked')?.textContent.includes('executor for run:alpha, attempt 1')")
        assert "A director is at work." in tab.shows("document.querySelector('.lead').textContent")
        tab.wait_for(f"({state_of('alpha')}) === '✓ landed' && ({state_of('beta')}) !== '○ waiting'")
        assert run.ends() == 0
        tab.wait_for("document.querySelector('.lead').textContent.includes('Everything is up to date.')")

        assert "3 of 3 nodes" in tab.shows("document.querySelector('.lead').textContent")
        assert tab.shows("document.querySelector('#planning [data-part=\"spec.md\"]').open")
        assert not tab.shows("document.querySelector('#planning [data-part=Task]').open")
        assert tab.shows("document.activeElement.closest('article')?.id") == "node-beta"
        assert abs(tab.shows("document.querySelector('#node-beta').getBoundingClientRect().top") - top) < 3
        assert tab.said == []
        server.process.send_signal(signal.SIGINT)
        tab.wait_for("document.querySelector('#live').textContent.startsWith('Connection lost at ')")
    assert server.ends() == 130


def state_of(node: str) -> str:
    """A script's expression for what the page says of a node."""
    return f"document.querySelector('#node-{node} .state').textContent.trim()"


def as_script(text: str) -> str:
    """Text as a script within a page may hold it."""
    return json.dumps(text).replace("<", "\\u003c")


def write(directory: Path, text: str) -> Path:
    page = directory / "page.html"
    page.write_text(text, encoding="utf-8")
    return page
