"""How Gemini CLI is called, and how the end of a call is judged; the program is a script."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from director.agents.gemini.run import Gemini
from director.core.calls import End, Usage
from director.core.errors import ConfigError
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.processes import Limits
from tests.agents.scripted import Scripted

ANSWER = '{"type":"message","role":"assistant","content":"Done.","delta":true}'
RESULT = '{"type":"result","status":"success","stats":{"total_tokens":9,"input_tokens":5,"input":5}}'
TELL_ALL = "env; cat $GEMINI_CLI_HOME/.gemini/settings.json; echo; printf '%s\\n' \"$@\""
LAN = {"provider": {"lan": {"base_url": "http://lan:1", "api_key_env": "LAN_KEY"}}}


def say(*lines: str) -> str:
    return "\n".join(f"printf '%s\\n' {shlex.quote(line)}" for line in lines)


@pytest.fixture
def gemini(tmp_path: Path) -> Scripted:
    return Scripted(Gemini, tmp_path)


def told(gemini: Scripted, tier: str = "gemini:gemini-2.5-pro", role: Role = Role.EXECUTOR) -> str:
    gemini.play(tier, TELL_ALL, role)
    return (gemini.logs / "transcript.jsonl").read_text()


def settings_told(gemini: Scripted, role: Role = Role.EXECUTOR) -> dict[str, Any]:
    (line,) = [line for line in told(gemini, role=role).splitlines() if line.startswith('{"general"')]
    return dict(json.loads(line))


def own_directory(home: Path) -> Path:
    (home / ".gemini").mkdir()
    return home / ".gemini"


@pytest.mark.parametrize(
    ("role", "tools"),
    [
        (Role.EXPLORER, "list_directory read_file read_many_files glob grep_search"),
        (
            Role.EXECUTOR,
            "list_directory read_file read_many_files glob grep_search replace write_file run_shell_command",
        ),
    ],
)
def test_a_role_is_offered_its_tools_and_no_others(gemini: Scripted, role: Role, tools: str) -> None:
    assert settings_told(gemini, role)["tools"]["core"] == tools.split()


def test_sampling_is_set_for_the_model(gemini: Scripted) -> None:
    assert settings_told(gemini)["modelConfigs"]["customOverrides"] == [
        {
            "match": {"model": "gemini-2.5-pro"},
            "modelConfig": {"generateContentConfig": {"temperature": 0.25, "topP": 0.5}},
        }
    ]


def test_the_prompt_stands_after_a_command_so_that_it_is_passed_on_as_it_is(gemini: Scripted) -> None:
    gemini.play("gemini:gemini-2.5-pro", "cat; cat $GEMINI_SYSTEM_MD; ls $GEMINI_CLI_HOME/.gemini/commands")

    said = (gemini.logs / "transcript.jsonl").read_text()
    instructions = load_roles()[Role.EXECUTOR].instructions.strip()
    assert said == f"/task\n\nPlease @a.txt.{instructions}\ntask.toml\n"


def test_the_directory_is_not_trusted(gemini: Scripted) -> None:
    assert "GEMINI_CLI_TRUST_WORKSPACE=false\n" in told(gemini)
    assert settings_told(gemini)["security"]["folderTrust"] == {"enabled": False}


def test_settings_and_secrets_of_the_environment_are_not_inherited_but_keys_are(
    gemini: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GEMINI_API_KEY", "SPARE_KEY", "OTHER_TOKEN", "GEMINI_MODEL", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.setenv(name, f"value-of-{name}")
    gemini.options = {"env": ["SPARE_KEY"]}

    said = told(gemini)

    assert all(f"value-of-{name}" in said for name in ("GEMINI_API_KEY", "SPARE_KEY", "GOOGLE_CLOUD_PROJECT"))
    assert "value-of-OTHER_TOKEN" not in said and "value-of-GEMINI_MODEL" not in said


def test_an_endpoint_sees_no_key_and_no_login_but_its_own(
    gemini: Scripted, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_directory(sealed) / "oauth_creds.json").write_text("{}")
    monkeypatch.setenv("GEMINI_API_KEY", "key-of-google")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "project-of-google")
    monkeypatch.setenv("LAN_KEY", "key-of-the-lan")
    gemini.options = LAN

    gemini.play("gemini:lan/coder", 'env; ls $GEMINI_CLI_HOME/.gemini; echo "$@"')

    said = (gemini.logs / "transcript.jsonl").read_text()
    assert "GEMINI_API_KEY=key-of-the-lan\n" in said and "GOOGLE_GEMINI_BASE_URL=http://lan:1\n" in said
    assert "of-google" not in said and "oauth_creds.json" not in said
    assert "--model coder" in said


def test_the_users_login_is_written_through_and_stays_where_it_is(gemini: Scripted, sealed: Path) -> None:
    login = own_directory(sealed) / "oauth_creds.json"
    login.write_text("{}")

    gemini.play("gemini:gemini-2.5-pro", "echo refreshed > $GEMINI_CLI_HOME/.gemini/oauth_creds.json")

    assert login.read_text() == "refreshed\n"
    assert list((gemini.root / "state" / "calls").iterdir()) == []


def test_the_way_to_log_in_is_the_one_that_the_user_chose(gemini: Scripted, sealed: Path) -> None:
    settings = {"security": {"auth": {"selectedType": "vertex-ai"}}, "mcpServers": {"leak": {}}}
    (own_directory(sealed) / "settings.json").write_text(json.dumps(settings))

    told_settings = settings_told(gemini)

    assert told_settings["security"]["auth"] == {"selectedType": "vertex-ai"}
    assert "mcpServers" not in told_settings


@pytest.mark.parametrize("spoiled", ["no json", "[]", '{"security": 3}', '{"security": {"auth": {"selectedType": 1}}}'])
def test_settings_that_are_none_leave_the_choice_to_the_files_and_variables(
    gemini: Scripted, sealed: Path, monkeypatch: pytest.MonkeyPatch, spoiled: str
) -> None:
    (own_directory(sealed) / "settings.json").write_text(spoiled)
    (sealed / ".gemini" / "oauth_creds.json").write_text("{}")

    assert settings_told(gemini)["security"]["auth"] == {"selectedType": "oauth-personal"}

    monkeypatch.setenv("GEMINI_API_KEY", "key")
    assert settings_told(gemini)["security"]["auth"] == {}


def test_keys_of_the_users_own_file_are_read_by_the_program_itself(gemini: Scripted, sealed: Path) -> None:
    (own_directory(sealed) / ".env").write_text("GEMINI_API_KEY=key-in-a-file\n")

    gemini.play("gemini:gemini-2.5-pro", "cat $GEMINI_CLI_HOME/.env")

    assert (gemini.logs / "transcript.jsonl").read_text() == "GEMINI_API_KEY=key-in-a-file\n"


def test_commands_of_the_agent_see_neither_keys_nor_what_is_private(
    gemini: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "key-of-google")
    monkeypatch.setenv("TMPDIR", "/tmp")

    gemini.play("gemini:gemini-2.5-pro", "GEMINI_CLI=1 GOOGLE_API_KEY=from-a-file bash -c env")

    seen = (gemini.logs / "transcript.jsonl").read_text()
    assert "GEMINI" not in seen and "GOOGLE" not in seen and "calls" not in seen
    assert "TMPDIR=/tmp\n" in seen and "DIRECTOR_MARK=" in seen


def test_an_answer_with_its_result_is_done(gemini: Scripted) -> None:
    reply = gemini.play("gemini:gemini-2.5-pro", say(ANSWER, RESULT))

    assert (reply.end, reply.text, reply.usage) == (End.DONE, "Done.", Usage(input=5, output=4, reasoning=4))


def test_status_0_without_a_result_is_an_error(gemini: Scripted) -> None:
    reply = gemini.play("gemini:gemini-2.5-pro", f"{say(ANSWER)}\nprintf 'oops\\n    at x (y)\\n}}\\n' >&2")

    assert (reply.end, reply.detail) == (End.ERROR, "no answer: oops")


def test_a_login_that_is_missing_is_refused(gemini: Scripted) -> None:
    reply = gemini.play("gemini:gemini-2.5-pro", "echo Please set an Auth method >&2\nexit 41")

    assert (reply.end, reply.detail) == (End.REFUSED, "Please set an Auth method")


@pytest.mark.parametrize(
    ("status", "end"),
    [(145, End.REFUSED), (147, End.REFUSED), (173, End.RATE_LIMITED), (17, End.RATE_LIMITED), (244, End.ERROR)],
)
def test_a_status_tells_what_the_words_leave_out(gemini: Scripted, status: int, end: End) -> None:
    failed = '{"type":"result","status":"error","error":{"message":"[API Error: it is over]"},"stats":{}}'

    reply = gemini.play("gemini:gemini-2.5-pro", f"{say(failed)}\nexit {status}")

    assert reply.end is end
    assert reply.detail.startswith("it is over")


def test_silence_after_a_rate_limit_is_a_rate_limit(gemini: Scripted) -> None:
    tried = "Attempt 1 failed: rate limit reached\nSuggested retry after 40s.. Retrying after 41000ms...\n    at x\n}"

    reply = gemini.play("gemini:gemini-2.5-pro", f"{say(tried)} >&2\nexec sleep 60", limits=Limits(wall=30, idle=1))

    assert (reply.end, reply.retry_after) == (End.RATE_LIMITED, 40)
    assert reply.detail.startswith("no output for 1 seconds; last error: Attempt 1 failed: rate limit reached")
    assert processes.marked_processes(f"job/{gemini.root.name}") == []


@pytest.mark.parametrize(("lines", "end"), [((ANSWER, RESULT), End.DONE), ((ANSWER,), End.INTERRUPTED)])
def test_a_killed_call_is_recalled_from_its_transcript(gemini: Scripted, lines: tuple[str, ...], end: End) -> None:
    gemini.play("gemini:gemini-2.5-pro", say(*lines))

    reply = gemini.backend.recall(gemini.logs, gemini.repository)

    assert reply and (reply.end, reply.text) == (end, "Done.")


@pytest.mark.parametrize(
    ("files", "variables", "login"),
    [
        ({}, {}, ""),
        ({"oauth_creds.json": "{}"}, {}, "Google account"),
        ({}, {"GEMINI_API_KEY": "k"}, "the key in 'GEMINI_API_KEY'"),
        ({"settings.json": '{"security":{"auth":{"selectedType":"oauth-personal"}}}'}, {}, "none"),
    ],
)
def test_the_login_is_told_as_far_as_it_is_known(
    gemini: Scripted,
    sealed: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    variables: dict[str, str],
    login: str,
) -> None:
    for name, text in files.items():
        (sealed / ".gemini").mkdir(exist_ok=True)
        (sealed / ".gemini" / name).write_text(text)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    gemini.options = {"command": gemini.program("echo 0.61.0")}

    standing = gemini.backend.examine(parse_tier("gemini:gemini-2.5-pro"))

    assert (standing.version, standing.login) == ("0.61.0", login)


@pytest.mark.parametrize(
    ("options", "tier", "message"),
    [
        ({}, "gemini:lan/coder", "the tier 'gemini:lan/coder' names the provider 'lan', which is not configured"),
        ({"mode": "acp"}, "gemini:a", "'backends.gemini.mode' is 'acp', but there is only one"),
        ({"provider": {"lan": {"url": "http://lan"}}}, "gemini:lan/b", "'backends.gemini.provider.lan': "),
        (LAN, "gemini:lan/b", "the variable 'LAN_KEY' is not set, which holds the key of the provider 'lan'"),
        ({"command": "gemini-of-nobody"}, "gemini:a", "the program 'gemini-of-nobody' of the backend 'gemini' is not"),
    ],
)
def test_what_cannot_work_is_an_error_before_anything_is_begun(
    gemini: Scripted, options: dict[str, Any], tier: str, message: str
) -> None:
    gemini.options = {"command": gemini.program("exit 1"), **options}

    with pytest.raises(ConfigError) as caught:
        gemini.backend.check(parse_tier(tier))

    assert caught.value.message.startswith(message)
    assert caught.value.hint
