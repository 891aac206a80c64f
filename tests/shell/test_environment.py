"""What a program sees of our environment."""

import pytest

from director.shell.environment import of_the_user, with_secrets, without_secrets


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "anthropic_api_key",
        "GITHUB_TOKEN",
        "HF_TOKEN_READ",
        "AWS_SECRET_ACCESS_KEY",
        "PGPASSWORD",
        "DB_PASSWD",
        "GPG_PASSPHRASE",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "NPM_CONFIG__AUTH",
        "BASIC_AUTH",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    ],
)
def test_a_secret_is_hidden(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "hidden")

    assert name not in without_secrets()


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "LANG",
        "VIRTUAL_ENV",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "SSH_AUTH_SOCK",
        "XAUTHORITY",
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_AUTHOR_DATE",
        "GIT_COMMITTER_NAME",
        "GIT_SSH_COMMAND",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
    ],
)
def test_what_is_no_secret_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "seen")

    assert without_secrets()[name] == "seen"


@pytest.mark.parametrize(
    "name",
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_SHALLOW_FILE",
        "GIT_GRAFT_FILE",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_KEY_0",
        "GIT_CONFIG_VALUE_0",
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
    ],
)
def test_what_points_git_at_the_repository_of_our_caller_is_hidden(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "elsewhere")

    assert name not in without_secrets()


def test_an_agent_program_sees_the_secrets_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "named")
    monkeypatch.setenv("GITHUB_TOKEN", "not named")

    seen = with_secrets(["OPENAI_API_KEY", "NOT_SET"])

    assert seen["OPENAI_API_KEY"] == "named"
    assert not {"GITHUB_TOKEN", "NOT_SET"} & set(seen)


def test_gits_own_settings_and_secrets_reach_what_speaks_for_the_user_and_no_other_place_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c", "GITHUB_TOKEN": "t"}
    for name, value in {**given, "GIT_DIR": "/elsewhere", "GIT_INDEX_FILE": "/elsewhere/index"}.items():
        monkeypatch.setenv(name, value)

    seen = of_the_user()

    assert given.items() <= seen.items()
    assert not {"GIT_DIR", "GIT_INDEX_FILE"} & seen.keys()
