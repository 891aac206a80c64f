"""Test results for a CI."""

from xml.etree import ElementTree as Xml

from director.report.junit import junit_results
from director.report.model import Report
from tests.report.reports import HOSTILE, gate_of, node_of, report_of


def results(report: Report) -> Xml.Element:
    return Xml.fromstring(junit_results(report))


def test_nodes_and_gates_are_tests() -> None:
    root = results(
        report_of(
            node_of("a"),
            node_of("b", "failed", text="it is red\nand why"),
            node_of("c", "waiting"),
            integration=(gate_of("passed"), gate_of("failed", name="test"), gate_of("pending", name="types")),
        )
    )

    told = [(case.get("classname"), case.get("name"), [child.tag for child in case]) for case in root.iter("testcase")]
    assert told == [
        ("director.nodes", "a", []),
        ("director.nodes", "b", ["failure"]),
        ("director.nodes", "c", ["skipped"]),
        ("director.integration", "lint", []),
        ("director.integration", "test", ["failure"]),
        ("director.integration", "types", ["skipped"]),
    ]
    assert root.attrib == {
        "name": "director",
        "tests": "6",
        "failures": "2",
        "errors": "0",
        "time": "13.500",
    }


def test_a_failure_tells_the_last_feedback() -> None:
    failure = next(results(report_of(node_of("b", "failed", text="it is red\nand why"))).iter("failure"))

    assert failure.get("message") == "it is red"
    assert failure.text == "it is red\nand why"


def test_the_totals_are_properties_and_stand_before_the_cases() -> None:
    suite = results(report_of(node_of("a"))).find("testsuite")
    assert suite is not None

    found = {entry.get("name"): entry.get("value") for entry in suite.iter("property")}
    assert suite[0].tag == "properties"
    assert found["cost_usd"] == "0.012500"
    assert found["input_tokens"] == "1000"
    assert found["stage_two_rate"] == "unknown"


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    text = f"{HOSTILE}\x1b[31m \ud83d \ufffe ]]> é 🎉"

    failure = next(results(report_of(node_of("b", "failed", text=text))).iter("failure"))

    assert failure.text
    assert failure.text.endswith("[31m   ]]> é 🎉")
    assert "<script>alert(1)</script>" in failure.text


def test_a_job_without_a_plan_has_results_without_tests() -> None:
    root = results(report_of())

    assert root.get("tests") == "0"
    assert [suite.get("name") for suite in root] == ["director nodes", "director integration"]
