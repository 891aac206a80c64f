"""A report as Markdown, for a pull request or a CI's summary: short, and nothing an agent wrote is more than text."""

import re
from collections.abc import Iterator, Sequence

from director.core.amounts import counted, dollars, duration, percent, spared
from director.core.measures import TARGET_COMPLETION
from director.core.metrics import RoleTotals
from director.report.graph import MARKS
from director.report.mermaid import mermaid_graph
from director.report.model import NodeReport, Report
from director.report.text import first_line, visible

CHARACTERS = 60_000
"""GitHub takes 65,536 in a comment."""
_ROWS, _FEEDBACK_CHARACTERS = 200, 3_000
_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&^=:\"'/])")
_CALLS_OUT = re.compile(r"(?<=[@#])|(?<=://)|(?<=www)|(?<=GH)", re.IGNORECASE)
"""Where a mention, a reference or an address would begin that nobody meant."""


def markdown_summary(report: Report) -> str:
    """Return the summary; what there is no room for is left out, and that is said."""
    parts = [part for part in (_heading(report), _totals(report), _graph(report), *_tables(report)) if part]
    room = CHARACTERS - sum(map(len, parts))
    for section in _failures(report.nodes):
        room -= len(section) + 1
        if room < 0:
            parts.append("_More failures are left out here: `director report` shows them all._\n")
            break
        parts.append(section)
    return "\n".join(parts)


def literal(text: str) -> str:
    """Return one line of text that Markdown and GitHub show as it is."""
    line = _CALLS_OUT.sub("\u200b", " ".join(visible(text).split()))
    return _SIGNS.sub(lambda found: f"&#{ord(found[0])};" if found[0] in "<>&\"'|" else f"\\{found[0]}", line)


def code(text: str) -> str:
    """Return one line of text as code, also within a table."""
    line = " ".join(visible(text).split()).replace("|", "¦")
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line else ""


def block(text: str) -> str:
    """Return lines of text as a block of code."""
    shown = visible(text).rstrip()
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}text\n{shown}\n{fence}"


def _heading(report: Report) -> str:
    title = literal(first_line(report.task, limit=120)) or "A job without a task"
    status = report.status
    return f"## {title}\n\nJob {code(status.job)} on {code(status.branch)}\n"


def _totals(report: Report) -> str:
    status, usage = report.status, report.totals.usage
    unknown = f", {status.unpriced_calls} of unknown price" if status.unpriced_calls else ""
    landed = (
        f"{report.landed} of {counted(len(report.nodes), 'node')} landed" if report.nodes else "there is no plan yet"
    )
    pending = counted(len(status.pending), "task") if status.pending else "nothing"
    read = f"{usage.input + usage.cache_write:,} in, {usage.cached_input:,} cached, {usage.output:,} out"
    rows = [
        ("Nodes", landed),
        ("Pending", pending),
        ("Cost", f"{dollars(status.cost_usd, status.unpriced_calls)} in {counted(status.calls, 'call')}{unknown}"),
        *([("Reused", spared(status.reused, status.saved_usd))] if status.reused else []),
        ("Tokens", read),
        ("Done by the executor tier", f"{percent(status.executor_completion)} (target {TARGET_COMPLETION:.0%})"),
        ("Stage-two reviews", percent(status.stage_two_rate)),
        ("Watched the tests fail first", percent(status.watch_it_fail_rate)),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), ""])


def _graph(report: Report) -> str:
    drawn = mermaid_graph(report)
    return f"```mermaid\n{drawn}```\n" if drawn else ""


def _tables(report: Report) -> Iterator[str]:
    if report.nodes:
        rows = [_row(node) for node in report.nodes[:_ROWS]]
        head = ["| node | state | tier | attempts | cost | time |", "|---|---|---|---:|---:|---:|"]
        more = len(report.nodes) - _ROWS
        yield "\n".join(["### Nodes\n", *head, *rows, f"\n{counted(more, 'more node')}\n" if more > 0 else ""])
    if report.status.leftovers:
        told = [f"- {literal(str(leftover))}" for leftover in report.status.leftovers[:_ROWS]]
        yield "\n".join(["### Left behind\n", *told, ""])
    if report.roles:
        yield _money("role", {name.replace("_", " "): money for name, money in report.roles.items()})
        yield _money("model", report.models)
    if report.integration:
        marks = {"passed": "✓ passed", "failed": "✗ failed", "pending": "○ pending"}
        gates = [
            f"| {code(gate.name)} | {marks[gate.state]} | {code(gate.command[:80])} |" for gate in report.integration
        ]
        yield "\n".join(["### Integration\n", "| gate | state | command |", "|---|---|---|", *gates[:_ROWS], ""])


def _row(node: NodeReport) -> str:
    status = node.status
    tier = code(status.tier[:60]) + (" (escalated)" if status.escalated else "")
    cost, time = dollars(status.cost_usd, status.unpriced_calls), duration(status.seconds)
    title = f" {literal(first_line(status.title, limit=60))}" if status.title else ""
    state = f"{MARKS[status.state]} {status.state}"
    return f"| {code(status.id)}{title} | {state} | {tier} | {status.attempts} | {cost} | {time} |"


def _money(name: str, rows: dict[str, RoleTotals]) -> str:
    lines = [
        f"| {code(key[:60])} | {dollars(money.cost_usd, money.unpriced_calls)} | {money.calls} |"
        for key, money in list(rows.items())[:_ROWS]
    ]
    return "\n".join([f"### Cost by {name}\n", f"| {name} | cost | calls |", "|---|---:|---:|", *lines, ""])


def _failures(nodes: Sequence[NodeReport]) -> Iterator[str]:
    for node in nodes:
        failed = [attempt for attempt in node.attempts if attempt.feedback]
        if node.status.state == "failed" and failed:
            asked = "".join(
                f"- asks for {code(request.path)}: {literal(request.reason)}\n" for request in node.status.requests
            )
            feedback = failed[-1].feedback
            more = "\n[…]" if len(feedback) > _FEEDBACK_CHARACTERS else ""
            yield f"### ✗ {code(node.node.id)}\n\n{asked}\n{block(feedback[:_FEEDBACK_CHARACTERS] + more)}\n"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
