"""A report as a page: one file, nothing loaded from anywhere, nothing that an agent wrote but as text.

Everything is escaped by the templates. Should that ever fail, the page's own policy lets no script run and no style
count but the two whose digests it names, and loads nothing. A page that is served live may ask its own server, too.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from director.core.amounts import counted, dollars, duration, percent, spared
from director.core.bench.statistics import Estimate
from director.core.measures import TARGET_COMPLETION
from director.prompts.templates import template_path
from director.report.graph import HEIGHT, MARKS, WIDTH, draw_graph
from director.report.live import Live
from director.report.model import Report
from director.report.text import first_line, visible
from director.report.timeline import draw_timeline

_STYLES = ("style.css",)
_OF_A_FILE: dict[str, str] = {}
"""Before the first hunk of a file every line is about the file, also one that begins with a plus."""
_OF_A_HUNK = {"+": "add", "-": "del", "@": "hunk"}


def report_page(report: Report, *, made: str, live: Live | None = None) -> str:
    """Return the page; `made` is when, for people."""
    return render_page(
        "page.html.j2",
        styles=_STYLES,
        scripts=_scripts(is_live=live is not None),
        live=live,
        title=first_line(report.task, 80) or report.status.job,
        report=report,
        made=made,
        graph=draw_graph(report),
        timeline=draw_timeline(report.runs, [node.node.id for node in report.nodes]),
        box={"width": WIDTH, "height": HEIGHT},
    )


def notice_page(title: str, text: str, *, hint: str, live: Live) -> str:
    """Return the page that stands for a report where there is none."""
    scripts = _scripts(is_live=True)
    return render_page("notice.html.j2", styles=_STYLES, scripts=scripts, live=live, title=title, text=text, hint=hint)


def page_policy(*, is_live: bool) -> str:
    """Return what a browser lets the page do."""
    return _policy(_own(_STYLES), _own(_scripts(is_live=is_live)), is_live=is_live)


def render_page(
    template: str, *, styles: Sequence[str], scripts: Sequence[str], live: Live | None = None, **values: Any
) -> str:
    """Return a page of ours, with these styles and scripts of ours within it and no others let in."""
    style, script = _own(styles), _own(scripts)
    policy = _policy(style, script, is_live=live is not None)
    return _environment().get_template(template).render(style=style, script=script, policy=policy, live=live, **values)


def _policy(style: str, script: str, *, is_live: bool) -> str:
    own = f"style-src '{_digest(style)}'; " + (f"script-src '{_digest(script)}'; " if script else "")
    asking = "connect-src 'self'; " if is_live else ""
    return f"default-src 'none'; {own}{asking}base-uri 'none'; form-action 'none'"


def diff_lines(diff: str) -> list[tuple[str, str]]:
    """Return the lines of a diff, each with what it is: add, del, hunk, file or same."""
    lines, kinds = [], _OF_A_FILE
    for line in diff.rstrip("\n").split("\n"):
        if line.startswith("diff --git "):
            kinds = _OF_A_FILE
        elif line.startswith("@@"):
            kinds = _OF_A_HUNK
        lines.append((kinds.get(line[:1], "same") if kinds else "file", line))
    return lines


def _scripts(*, is_live: bool) -> Sequence[str]:
    return ("script.js", "live.js") if is_live else ("script.js",)


def _own(names: Sequence[str]) -> Markup:
    """Return files of ours, one after another."""
    return Markup("").join(Markup((template_path("report") / name).read_text(encoding="utf-8")) for name in names)


def _digest(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(template_path("report")),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "diff_lines": diff_lines,
        "dollars": dollars,
        "duration": duration,
        "first_line": first_line,
        "grouped": _grouped,
        "between": _between,
        "percent": percent,
    }
    environment.globals |= {
        "counted": counted,
        "spared": spared,
        "dollars": dollars,
        "duration": duration,
        "percent": percent,
        "marks": MARKS,
        "target": TARGET_COMPLETION,
        "share": _share,
    }
    return environment


def _shown(value: Any) -> Any:
    """Have no text steer how the text around it is read."""
    return value if isinstance(value, Markup) else visible(str(value))


def _between(found: Estimate | None, shown: Callable[[float], str]) -> str:
    return found.told(shown) if found else "–"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _share(part: float, parts: list[float]) -> float:
    """Return how long a bar is, in percent of the longest."""
    longest = max(parts, default=0.0)
    return round(100 * part / longest, 2) if longest else 0.0
