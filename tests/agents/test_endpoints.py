"""The user's own endpoints in tiers and in the configuration."""

from pathlib import Path
from typing import Any

import pytest

from director.agents.claude_code.home import Home as ClaudeHome
from director.agents.claude_code.home import inherited_environment, place_of
from director.agents.codex.home import Home as CodexHome
from director.agents.codex.home import environment_of, render_config
from director.agents.driving.endpoint import Endpoint, read_endpoints, split_model
from director.core.config.settings import BackendOptions
from director.core.errors import ConfigError
from director.core.roles import Permission
from director.core.tiers import parse_tier

LAN = Endpoint(base_url="http://10.0.0.9:8000/v1", api_key_env="LAN_KEY")
ALL = frozenset(Permission)


def options(**blocks: object) -> BackendOptions:
    return BackendOptions(provider=blocks)


def split(tier: str, **blocks: object) -> tuple[Endpoint | None, str]:
    return split_model(parse_tier(tier), options(**blocks), maker="openai")


@pytest.mark.parametrize("tier", ["codex:gpt-5", "codex:openai/gpt-5"])
def test_a_model_stands_alone_or_after_its_maker(tier: str) -> None:
    assert split(tier) == (None, "gpt-5")


def test_what_cannot_be_the_name_of_a_provider_belongs_to_the_model() -> None:
    assert split("codex:arn:aws:bedrock:x/model") == (None, "arn:aws:bedrock:x/model")


def test_a_provider_leads_to_its_endpoint() -> None:
    block = {"base_url": "http://lan/v1"}

    assert split("codex:lan/qwen/3:30b", lan=block) == (Endpoint(base_url="http://lan/v1"), "qwen/3:30b")
    assert split("codex:openai/gpt-5", openai=block) == (Endpoint(base_url="http://lan/v1"), "gpt-5")


def test_an_unknown_provider_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        split("codex:lan/qwen")

    assert caught.value.message == "the tier 'codex:lan/qwen' names the provider 'lan', which is not configured"
    assert "[backends.codex.provider.lan]" in caught.value.hint


def test_a_provider_without_a_model_is_refused() -> None:
    with pytest.raises(ConfigError, match="the tier 'codex:openai/' names no model"):
        split("codex:openai/")


def test_a_key_that_is_not_set_is_named() -> None:
    with pytest.raises(ConfigError, match="the variable 'LAN_KEY' is not set"):
        split("codex:lan/x", lan={"base_url": "http://lan/v1", "api_key_env": "LAN_KEY"})


@pytest.mark.parametrize(
    ("name", "block", "problem"),
    [
        ("lan", "http://lan", "'backends.codex.provider.lan': "),
        ("lan", {}, "base_url: "),
        ("lan", {"base_url": "lan:80"}, "base_url: "),
        ("lan", {"base_url": "http://lan", "api_key": "secret"}, "api_key: "),
        ("lan", {"base_url": "http://lan", "api_key_env": "a b"}, "api_key_env: "),
        ("a.b", {"base_url": "http://lan"}, "'backends.codex.provider.a.b' is no name of a provider"),
    ],
)
def test_what_is_no_endpoint_is_refused(name: str, block: Any, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_endpoints("codex", options(**{name: block}))

    assert problem in caught.value.message
    assert "secret" not in caught.value.message


def test_claude_code_is_given_the_endpoint_and_no_other_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "LAN_KEY",
        "ANTHROPIC_API_KEY",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_USE_BEDROCK",
        "ANTHROPIC_MODEL",
    ):
        monkeypatch.setenv(name, f"value of {name}")

    inherited = inherited_environment((), elsewhere=True)
    environment = ClaudeHome(tmp_path).environment(inherited, place_of(LAN, "qwen", tmp_path / "nowhere"))

    assert environment["ANTHROPIC_BASE_URL"] == "http://10.0.0.9:8000/v1"
    assert environment["ANTHROPIC_AUTH_TOKEN"] == "value of LAN_KEY"
    assert not {"LAN_KEY", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_MODEL"} & environment.keys()
    assert environment["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == str(tmp_path / "nowhere")


def test_claude_code_keeps_what_says_where_its_models_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLAUDE_CODE_USE_BEDROCK", "AWS_SECRET_ACCESS_KEY", "CLAUDE_CODE_EFFORT_LEVEL", "CLAUDE_ENV_FILE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/home/user/other")

    environment = ClaudeHome(tmp_path).environment(inherited_environment(("CLAUDE_ENV_FILE",), elsewhere=False), {})

    assert {"CLAUDE_CODE_USE_BEDROCK", "AWS_SECRET_ACCESS_KEY", "CLAUDE_ENV_FILE"} <= environment.keys()
    assert "CLAUDE_CODE_EFFORT_LEVEL" not in environment
    assert environment["CLAUDE_SECURESTORAGE_CONFIG_DIR"] == "/home/user/other"
    assert environment["CLAUDE_CONFIG_DIR"] == str(tmp_path / "config")


def config(
    permissions: frozenset[Permission], *, mode: str | None = None, roots: tuple[str, ...] = ()
) -> dict[str, Any]:
    return render_config(
        permissions,
        home=CodexHome(Path("/home")),
        directory=Path("/repo"),
        endpoint=LAN,
        environment={"LAN_KEY": "x", "OTHER_TOKEN": "x", "PATH": "/bin"},
        roots=roots,
        mode=mode,
    )


@pytest.mark.parametrize(
    ("permissions", "mode", "sandbox"),
    [
        (frozenset({Permission.READ}), None, "read-only"),
        (frozenset({Permission.READ}), "unconfined", "read-only"),
        (ALL, None, "workspace-write"),
        (ALL, "unconfined", "danger-full-access"),
    ],
)
def test_codex_holds_a_role_by_its_permissions(
    permissions: frozenset[Permission], mode: str | None, sandbox: str
) -> None:
    assert config(permissions, mode=mode)["sandbox_mode"] == sandbox


def test_codex_may_write_to_the_cache_of_the_user_and_where_a_trace_goes(sealed: Path) -> None:
    (sealed / ".cache").mkdir()

    roots = config(ALL, roots=("/traces",))["sandbox_workspace_write"]["writable_roots"]

    assert roots == [str(sealed / ".cache"), "/traces"]


def test_codex_hides_secrets_from_commands_and_knows_its_key_by_name() -> None:
    rendered = config(ALL)

    assert {"LAN_KEY", "OTHER_TOKEN", "CODEX_HOME"} <= set(rendered["shell_environment_policy"]["exclude"])
    assert "PATH" not in rendered["shell_environment_policy"]["exclude"]
    assert rendered["model_providers"]["director"]["env_key"] == "LAN_KEY"


def test_a_key_of_openai_does_not_count_beside_a_login_or_for_an_endpoint(
    sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    assert environment_of((), None, tmp_path)["CODEX_API_KEY"] == "key"
    assert "CODEX_API_KEY" not in environment_of((), LAN, tmp_path)

    (sealed / ".codex").mkdir()
    (sealed / ".codex" / "auth.json").write_text("{}")

    assert not {"CODEX_API_KEY", "OPENAI_API_KEY"} & environment_of((), None, tmp_path).keys()
