"""How pi is called, and how the end of a call is judged; the program is a script."""

import json
import shlex
import time
from pathlib import Path
from typing import Any

import pytest

from director.agents.pi.run import Pi
from director.core.calls import End, Usage
from director.core.errors import ConfigError
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.processes import Limits
from tests.agents.scripted import Scripted

ANSWER = json.dumps(
    {
        "type": "message_end",
        "message": {
            "role": "assistant",
            "content": [{"type": "text", "text": "Done."}],
            "stopReason": "stop",
            "usage": {"input": 5},
        },
    }
)
SETTLED = '{"type":"agent_settled","aborted":false}'
TELL_ALL = "env; for name in models settings; do cat $PI_CODING_AGENT_DIR/$name.json; echo; done; printf '%s\\n' \"$@\""
LAN = {"provider": {"lan": {"base_url": "http://lan:1/v1"}}}


def say(*lines: str) -> str:
    return "\n".join(f"printf '%s\\n' {shlex.quote(line)}" for line in lines)


@pytest.fixture
def pi(tmp_path: Path) -> Scripted:
    return Scripted(Pi, tmp_path)


def told(pi: Scripted, tier: str, role: Role = Role.EXECUTOR) -> list[str]:
    pi.play(tier, TELL_ALL, role)
    return (pi.logs / "transcript.jsonl").read_text().splitlines()


def models_told(pi: Scripted, tier: str) -> dict[str, Any]:
    (line,) = [line for line in told(pi, tier) if line.startswith('{"providers"')]
    return dict(json.loads(line)["providers"])


def log_in(home: Path, *, expires_in: float) -> Path:
    directory = home / ".pi" / "agent"
    directory.mkdir(parents=True)
    login = {"type": "oauth", "refresh": "r", "access": "a", "expires": int((time.time() + expires_in) * 1000)}
    (directory / "auth.json").write_text(json.dumps({"anthropic": login}))
    return directory / "auth.json"


@pytest.mark.parametrize(
    ("role", "tools"),
    [(Role.EXPLORER, "read,grep,find,ls"), (Role.EXECUTOR, "read,grep,find,ls,edit,write,bash")],
)
def test_a_role_is_offered_its_tools_and_no_others(pi: Scripted, role: Role, tools: str) -> None:
    lines = told(pi, "pi:anthropic/opus", role)

    assert lines[lines.index("--tools") + 1] == tools
    assert {"--no-extensions", "--no-mcp", "--no-skills", "--no-context-files", "--no-approve"} <= set(lines)


def test_the_model_is_asked_of_its_provider(pi: Scripted) -> None:
    lines = told(pi, "pi:openrouter/qwen/qwen3:30b")

    assert lines[lines.index("--provider") + 1] == "openrouter"
    assert lines[lines.index("--model") + 1] == "qwen/qwen3:30b"


def test_the_prompt_comes_by_standard_input_and_the_instructions_by_a_file(pi: Scripted) -> None:
    pi.play("pi:anthropic/opus", "cat; while [ $1 != --system-prompt ]; do shift; done; cat $2")

    said = (pi.logs / "transcript.jsonl").read_text()
    assert said == f"Please @a.txt.{load_roles()[Role.EXECUTOR].instructions.strip()}\n"


def test_sampling_is_set_for_models_that_pi_knows(pi: Scripted) -> None:
    sampling = {"samplingParams": {"temperature": 0.25, "top_p": 0.5}}

    assert models_told(pi, "pi:openai/gpt-5") == {"openai": {"modelOverrides": {"gpt-5": sampling}}}


def test_an_endpoint_is_told_with_its_sizes_and_the_name_of_its_key(
    pi: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAN_KEY", "secret-of-the-lan")
    block = {"base_url": "http://lan:1/v1", "api_key_env": "LAN_KEY", "context_window": 32000, "max_output": 4000}
    pi.options = {"provider": {"lan": {**block, "api": "openai-responses"}}}

    assert models_told(pi, "pi:lan/qwen3:30b") == {
        "lan": {
            "baseUrl": "http://lan:1/v1",
            "api": "openai-responses",
            "apiKey": "$LAN_KEY",
            "models": [
                {
                    "id": "qwen3:30b",
                    "contextWindow": 32000,
                    "maxTokens": 4000,
                    "samplingParams": {"temperature": 0.25, "top_p": 0.5},
                }
            ],
        }
    }


def test_an_endpoint_without_a_key_gets_none(pi: Scripted) -> None:
    pi.options = LAN

    assert models_told(pi, "pi:lan/coder")["lan"]["apiKey"] == "none"


def test_settings_and_secrets_of_the_environment_are_not_inherited_but_keys_are(
    pi: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "SPARE_KEY", "OTHER_TOKEN", "PI_CACHE_RETENTION"):
        monkeypatch.setenv(name, f"value-of-{name}")
    pi.options = {"env": ["SPARE_KEY"]}

    said = "\n".join(told(pi, "pi:anthropic/opus"))

    assert "value-of-ANTHROPIC_API_KEY" in said and "value-of-SPARE_KEY" in said
    assert "value-of-OTHER_TOKEN" not in said and "value-of-PI_CACHE_RETENTION" not in said


def test_an_endpoint_sees_no_key_and_no_login_but_its_own(
    pi: Scripted, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(sealed, expires_in=9999)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-of-anthropic")
    pi.options = LAN

    pi.play("pi:lan/coder", "env; ls $PI_CODING_AGENT_DIR")

    said = (pi.logs / "transcript.jsonl").read_text()
    assert "key-of-anthropic" not in said
    assert "auth.json" not in said


def test_the_users_login_is_written_through_and_stays_where_it_is(pi: Scripted, sealed: Path) -> None:
    login = log_in(sealed, expires_in=9999)

    pi.play(
        "pi:anthropic/opus", "echo refreshed > $PI_CODING_AGENT_DIR/auth.json; test -L $PI_CODING_AGENT_DIR/auth.json"
    )

    assert login.read_text() == "refreshed\n"
    assert list((pi.root / "state" / "calls").iterdir()) == []


@pytest.mark.parametrize(("expires_in", "calls"), [(-1, 1), (60, 1), (3600, 0)])
def test_a_login_that_is_about_to_end_is_renewed_by_the_users_own_pi(
    pi: Scripted, sealed: Path, expires_in: float, calls: int
) -> None:
    login = log_in(sealed, expires_in=expires_in)
    script = f'[ "$1" = auth ] && echo "$PI_CODING_AGENT_DIR $*" >> {pi.root}/renewed && echo the-token'

    pi.play("pi:anthropic/opus", f"{script}\n{say(ANSWER, SETTLED)}")

    renewed = pi.root / "renewed"
    line = f"{login.parent} auth print-bearer-token --provider anthropic --min-expiry 600s\n"
    assert (renewed.read_text() if renewed.exists() else "") == line * calls
    assert "the-token" not in "".join(path.read_text() for path in pi.logs.iterdir())


def test_a_login_file_that_is_none_is_left_to_pi(pi: Scripted, sealed: Path) -> None:
    log_in(sealed, expires_in=0).write_text('{"anthropic": ["?"]}')

    assert pi.play("pi:anthropic/opus", say(ANSWER, SETTLED)).end is End.DONE


def test_an_answer_is_done_when_pi_has_settled(pi: Scripted) -> None:
    reply = pi.play("pi:anthropic/opus", say(ANSWER, SETTLED))

    assert (reply.end, reply.text, reply.usage) == (End.DONE, "Done.", Usage(input=5))


def test_status_0_without_an_end_is_an_error(pi: Scripted) -> None:
    reply = pi.play("pi:anthropic/opus", f"{say(ANSWER)}\necho oops >&2")

    assert (reply.end, reply.detail) == (End.ERROR, "no answer: oops")


def test_a_provider_without_a_key_is_refused(pi: Scripted) -> None:
    words = "Warning: much\nNo API key found for anthropic.\n\nUse /login to log into a provider"

    reply = pi.play("pi:anthropic/opus", f"{say(words)} >&2\nexit 1")

    assert (reply.end, reply.detail) == (End.REFUSED, "No API key found for anthropic.")


def test_silence_while_it_asks_again_is_the_rate_limit_that_it_waits_for(pi: Scripted) -> None:
    again = '{"type":"auto_retry_start","errorMessage":"429: {\\"message\\":\\"please try again in 40s\\"}"}'

    reply = pi.play("pi:anthropic/opus", f"{say(again)}\nexec sleep 60", limits=Limits(wall=30, idle=1))

    assert (reply.end, reply.retry_after) == (End.RATE_LIMITED, 40)
    assert processes.marked_processes(f"job/{pi.root.name}") == []


@pytest.mark.parametrize(("lines", "end"), [((ANSWER, SETTLED), End.DONE), ((ANSWER,), End.INTERRUPTED)])
def test_a_killed_call_is_recalled_from_its_transcript(pi: Scripted, lines: tuple[str, ...], end: End) -> None:
    pi.play("pi:anthropic/opus", say(*lines))

    reply = pi.backend.recall(pi.logs, pi.repository)

    assert reply and (reply.end, reply.text, reply.usage) == (end, "Done.", Usage(input=5))


def test_what_was_never_begun_is_not_recalled(pi: Scripted) -> None:
    assert pi.backend.recall(pi.logs, pi.repository) is None


def test_the_models_are_listed_as_tiers_name_them(pi: Scripted) -> None:
    table = "provider   model   context\nanthropic  claude-opus-5  1M\nopenrouter qwen/qwen3 128K"
    pi.options = {"command": pi.program(say(table))}

    assert pi.backend.models() == ["anthropic/claude-opus-5", "openrouter/qwen/qwen3"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("said", "login"),
    [
        ('{"status":"ready","provider":"anthropic","authType":"oauth"}', "ready, by oauth"),
        ('{"status":"not_ready","reason":"credentials_not_configured"}', "credentials not configured"),
        ("what?", ""),
    ],
)
def test_the_login_is_told_in_pis_words(pi: Scripted, said: str, login: str) -> None:
    pi.options = {"command": pi.program(f'[ "$1" = --version ] && echo 1.3.0 || {say(said)}')}

    standing = pi.backend.examine(parse_tier("pi:anthropic/opus"))

    assert (standing.version, standing.login) == ("1.3.0", login)


@pytest.mark.parametrize(
    ("options", "tier", "message"),
    [
        ({}, "pi:opus", "the tier 'pi:opus' names no provider"),
        ({"mode": "rpc"}, "pi:a/b", "'backends.pi.mode' is 'rpc', but there is only one"),
        ({"provider": {"lan": {"base_url": "lan"}}}, "pi:lan/b", "'backends.pi.provider.lan': base_url: "),
        (
            {"provider": {"lan": {"base_url": "http://lan", "api": "soap"}}},
            "pi:lan/b",
            "'backends.pi.provider.lan': api: ",
        ),
        (
            {"provider": {"lan": {"base_url": "http://lan", "api_key_env": "LAN_KEY"}}},
            "pi:lan/b",
            "the variable 'LAN_KEY' is not set, which holds the key of the provider 'lan'",
        ),
        ({"command": "pi-of-nobody"}, "pi:a/b", "the program 'pi-of-nobody' of the backend 'pi' is not there"),
    ],
)
def test_what_cannot_work_is_an_error_before_anything_is_begun(
    pi: Scripted, options: dict[str, Any], tier: str, message: str
) -> None:
    pi.options = {"command": pi.program("exit 1"), **options}

    with pytest.raises(ConfigError) as caught:
        pi.backend.check(parse_tier(tier))

    assert caught.value.message.startswith(message)
    assert caught.value.hint
