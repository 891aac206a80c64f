import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.core.errors import ReplyError
from director.core.replies import Critique, Finding, ReviewReply, Severity, Verdict, parse_reply, reply_schema
from director.core.roles import Output

APPROVAL = '{"verdict": "approve"}'


@pytest.mark.parametrize(
    "text",
    [
        APPROVAL,
        f"\n  {APPROVAL}\n\n",
        f"```json\n{APPROVAL}\n```",
        f"```\n{APPROVAL}\n```\n",
        f"```json  \n{APPROVAL}\n```",
    ],
)
def test_one_object_is_read_with_or_without_one_fence(text: str) -> None:
    assert parse_reply(text, Critique) == Critique(verdict=Verdict.APPROVE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I approve.",
        f"Here it is: {APPROVAL}",
        f"{APPROVAL}\nDone!",
        f"{APPROVAL}{APPROVAL}",
        f"Sure!\n```json\n{APPROVAL}\n```",
        "{'verdict': 'approve'}",
        '{"verdict": "approve",}',
        '{"verdict": "approve"',
    ],
)
def test_nothing_is_repaired_by_guessing(text: str) -> None:
    with pytest.raises(ReplyError, match=r"^the reply is not one JSON object: "):
        parse_reply(text, Critique)


@pytest.mark.parametrize(("text", "kind"), [("[]", "list"), ('"approve"', "str"), ("null", "NoneType"), ("1", "int")])
def test_another_json_value_is_not_an_object(text: str, kind: str) -> None:
    with pytest.raises(ReplyError) as caught:
        parse_reply(text, Critique)

    assert caught.value.message == f"the reply is not one JSON object: it is a {kind}"


def test_every_problem_goes_back_to_the_agent_at_once() -> None:
    text = '{"verdict": "maybe", "problem": [], "problems": ["fine", 1]}'

    with pytest.raises(ReplyError) as caught:
        parse_reply(text, Critique)

    assert caught.value.message == (
        "the reply does not fit:\n"
        "- verdict: input should be 'approve' or 'revise'\n"
        "- problems[1]: input should be a valid string\n"
        "- problem: this key is not known"
    )


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ReplyError, match=r"\n- findings\[0\]\.severity: this key is missing$"):
        parse_reply('{"findings": [{"message": "an off-by-one"}]}', ReviewReply)


@given(
    st.lists(
        st.builds(
            Finding,
            severity=st.sampled_from(Severity),
            message=st.text(),
            file=st.text(),
            line=st.none() | st.integers(min_value=1, max_value=10**6),
        ),
        max_size=3,
    ),
    st.text(),
)
def test_a_reply_written_as_json_reads_as_itself(findings: list[Finding], summary: str) -> None:
    reply = ReviewReply(findings=tuple(findings), summary=summary)

    assert parse_reply(json.dumps(reply.model_dump(mode="json")), ReviewReply) == reply


@pytest.mark.parametrize("output", Output)
def test_every_object_of_a_schema_requires_all_its_fields_and_allows_no_others(output: Output) -> None:
    schema = reply_schema(output)

    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            assert part["required"] == list(part["properties"])
            assert part["additionalProperties"] is False
    assert "default" not in json.dumps(schema)


def test_a_plan_is_asked_for_without_the_fields_that_are_only_accepted() -> None:
    schema = reply_schema(Output.PLAN)

    assert list(schema["properties"]) == ["nodes"]
    assert "test_hashes" not in schema["$defs"]["Node"]["properties"]
