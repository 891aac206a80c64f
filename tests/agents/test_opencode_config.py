"""What OpenCode is told and what it may see, without starting it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from director.agents.opencode.backend import opencode
from director.agents.opencode.config import render_agent, render_config, write_agent, write_agents
from director.agents.opencode.home import inherited_environment
from director.agents.opencode.project import put_aside
from director.agents.opencode.run import OpenCodeRun
from director.agents.opencode.serve import OpenCodeServe
from director.agents.protocol import Surroundings
from director.core.calls import RoleDefinition
from director.core.config.settings import BackendOptions, Sampling
from director.core.errors import ConfigError
from director.core.roles import Permission, Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles

TIER = parse_tier("lan/coder:30b")
EXPLORER = RoleDefinition(
    name=Role.EXPLORER,
    description="Reads: all of it",
    permissions=frozenset({Permission.READ}),
    temperature=0.25,
    instructions="Read.\n\n---\nThen tell.",
)
EXPLORER_FILE = """\
---
description: 'Reads: all of it'
mode: primary
temperature: 0.25
permission:
  '*': deny
  read:
    '*': allow
    '*.env': deny
    '*.env.*': deny
    '*.env.example': allow
  grep: allow
  glob: allow
  doom_loop: allow
  external_directory: deny
---

Read.

---
Then tell.
"""


def front_of(text: str) -> dict[str, Any]:
    front: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return front


def config(options: BackendOptions) -> dict[str, Any]:
    return render_config(options, [TIER], "director-executor", Path("/private/bash"))


def test_an_agents_file_says_all_that_its_role_says() -> None:
    assert render_agent(EXPLORER, Sampling()) == EXPLORER_FILE


def test_rights_are_given_after_everything_was_denied() -> None:
    rules = front_of(render_agent(load_roles()[Role.EXECUTOR], Sampling()))["permission"]

    assert next(iter(rules.items())) == ("*", "deny")
    assert (rules["edit"], rules["bash"], rules["external_directory"]) == ("allow", "allow", "deny")


def test_a_role_without_permissions_may_do_nothing() -> None:
    role = EXPLORER.model_copy(update={"permissions": frozenset()})

    rules = front_of(render_agent(role, Sampling()))["permission"]

    assert rules == {"*": "deny", "doom_loop": "allow", "external_directory": "deny"}


def test_configured_sampling_goes_before_the_roles() -> None:
    front = front_of(render_agent(EXPLORER, Sampling(temperature=0, top_p=0.5)))

    assert (front["temperature"], front["top_p"]) == (0, 0.5)


def test_agents_are_written_each_into_its_file(tmp_path: Path) -> None:
    written = write_agents(tmp_path / "agent", load_roles().values(), {Role.PLANNER: Sampling(top_p=0.5)})

    assert sorted(path.name for path in (tmp_path / "agent").iterdir()) == sorted(path.name for path in written)
    assert {path.stem for path in written} == {f"director-{role}" for role in Role}
    assert "top_p: 0.5" in (tmp_path / "agent" / "director-planner.md").read_text()


def test_only_our_agent_has_rights() -> None:
    told = config(BackendOptions())

    assert told["permission"] == {"*": "deny"}
    assert told["default_agent"] == "director-executor"
    assert (told["share"], told["autoupdate"], told["snapshot"]) == ("disabled", False, False)
    assert (told["provider"], told["enabled_providers"]) == ({}, ["lan"])


def test_an_address_is_a_provider() -> None:
    block = {"base_url": "http://10.0.0.1/v1", "api_key_env": "LAN_KEY", "models": ["small"]}

    told = config(BackendOptions(provider={"lan": block, "other": {"base_url": "http://10.0.0.2/v1"}}))

    assert told["provider"] == {
        "lan": {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": "http://10.0.0.1/v1", "apiKey": "{env:LAN_KEY}"},
            "models": {"small": {"temperature": True}, "coder:30b": {"temperature": True}},
        }
    }


def test_one_configuration_serves_several_tiers() -> None:
    tiers = [TIER, parse_tier("lan/small"), parse_tier("anthropic/claude-x")]
    options = BackendOptions(provider={"lan": {"base_url": "http://10.0.0.1/v1"}})

    told = render_config(options, tiers, "director-nobody", Path("/private/bash"))

    assert told["enabled_providers"] == ["lan", "anthropic"]
    assert list(told["provider"]) == ["lan"]
    assert list(told["provider"]["lan"]["models"]) == ["coder:30b", "small"]


@pytest.mark.parametrize(("mode", "kind"), [(None, OpenCodeServe), ("serve", OpenCodeServe), ("run", OpenCodeRun)])
def test_a_mode_chooses_how_opencode_is_driven(tmp_path: Path, mode: str | None, kind: type) -> None:
    surroundings = Surroundings(BackendOptions(mode=mode), tmp_path, tmp_path / "state", load_roles)

    assert type(opencode(surroundings)) is kind


def test_an_agent_of_a_server_is_named_by_what_is_in_its_file(tmp_path: Path) -> None:
    names = [write_agent(tmp_path, EXPLORER, Sampling(top_p=top_p)) for top_p in (None, 0.5, None)]

    assert names[0] == names[2] != names[1]
    assert (tmp_path / f"{names[1]}.md").read_text() == render_agent(EXPLORER, Sampling(top_p=0.5))


def test_opencodes_own_block_is_passed_on_as_it_is() -> None:
    block = {"npm": "@ai-sdk/openai", "options": {"baseURL": "http://10.0.0.1/v1"}, "models": {"x": {"limit": {}}}}

    assert config(BackendOptions(provider={"lan": block}))["provider"] == {"lan": block}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "daemon"}, "'backends.opencode.mode' is 'daemon', which is not known"),
        ({"provider": {"lan": "http://x"}}, "'backends.opencode.provider.lan' is not a table"),
        (
            {"provider": {"lan": {"base_url": "http://x", "key": "1"}}},
            "'backends.opencode.provider.lan': key: this key is not known",
        ),
        (
            {"provider": {"lan": {"base_url": 1}}},
            "'backends.opencode.provider.lan': base_url: input should be a valid string",
        ),
    ],
)
def test_options_that_cannot_be_followed_are_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    surroundings = Surroundings(BackendOptions(**options), tmp_path, tmp_path / "state", load_roles)

    with pytest.raises(ConfigError) as caught:
        opencode(surroundings)

    assert caught.value.message == message
    assert caught.value.hint


def test_a_tier_has_to_name_a_provider() -> None:
    with pytest.raises(ConfigError, match="the tier 'opencode:coder' names no provider"):
        render_config(BackendOptions(), [parse_tier("coder")], "director-executor", Path("/private/bash"))


def test_the_program_sees_the_keys_it_needs_and_no_other_secret_or_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "LAN_KEY", "GITHUB_TOKEN", "OPENCODE_CONFIG", "OPENCODE_API_KEY", "OPENCODE"):
        monkeypatch.setenv(name, "x")

    seen = inherited_environment(["LAN_KEY"])

    assert {"ANTHROPIC_API_KEY", "LAN_KEY", "OPENCODE_API_KEY", "PATH", "HOME"} <= seen.keys()
    assert not {"GITHUB_TOKEN", "OPENCODE_CONFIG", "OPENCODE"} & seen.keys()


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """A worktree with a plug-in, an agent and a configuration of OpenCode."""
    for name in (".opencode/plugin/a.js", ".opencode/plugin/b.js", ".opencode/agent/a.md", "opencode.json"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "tree" / ".git").write_text("gitdir: elsewhere\n")
    return tmp_path / "tree"


def files_of(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_plug_ins_and_configuration_are_put_aside_and_come_back(worktree: Path, tmp_path: Path) -> None:
    before = files_of(worktree)

    with put_aside(worktree, tmp_path / "aside"):
        meanwhile = files_of(worktree)

    assert meanwhile == {".git", ".opencode/agent/a.md"}
    assert files_of(worktree) == before


def test_they_come_back_after_a_failure(worktree: Path, tmp_path: Path) -> None:
    before = files_of(worktree)

    with pytest.raises(KeyboardInterrupt), put_aside(worktree, tmp_path / "aside"):
        raise KeyboardInterrupt

    assert files_of(worktree) == before


def test_what_is_written_in_their_stead_stays(worktree: Path, tmp_path: Path) -> None:
    with put_aside(worktree, tmp_path / "aside"):
        (worktree / ".opencode/plugin").mkdir()
        (worktree / ".opencode/plugin/a.js").write_text("new")

    assert (worktree / ".opencode/plugin/a.js").read_text() == "new"
    assert (worktree / ".opencode/plugin/b.js").read_text() == ".opencode/plugin/b.js"
