"""The summary in Markdown."""

import re
from pathlib import Path

import pytest

from director.report.markdown import CHARACTERS, block, code, literal, markdown_summary
from director.report.mermaid import mermaid_graph
from tests.report.reports import HOSTILE, called, gate_of, node_of, report_of

GOLDEN = Path(__file__).with_name("summary.md")


def test_the_summary_is_as_it_was() -> None:
    report = report_of(
        node_of("alpha", calls=(called("alpha"), called("alpha", None, model="p/strong"))),
        node_of("beta", "failed", needs=("alpha",), text="Two tests are red:\n- `a`\n- ```b```"),
        node_of("gamma", "waiting", needs=("beta", "alpha"), calls=()),
        integration=(gate_of("passed"), gate_of("pending", name="test")),
    )

    assert markdown_summary(report) == GOLDEN.read_text()


def test_a_job_without_a_plan_has_a_summary() -> None:
    summary = markdown_summary(report_of())

    assert "| Nodes | there is no plan yet |" in summary
    assert "mermaid" not in summary


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("*a* _b_ [c](d)", r"\*a\* \_b\_ \[c\]\(d\)"),
        ("<b>", "&#60;b&#62;"),
        ("a | b\n# c", "a &#124; b \\#\u200b c"),
        ("@all #1 GH-1", "@\u200ball \\#\u200b1 GH\u200b\\-1"),
        ("https://a.b www.c", "https\\:\\/\\/\u200ba\\.b www\u200b\\.c"),
        ("a\u202eb", r"a\\u\{202e\}b"),
    ],
)
def test_text_is_shown_as_it_is(text: str, shown: str) -> None:
    assert literal(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a|b", "`a¦b`"), ("a\nb", "`a b`"), ("", "")],
)
def test_code_ends_where_it_is_to_end(text: str, shown: str) -> None:
    assert code(text) == shown


def test_a_block_is_fenced_by_more_than_it_holds() -> None:
    assert block("a\n````\nb") == "`````text\na\n````\nb\n`````"


def test_nothing_that_an_agent_wrote_stands_outside_code_as_it_is() -> None:
    report = report_of(
        node_of("a", "failed", text=HOSTILE), text=HOSTILE, integration=(gate_of("failed", name=HOSTILE),)
    )

    outside = re.sub(
        r"^(`{3,})(?:text|mermaid)\n.*?\n\1$", "", markdown_summary(report), flags=re.DOTALL | re.MULTILINE
    )
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", outside)
    assert not re.search(r"<|@all|\]\(|\u202e|\x00", outside)


def test_the_summary_has_room_in_a_comment_however_large_the_job_is() -> None:
    nodes = [node_of(f"n{at}", "failed", text="x" * 5000) for at in range(400)]

    summary = markdown_summary(report_of(*nodes))

    assert len(summary) < CHARACTERS + 200
    assert "200 more nodes" in summary
    assert "More failures are left out here" in summary


def test_names_in_a_drawing_are_told_by_number() -> None:
    drawn = mermaid_graph(report_of(node_of('x"]; click n0 "javascript:1'), node_of("end")))

    assert '"]; click' not in drawn.replace('"]:::landed', "")
    assert "#34;#93;#59; click n0 #34;javascript#58;1" in drawn


def test_a_plan_that_is_too_large_to_draw_is_not_drawn() -> None:
    many = [node_of(f"n{at}", needs=tuple(f"n{other}" for other in range(at))) for at in range(32)]

    assert mermaid_graph(report_of(*many[:20])).count("-->") == 190
    assert mermaid_graph(report_of(*many)) == ""
