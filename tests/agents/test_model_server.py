"""The model server answers every API from the same scripts, with the same truth about what was used."""

import json
import re
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import IncompleteRead
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.agents.model_server import (
    ModelServer,
    by_pattern,
    in_turn,
    prompt_of,
    read_file,
    results_of,
    run_command,
    system_of,
    text_of,
    write_file,
)

WISHES = in_turn([write_file("a/b.txt", "x\ny\n"), run_command("ls"), read_file("b.txt")], "Done.")
SCRIPTS = {
    "wishes": WISHES,
    "echo": by_pattern(("(?s)the system.*the prompt", in_turn("Seen."))),
    "twice": in_turn([run_command("one"), run_command("two")], "Done."),
}


@dataclass(frozen=True)
class Api:
    """How a request of one API is written, and where its answer has the text."""

    path: str
    text: str
    """A pattern that finds the text of an answer that is not streamed."""

    def body(self, model: str, *, stream: bool = False) -> dict[str, Any]:
        body: dict[str, Any] = {"model": model, "stream": stream}
        match self.path.partition("?")[0]:
            case "/v1/chat/completions":
                system = {"role": "system", "content": "the system"}
                return body | {"messages": [system, {"role": "user", "content": "the prompt"}]}
            case "/v1/responses":
                parts = [{"type": "input_text", "text": "the prompt"}]
                said = {"type": "message", "role": "user", "content": parts}
                return body | {"instructions": "the system", "input": [said]}
            case "/v1/messages":
                return body | {"system": "the system", "messages": [{"role": "user", "content": "the prompt"}]}
            case _:
                said = {"role": "user", "parts": [{"text": "the prompt"}]}
                return {"systemInstruction": {"parts": [{"text": "the system"}]}, "contents": [said]}

    def address(self, model: str, *, stream: bool) -> str:
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return self.path.format(model=model, method=method)


CHAT = Api("/v1/chat/completions", r'"content": "(.*?)"')
RESPONSES = Api("/v1/responses", r'"output_text", "text": "(.*?)"')
MESSAGES = Api("/v1/messages?beta=true", r'"text", "text": "(.*?)"')
GEMINI = Api("/v1beta/models/{model}:{method}", r'"text": "(.*?)"')
APIS = {"chat": CHAT, "responses": RESPONSES, "messages": MESSAGES, "gemini": GEMINI}
each_api = pytest.mark.parametrize("api", APIS.values(), ids=APIS)


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer(SCRIPTS) as server:
        yield server


def post(server: ModelServer, path: str, body: Mapping[str, Any], **headers: str) -> str:
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def ask(server: ModelServer, api: Api, model: str, *, stream: bool = False, **more: Any) -> str:
    return post(server, api.address(model, stream=stream), api.body(model, stream=stream) | more)


def events(stream: str) -> list[dict[str, Any]]:
    return [json.loads(data) for data in re.findall(r"^data: (\{.*)$", stream, re.MULTILINE)]


@each_api
def test_a_script_sees_the_system_prompt_and_what_the_user_said(server: ModelServer, api: Api) -> None:
    answer = ask(server, api, "echo")

    asked = server.asked[-1]
    assert re.findall(api.text, answer) == ["Seen."]
    assert (system_of(asked.messages), prompt_of(asked.messages)) == ("the system", "the prompt")


@each_api
def test_a_streamed_answer_says_the_same_as_a_whole_one(server: ModelServer, api: Api) -> None:
    stream = ask(server, api, "textonly", stream=True)

    assert "Only words." in stream
    assert all(json.loads(data) for data in re.findall(r"^data: (.*)$", stream, re.MULTILINE) if data != "[DONE]")


@pytest.mark.parametrize(
    ("api", "where", "usage"),
    [
        (CHAT, "usage", {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}),
        (RESPONSES, "usage", {"input_tokens": 1000, "output_tokens": 50, "total_tokens": 1050}),
        (MESSAGES, "usage", {"input_tokens": 600, "cache_read_input_tokens": 400, "output_tokens": 50}),
        (GEMINI, "usageMetadata", {"promptTokenCount": 1000, "candidatesTokenCount": 30, "thoughtsTokenCount": 20}),
    ],
    ids=APIS,
)
def test_each_api_counts_the_same_use_in_its_own_way(
    server: ModelServer, api: Api, where: str, usage: dict[str, int]
) -> None:
    told = json.loads(ask(server, api, "textonly"))[where]

    assert usage.items() <= told.items()


@pytest.mark.parametrize(
    ("api", "found"),
    [
        (CHAT, lambda said: said[-1]["usage"]),
        (RESPONSES, lambda said: said[-1]["response"]["usage"]),
        (MESSAGES, lambda said: said[-2]["usage"]),
        (GEMINI, lambda said: said[-1]["usageMetadata"]),
    ],
    ids=APIS,
)
def test_a_stream_ends_with_the_use_of_the_whole(server: ModelServer, api: Api, found: Any) -> None:
    whole = json.loads(ask(server, api, "textonly"))

    assert found(events(ask(server, api, "textonly", stream=True))) == whole.get("usage", whole.get("usageMetadata"))


OPENAI_READ = [{"type": "function", "function": {"name": "read", "parameters": {"properties": {"filePath": {}}}}}]
PI_READ = [{"type": "function", "function": {"name": "read", "parameters": {"properties": {"path": {}}}}}]


@pytest.mark.parametrize(
    ("api", "tools", "writes", "runs", "reads"),
    [
        (CHAT, OPENAI_READ, "write", "bash", "read"),
        (CHAT, PI_READ, "write", "bash", "read"),
        (RESPONSES, [], "exec_command", "exec_command", "exec_command"),
        (MESSAGES, [], "Write", "Bash", "Read"),
        (GEMINI, [], "write_file", "run_shell_command", "read_file"),
    ],
    ids=["opencode", "pi", "codex", "claude-code", "gemini"],
)
def test_a_wish_becomes_a_use_of_the_tools_that_the_program_has(
    server: ModelServer, api: Api, tools: list[Any], writes: str, runs: str, reads: str
) -> None:
    answer = ask(server, api, "wishes", tools=tools)

    assert re.findall(r'"name": "(\w+)"', answer) == [writes, runs, reads]


def test_paths_are_called_what_the_program_calls_them(server: ModelServer) -> None:
    assert r"{\"filePath\": \"b.txt\"}" in ask(server, CHAT, "wishes", tools=OPENAI_READ)
    assert r"{\"path\": \"b.txt\"}" in ask(server, CHAT, "wishes", tools=PI_READ)


def test_codex_writes_a_file_by_a_patch(server: ModelServer) -> None:
    answer = json.loads(ask(server, RESPONSES, "wishes"))

    command = json.loads(answer["output"][0]["arguments"])["cmd"]
    assert command.splitlines()[1:-1] == [
        "*** Begin Patch",
        "*** Add File: a/b.txt",
        "+x",
        "+y",
        "*** End Patch",
    ]


def test_what_tools_answered_is_read_from_a_chat(server: ModelServer) -> None:
    first = json.loads(ask(server, CHAT, "twice"))["choices"][0]["message"]
    body = CHAT.body("twice")
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "r"} for call in first["tool_calls"]]

    post(server, CHAT.path, body | {"messages": [*body["messages"], first, *results]})

    assert_one_turn_was_taken(server)


def test_what_tools_answered_is_read_from_responses(server: ModelServer) -> None:
    calls = json.loads(ask(server, RESPONSES, "twice"))["output"]
    body = RESPONSES.body("twice")
    results = [{"type": "function_call_output", "call_id": call["call_id"], "output": "r"} for call in calls]
    interleaved = [item for pair in zip(calls, results, strict=True) for item in pair]

    post(server, RESPONSES.path, body | {"input": [*body["input"], *interleaved]})

    assert_one_turn_was_taken(server)


def test_what_tools_answered_is_read_from_messages(server: ModelServer) -> None:
    answer = json.loads(ask(server, MESSAGES, "twice"))
    body = MESSAGES.body("twice")
    blocks: list[Any] = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": [{"type": "text", "text": "r"}]}
        for block in answer["content"]
    ]
    reminder = {"type": "text", "text": "<system-reminder>Do not forget.</system-reminder>"}
    turns = [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": [*blocks, reminder]}]

    post(server, MESSAGES.path, body | {"messages": [*body["messages"], *turns]})

    assert_one_turn_was_taken(server)


def test_what_tools_answered_is_read_from_contents(server: ModelServer) -> None:
    answer = json.loads(ask(server, GEMINI, "twice"))["candidates"][0]["content"]
    body = GEMINI.body("twice")
    results = [{"functionResponse": {"name": "run_shell_command", "response": {"output": "r"}}}] * 2

    contents = [*body["contents"], answer, {"role": "user", "parts": results}]
    post(server, GEMINI.address("twice", stream=False), body | {"contents": contents})

    assert_one_turn_was_taken(server)


def assert_one_turn_was_taken(server: ModelServer) -> None:
    messages = server.asked[-1].messages
    assert len([message for message in messages if message["role"] == "assistant"]) == 1
    assert ["r" in result for result in results_of(messages)] == [True, True]
    assert prompt_of(messages) == "the prompt", "what a program adds of its own is not what the user said"


STRUCTURED = {"verdict": "approve", "problems": []}


def test_json_is_given_through_the_tool_for_it(server: ModelServer) -> None:
    answer = json.loads(ask(server, MESSAGES, "structured", tools=[{"name": "StructuredOutput", "input_schema": {}}]))

    assert [(block["name"], block["input"]) for block in answer["content"]] == [("StructuredOutput", STRUCTURED)]


def test_json_is_given_through_a_forced_tool(server: ModelServer) -> None:
    forced = {"type": "function", "function": {"name": "judge"}}

    (call,) = json.loads(ask(server, CHAT, "structured", tool_choice=forced))["choices"][0]["message"]["tool_calls"]

    assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == ("judge", STRUCTURED)


@each_api
def test_json_is_given_as_text_where_there_is_no_tool_for_it(server: ModelServer, api: Api) -> None:
    assert json.dumps(json.dumps(STRUCTURED)) in ask(server, api, "structured")


def refused(server: ModelServer, api: Api, model: str) -> HTTPError:
    with pytest.raises(HTTPError) as raised:
        ask(server, api, model)
    return raised.value


@each_api
@pytest.mark.parametrize(
    ("model", "status"),
    [("err401", 401), ("err429", 429), ("err500", 500), ("err529", 529), ("overflow", 400), ("absent", 404)],
)
def test_trouble_has_the_status_of_its_name(server: ModelServer, api: Api, model: str, status: int) -> None:
    assert refused(server, api, model).code == status


@pytest.mark.parametrize(
    ("api", "error"),
    [
        (CHAT, {"code": "context_length_exceeded"}),
        (RESPONSES, {"code": "context_length_exceeded"}),
        (MESSAGES, {"type": "invalid_request_error", "message": "prompt is too long: 208310 tokens > 200000 maximum"}),
        (GEMINI, {"code": 400, "status": "INVALID_ARGUMENT"}),
    ],
    ids=APIS,
)
def test_a_prompt_that_is_too_long_is_refused_in_the_words_of_the_api(
    server: ModelServer, api: Api, error: dict[str, Any]
) -> None:
    said = json.loads(refused(server, api, "overflow").read())

    assert error.items() <= said["error"].items()


@each_api
def test_a_rate_limit_says_how_long_to_wait(server: ModelServer, api: Api) -> None:
    headers = refused(server, api, "err429").headers

    assert (headers["retry-after-ms"], headers["retry-after"]) == ("10", "1")


@each_api
def test_a_stream_is_cut_off_after_its_first_words(server: ModelServer, api: Api) -> None:
    stream = ask(server, api, "cutoff", stream=True)

    assert "I was about to" in stream
    assert not re.search(r"finish_reason\": \"stop|response.completed|message_stop|finishReason|\[DONE\]", stream)


@each_api
def test_an_answer_that_is_not_streamed_is_cut_off_too(server: ModelServer, api: Api) -> None:
    with pytest.raises(IncompleteRead):
        ask(server, api, "cutoff")


@each_api
def test_a_malformed_answer_is_not_json(server: ModelServer, api: Api) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(ask(server, api, "malformed"))
    with pytest.raises(json.JSONDecodeError):
        events(ask(server, api, "malformed", stream=True))


def test_tokens_are_counted_where_a_program_asks_for_it(server: ModelServer) -> None:
    assert post(server, "/v1/messages/count_tokens?beta=true", {}) == '{"input_tokens": 1000}'
    assert post(server, "/v1beta/models/happy:countTokens", {}) == '{"totalTokens": 1000}'


@pytest.mark.parametrize("header", ["Authorization", "x-api-key", "x-goog-api-key"])
def test_the_key_is_seen_whichever_header_carries_it(server: ModelServer, header: str) -> None:
    post(server, CHAT.path, CHAT.body("happy"), **{header: "secret"})

    assert server.asked[-1].authorization == "secret"


def test_the_text_of_a_message_is_the_same_in_parts() -> None:
    assert text_of({"content": [{"text": "a"}, {"type": "image"}, {"text": "b"}]}) == text_of({"content": "ab"})
