"""A report as test results in JUnit's XML, as CI programs read it: nodes and integration gates are the tests."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from director.report.model import GateReport, NodeReport, Report
from director.report.text import first_line

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets."""
_MESSAGE_CHARACTERS = 200


def junit_results(report: Report) -> str:
    """Return the XML."""
    suites = [
        ("nodes", [_node_case(node) for node in report.nodes]),
        ("integration", [_gate_case(gate) for gate in report.integration]),
    ]
    counts = _counts([case for _, cases in suites for case in cases])
    del counts["skipped"]  # the schema of Jenkins knows it of a suite only
    root = Xml.Element("testsuites", {"name": "director"} | counts)
    for name, cases in suites:
        suite = Xml.SubElement(root, "testsuite", {"name": f"director {name}"} | _counts(cases))
        if name == "nodes":
            _add_properties(suite, report)
        suite.extend(cases)
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _node_case(node: NodeReport) -> Xml.Element:
    status = node.status
    case = _case("nodes", status.id, status.seconds)
    match status.state:
        case "failed":
            failed = [attempt.feedback for attempt in node.attempts if attempt.state == "failed"]
            _add_failure(case, failed[-1] if failed else "")
        case "ready" | "waiting":
            Xml.SubElement(case, "skipped", message=status.state)
        case "landed":
            pass
    return case


def _gate_case(gate: GateReport) -> Xml.Element:
    case = _case("integration", gate.name, gate.seconds)
    if gate.state == "failed":
        _add_failure(case, f"`{gate.command}` is red\n{gate.output}")
    elif gate.state == "pending":
        Xml.SubElement(case, "skipped", message="pending")
    return case


def _case(group: str, name: str, seconds: float) -> Xml.Element:
    return Xml.Element("testcase", classname=f"director.{group}", name=_legal(name), time=f"{seconds:.3f}")


def _add_failure(case: Xml.Element, text: str) -> None:
    message = first_line(_legal(text), limit=_MESSAGE_CHARACTERS)
    Xml.SubElement(case, "failure", type="Rejected", message=message).text = _legal(text)


def _add_properties(suite: Xml.Element, report: Report) -> None:
    status, usage = report.status, report.totals.usage
    values = {
        "job": status.job,
        "branch": status.branch,
        "cost_usd": f"{status.cost_usd:.6f}",
        "calls": str(status.calls),
        "unpriced_calls": str(status.unpriced_calls),
        "input_tokens": str(usage.input),
        "cached_input_tokens": str(usage.cached_input),
        "cache_write_tokens": str(usage.cache_write),
        "output_tokens": str(usage.output),
        "executor_completion": _share(status.executor_completion),
        "stage_two_rate": _share(status.stage_two_rate),
        "watch_it_fail_rate": _share(status.watch_it_fail_rate),
    }
    properties = Xml.SubElement(suite, "properties")
    for name, value in values.items():
        Xml.SubElement(properties, "property", name=name, value=_legal(value))


def _counts(cases: Sequence[Xml.Element]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{sum(float(case.get('time', 0)) for case in cases):.3f}",
    }


def _share(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.4f}"


def _legal(text: str) -> str:
    return _NO_XML.sub("", text)
