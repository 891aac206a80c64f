"""`director init`: what it asks, what it writes, and what it leaves alone."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from director.agents.registry import find_backend
from director.cli.detect import AGENTS, KnownAgent, guess_gates
from director.cli.init import initialise, render_config
from director.core.config.settings import BackendOptions, Config
from director.core.tiers import parse_tier
from director.job.configuration import load_config


class Terminal:
    """A user who gives prepared answers, and Enter to everything else; remembers what was asked and said."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.said: list[str] = []

    def ask(self, question: str, default: str) -> str:
        self.asked.append(f"{question} [{default}]")
        return next((answer for word, answer in self.answers.items() if word in question), default)

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that is the whole PATH."""
    directory = tmp_path / "programs"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


@pytest.fixture
def repository(tmp_path: Path, programs: Path) -> Path:
    directory = tmp_path / "repository"
    directory.mkdir()
    return directory


def install(programs: Path, name: str) -> None:
    (programs / name).write_text("#!/bin/sh\n")
    (programs / name).chmod(0o755)


def initialise_with(repository: Path, terminal: Terminal, *, yes: bool = False) -> Config:
    initialise(repository, repository / ".director", yes=yes, ask=terminal.ask, say=terminal.say)
    return load_config(repository, repository / ".director")


def uncommented(text: str) -> str:
    """Return a configuration with every commented key and header taken in."""
    return re.sub(r"(?m)^# (?=\[|\w+ = )", "", text)


def test_it_writes_a_configuration_that_can_be_used(repository: Path) -> None:
    config = initialise_with(repository, Terminal())

    assert config.tiers.planner == "anthropic/claude-opus-4-5"
    assert config.tiers.executor == "anthropic/claude-haiku-4-5"
    assert config.gates == {}


def test_it_writes_the_two_line_dodo_file(repository: Path) -> None:
    initialise_with(repository, Terminal())

    assert (repository / "dodo.py").read_text() == (
        "from director.dodo import load\nDOIT_CONFIG, graph = load(__file__)\n"
    )


def test_git_sees_only_what_is_the_users(tmp_path: Path) -> None:
    job = tmp_path / ".director"
    initialise_with(tmp_path, Terminal())
    for name in ("task.md", "costs.jsonl", "logs/spec/1/prompt.md", "profiles/fast.toml", "templates/roles/planner.md"):
        (job / name).parent.mkdir(parents=True, exist_ok=True)
        (job / name).write_text("x")

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    seen = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )

    assert seen.stdout.split() == [
        ".director/.gitignore",
        ".director/config.toml",
        ".director/profiles/fast.toml",
        ".director/templates/roles/planner.md",
        "dodo.py",
    ]


def test_it_asks_for_both_tiers_and_each_gate(repository: Path) -> None:
    (repository / "go.mod").write_text("module x\n")
    (repository / "Cargo.toml").write_text("")
    terminal = Terminal(planner="claude-code:opus", cargo="cargo test --quiet", go="-")

    config = initialise_with(repository, terminal)

    assert terminal.asked == [
        "model of the planner, the strong tier [anthropic/claude-opus-4-5]",
        "model of the executor, the cheap tier [anthropic/claude-haiku-4-5]",
        "command of the gate 'cargo', - for none [cargo test]",
        "command of the gate 'go', - for none [go test ./...]",
    ]
    assert config.tiers.planner == "claude-code:opus"
    assert config.gates == {"cargo": "cargo test --quiet"}


def test_it_asks_nothing_with_yes(repository: Path) -> None:
    (repository / "go.mod").write_text("module x\n")
    terminal = Terminal()

    config = initialise_with(repository, terminal, yes=True)

    assert terminal.asked == []
    assert config.gates == {"go": "go test ./..."}


def test_it_asks_again_for_what_is_not_a_tier(repository: Path) -> None:
    answers = iter(["opencode:", "b/strong", "b/cheap"])
    terminal = Terminal()

    initialise(
        repository, repository / ".director", yes=False, ask=lambda question, default: next(answers), say=terminal.say
    )

    assert load_config(repository, repository / ".director").tiers.planner == "b/strong"
    assert (
        "'opencode:' is not a tier\n"
        "hint: write backend:provider/model, as in 'opencode:anthropic/claude-sonnet-4-5'" in terminal.said
    )


def test_it_overwrites_nothing_and_says_what_it_kept(repository: Path) -> None:
    mine = '[tiers]\nplanner = "mine/strong"\nexecutor = "mine/cheap"\n'
    (repository / ".director").mkdir()
    (repository / ".director" / "config.toml").write_text(mine)
    (repository / "dodo.py").symlink_to("nowhere")
    terminal = Terminal()

    initialise_with(repository, terminal)

    assert (repository / ".director" / "config.toml").read_text() == mine
    assert (repository / "dodo.py").is_symlink()
    assert terminal.asked == []
    assert terminal.said[1:] == [
        "kept .director/config.toml, which was there already",
        "wrote .director/.gitignore",
        "kept dodo.py, which was there already",
        'next: director plan "what you want done"',
    ]


def test_a_second_time_writes_nothing(repository: Path) -> None:
    initialise_with(repository, Terminal())
    terminal = Terminal()

    initialise_with(repository, terminal)

    assert [line for line in terminal.said if line.startswith("wrote")] == []


def test_it_says_how_to_install_an_agent_where_there_is_none(repository: Path) -> None:
    terminal = Terminal()

    initialise_with(repository, terminal)

    assert terminal.said[0] == (
        "no agent program that director can drive is on PATH; install one with: npm install -g opencode-ai"
        "   (or: curl -fsSL https://opencode.ai/install | bash)"
    )


def test_it_names_the_agents_that_it_found(repository: Path, programs: Path) -> None:
    install(programs, "opencode")
    install(programs, "gemini")
    terminal = Terminal()

    initialise_with(repository, terminal)

    assert terminal.said[:2] == [
        f"found opencode ({programs}/opencode), for tiers such as 'anthropic/claude-opus-4-5'",
        f"found gemini ({programs}/gemini), for tiers such as 'gemini:gemini-2.5-pro'",
    ]
    assert terminal.said[2] == "wrote .director/config.toml"


def test_the_tiers_that_it_proposes_are_those_of_the_first_agent_that_it_found(
    repository: Path, programs: Path
) -> None:
    install(programs, "codex")
    install(programs, "claude")

    initialise_with(repository, Terminal())

    tiers = tomllib.loads((repository / ".director" / "config.toml").read_text())["tiers"]
    assert tiers == {"planner": "claude-code:opus", "executor": "claude-code:haiku"}


@pytest.mark.parametrize("agent", AGENTS, ids=[agent.program for agent in AGENTS])
def test_every_known_agent_has_a_backend_that_takes_its_tiers(agent: KnownAgent) -> None:
    assert {parse_tier(agent.planner).backend, parse_tier(agent.executor).backend} == {agent.backend}
    assert find_backend(agent.backend)


def test_what_is_commented_out_is_the_default() -> None:
    text = render_config(planner="a/strong", executor="a/cheap", gates={})

    config = Config.model_validate(tomllib.loads(uncommented(text)))

    default = Config.model_validate({"tiers": {"planner": "a/strong", "executor": "a/cheap"}})
    assert config.limits.model_copy(update={"cost_ceiling_usd": None}) == default.limits
    assert (config.review, config.repository) == (default.review, default.repository)
    assert [config.tier(role) for role in config.sampling] == [default.tier(role) for role in config.sampling]


def test_every_key_of_the_configuration_is_in_the_written_file() -> None:
    text = render_config(planner="a/strong", executor="a/cheap", gates={})

    config = Config.model_validate(tomllib.loads(uncommented(text)))

    assert config.model_fields_set == set(Config.model_fields)
    for table in (
        config.tiers,
        config.limits,
        config.review,
        config.repository,
        config.worktree,
        *config.pricing.values(),
    ):
        assert table.model_fields_set == set(type(table).model_fields)
    named = set().union(*(options.model_fields_set for options in config.backends.values()))
    assert named == set(BackendOptions.model_fields)


@pytest.mark.parametrize("gates", [{}, {"lint": "ruff check .", "test": "make"}], ids=["examples", "gates"])
def test_the_sections_of_the_written_file_stand_apart(gates: dict[str, str]) -> None:
    text = render_config(planner="a/strong", executor="a/cheap", gates=gates)

    before, _, _ = text.partition("# Where director stops by itself.\n")
    example = '# lint = "ruff check ."\n# test = "python3 -m pytest -q"\n\n'
    assert before.endswith('"lint" = "ruff check ."\n"test" = "make"\n\n' if gates else example)
    assert "\n\n\n" not in text


def test_the_template_is_toml_before_it_is_filled() -> None:
    template = Path(__file__).resolve().parents[2] / "templates" / "config.toml"

    assert tomllib.loads(template.read_text())["tiers"].keys() == {"planner", "executor"}


@pytest.mark.parametrize(
    "command", ["echo \"a\\b\" 'c'", "printf 'x\ty'", "a {{ b }} {% c %}", "#% if x", "ü\x7f\n\nz"]
)
def test_a_gate_is_written_as_it_was_given(command: str) -> None:
    text = render_config(planner="a/b", executor="a/b", gates={"it": command})

    assert tomllib.loads(text)["gates"] == {"it": command}


@pytest.mark.parametrize(
    ("name", "content", "gates"),
    [
        ("pyproject.toml", "[tool.ruff]\n", {"ruff": "ruff check ."}),
        ("ruff.toml", "", {"ruff": "ruff check ."}),
        ("pyproject.toml", "[tool.pytest.ini_options]\n", {"pytest": "python3 -m pytest -q"}),
        ("pyproject.toml", '[dependency-groups]\ndev = ["pytest>=8"]\n', {"pytest": "python3 -m pytest -q"}),
        ("pyproject.toml", "[tool.ruff\n", {}),
        ("tests/test_it.py", "def test_it() -> None: ...\n", {"pytest": "python3 -m pytest -q"}),
        ("tests/test_it.py", "class TestIt(unittest.TestCase):\n    def test_it(self): ...\n", {}),
        ("package.json", json.dumps({"scripts": {"test": "vitest run"}}), {"npm": "npm test"}),
        ("package.json", json.dumps({"scripts": {"test": 'echo "Error: no test specified" && exit 1'}}), {}),
        ("package.json", '{"scripts": []}', {}),
        ("package.json", "[", {}),
        ("Cargo.toml", "", {"cargo": "cargo test"}),
        ("go.mod", "", {"go": "go test ./..."}),
        ("Makefile", "all:\n\ttrue\ntest: all\n\ttrue\n", {"make": "make test"}),
        ("Makefile", "test := 1\ntests:\n\ttrue\n", {}),
        ("README.md", "", {}),
    ],
)
def test_gates_are_guessed(tmp_path: Path, name: str, content: str, gates: dict[str, str]) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content)

    assert guess_gates(tmp_path) == gates


def test_linters_are_guessed_before_tests(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest]\n[tool.ruff]\n")
    (tmp_path / "Makefile").write_text("test:\n")

    assert list(guess_gates(tmp_path)) == ["ruff", "pytest", "make"]


def test_a_locked_npm_package_is_installed_before_its_tests(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"scripts": {"test": "vitest run"}}')
    (tmp_path / "package-lock.json").write_text("{}")

    assert guess_gates(tmp_path) == {"npm": "npm ci && npm test"}
