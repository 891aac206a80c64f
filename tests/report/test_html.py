"""The page: what is on it, and that nothing an agent wrote is more than text."""

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest

from director.core.spans import SpanKind
from director.prompts.templates import template_path
from director.report.html import notice_page, page_policy, report_page
from director.report.live import Live, Wait
from director.report.model import AttemptReport, Report
from tests.report.reports import HOSTILE, gate_of, node_of, report_of, run_of, span

TEMPLATES = template_path("report")
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def all(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.tags if attribute in attributes]


def page_of(report: Report) -> Page:
    return Page(report_page(report, made="today"))


@pytest.fixture(scope="module")
def hostile() -> Page:
    """A page on which everything that can be text is hostile."""
    planning = AttemptReport(
        task="spec", number=1, role=HOSTILE, state="unfinished", end=HOSTILE, prompt=HOSTILE, feedback=HOSTILE
    )
    task = span(SpanKind.TASK, HOSTILE, task=HOSTILE, outcome=HOSTILE, seconds=100)
    return page_of(
        report_of(
            node_of("a", text=HOSTILE),
            node_of("b", "failed", needs=("a",), text=HOSTILE),
            text=HOSTILE,
            attempts=(planning,),
            integration=(gate_of("failed", HOSTILE, name=HOSTILE),),
            runs=(run_of(task, critical=(HOSTILE,)),),
        )
    )


def test_nothing_that_an_agent_wrote_becomes_markup(hostile: Page) -> None:
    tame = page_of(
        report_of(
            node_of("a", text="tame"),
            node_of("b", "failed", needs=("a",), text="tame"),
            text="tame",
            attempts=(
                AttemptReport(task="spec", number=1, role="x", state="unfinished", end="x", prompt="x", feedback="x"),
            ),
            integration=(gate_of("failed", "tame", name="tame"),),
            runs=(run_of(span(SpanKind.TASK, "tame", task="tame", outcome="x", seconds=100), critical=("tame",)),),
        )
    )

    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in tame.tags]
    assert [set(attributes) for _, attributes in hostile.tags] == [set(attributes) for _, attributes in tame.tags]
    assert hostile.wrong == []
    assert hostile.open == []


def test_what_was_written_is_there_to_be_read(hostile: Page) -> None:
    assert hostile.text.count("<script>alert(1)</script><img src=x onerror=alert(2)>") > 10
    assert "\\u{202e}@all" in hostile.text
    assert not re.search("[\x00\u202e]", hostile.text)


def test_a_page_has_one_script_no_handler_and_no_style_of_content(hostile: Page) -> None:
    scripts = [attributes for tag, attributes in hostile.tags if tag == "script"]

    assert scripts == [{}]
    assert [
        name for _, attributes in hostile.tags for name in attributes if name.startswith("on") or name == "style"
    ] == []


def test_a_page_leads_nowhere_but_into_itself(hostile: Page) -> None:
    ids = hostile.all("id")

    assert {href for href in hostile.all("href") if href.removeprefix("#") not in ids} == set()
    assert hostile.all("src") == []
    assert len(ids) == len(set(ids))
    assert "@import" not in (TEMPLATES / "style.css").read_text()


@pytest.mark.parametrize("live", [None, Live(revision="0")], ids=["written", "served"])
def test_the_policy_names_the_digests_of_the_style_and_the_script(live: Live | None) -> None:
    text = report_page(report_of(node_of("a")), made="today", live=live)
    policy = Page(text).all("content")[0]

    for tag in ("style", "script"):
        content = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert content
        digest = b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


LIVE = Live(revision="0", asked=(HOSTILE,), waits=(Wait(told=HOSTILE, command=HOSTILE),))


def test_what_is_told_of_a_job_that_is_watched_is_text_too() -> None:
    page = Page(report_page(report_of(node_of("a")), made="today", live=LIVE))

    assert page.text.count("<script>alert(1)</script>") == 3
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [{}]
    assert page.wrong == []


def test_a_notice_is_text_too() -> None:
    page = Page(notice_page(HOSTILE, HOSTILE, hint=HOSTILE, live=LIVE))

    assert page.text.count("<script>alert(1)</script>") == 4
    assert page.wrong == []


def test_only_a_page_that_is_served_may_ask_for_anything() -> None:
    served = report_page(report_of(node_of("a")), made="today", live=LIVE)
    written = report_page(report_of(node_of("a")), made="today")

    assert Page(served).all("content")[0] == page_policy(is_live=True)
    assert "connect-src 'self'; " in page_policy(is_live=True)
    assert "connect-src" not in written
    assert "EventSource" not in written


def test_no_template_takes_text_as_markup() -> None:
    templates = "".join(path.read_text() for path in TEMPLATES.glob("*.j2"))

    assert re.findall(r"\|\s*safe|autoescape|Markup", templates) == []


def test_every_node_is_drawn_with_state_tier_cost_and_time_and_leads_to_its_part() -> None:
    page = page_of(report_of(node_of("a"), node_of("b", "waiting", needs=("a",))))

    links = {a["href"]: a.get("aria-label") for tag, a in page.tags if tag == "a" and "aria-label" in a}
    assert links["#node-a"] == "a: landed, 1 attempt, cheap, $0.0125 · 3.0 s"
    assert str(links["#node-b"]).startswith("b: waiting")
    assert {"node-a", "node-b"} <= set(page.all("id"))


def test_a_state_is_told_by_a_word_and_a_mark() -> None:
    page = page_of(report_of(*(node_of(state, state) for state in ("landed", "failed", "ready", "waiting"))))

    for told in ("✓ landed", "✗ failed", "▸ ready", "○ waiting"):
        assert told in page.text


def test_a_job_without_a_plan_has_a_page() -> None:
    page = page_of(report_of(tip=""))

    assert "There is no plan yet." in page.text
    assert "No agent was asked yet." in page.text
    assert page.wrong == []


def test_calls_of_unknown_price_are_told() -> None:
    from_nobody = node_of("a", calls=(node_of("a").calls[0].model_copy(update={"cost_usd": None}),))

    page = page_of(report_of(from_nobody))

    assert "The price of 1 call is unknown" in page.text


def test_lines_of_a_diff_are_told_apart() -> None:
    page = page_of(
        report_of(
            node_of("a", diff="diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- old\n+new\n same\ndiff --git")
        )
    )

    kinds = [
        a["class"] for tag, a in page.tags if tag == "span" and a.get("class") in ("file", "hunk", "del", "add", "same")
    ]
    assert kinds == ["file", "file", "file", "hunk", "del", "add", "same", "same"]


PAIRS = [
    *(
        (colour, paper)
        for colour in ("ink", "quiet", "link", "landed", "failed", "ready", "waiting")
        for paper in ("paper", "raised", "sunk")
    ),
    ("add", "add-paper"),
    ("del", "del-paper"),
    ("hunk", "raised"),
    ("warning", "warning-paper"),
    ("ink", "task"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_paper(theme: str) -> None:
    colours = colours_of(theme)

    assert [pair for pair in PAIRS if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_bar_of_the_timeline_and_the_focus_stand_out_from_their_paper(theme: str) -> None:
    colours = colours_of(theme)

    bars = ("call", "gate", "critical", "focus", "hatch")
    assert [bar for bar in bars if contrast(colours[bar], colours["raised"]) < 3] == []


def colours_of(theme: str) -> dict[str, str]:
    light, dark = (TEMPLATES / "style.css").read_text().split("@media (prefers-color-scheme: dark)", 1)
    text = light if theme == "light" else dark.split("* {", 1)[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", text))


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_the_cache_gave_is_told_beside_the_cost() -> None:
    report = report_of(node_of("alpha"))
    status = report.status.model_copy(update={"reused": 1, "saved_usd": 0.25})

    assert "from the cache" not in page_of(report).text
    assert "1 node from the cache, $0.2500 saved" in page_of(report.model_copy(update={"status": status})).text
