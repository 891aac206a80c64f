"""Set up a repository: .director/config.toml, .director/.gitignore and dodo.py. Nothing that exists is overwritten."""

from collections.abc import Callable
from pathlib import Path

import tomli_w
from jinja2 import Environment, StrictUndefined

from director.cli.detect import AGENTS, INSTALL_HINT, KnownAgent, find_agents, guess_gates
from director.core.errors import ConfigError
from director.core.tiers import parse_tier
from director.job.lifecycle import write_ignore_rules
from director.job.surroundings import require_writable
from director.prompts.templates import template_path

Ask = Callable[[str, str], str]
"""Puts a question to the user: its text and the answer that Enter gives."""
Say = Callable[[str], None]
NONE = "-"
"""The answer that leaves a gate out."""


def initialise(repository: Path, job_directory: Path, *, yes: bool, ask: Ask, say: Say) -> None:
    """Write the files that director wants in a repository; with `yes` every default is taken and nothing asked."""
    ask = _take_default if yes else ask
    config, ignored, dodo = job_directory / "config.toml", job_directory / ".gitignore", repository / "dodo.py"
    for path in (config, ignored, dodo):
        if not _is_taken(path):
            require_writable(path.parent)
    agent = _look_for_agents(say)
    if _is_free(config, repository, say):
        _write(config, _config_text(repository, agent, ask, say), repository, say)
    if _is_free(ignored, repository, say):
        write_ignore_rules(job_directory)
        say(f"wrote {_shown(ignored, repository)}")
    if _is_free(dodo, repository, say):
        _write(dodo, template_path("dodo.py").read_text(encoding="utf-8"), repository, say)
    say('next: director plan "what you want done"')


def render_config(*, planner: str, executor: str, gates: dict[str, str]) -> str:
    """Return the text of a config.toml with these tiers and gates, every default in it as a comment."""
    environment = Environment(
        block_start_string="#%",  # a comment in TOML: the template is TOML too
        block_end_string="%#",
        trim_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["toml"] = _escaped
    template = environment.from_string(template_path("config.toml").read_text(encoding="utf-8"))
    return template.render(planner=planner, executor=executor, gates=gates)


def _take_default(_: str, default: str) -> str:
    return default


def _look_for_agents(say: Say) -> KnownAgent:
    """Tell which agent programs there are, and return the one whose tiers are proposed."""
    agents = find_agents()
    for agent, path in agents:
        say(f"found {agent.program} ({path}), for tiers such as '{agent.planner}'")
    if not agents:
        say(f"no agent program that director can drive is on PATH; {INSTALL_HINT}")
    return agents[0][0] if agents else AGENTS[0]


def _config_text(repository: Path, agent: KnownAgent, ask: Ask, say: Say) -> str:
    planner = _ask_tier("model of the planner, the strong tier", agent.planner, ask, say)
    executor = _ask_tier("model of the executor, the cheap tier", agent.executor, ask, say)
    gates = {name: _ask_gate(name, command, ask) for name, command in guess_gates(repository).items()}
    return render_config(
        planner=planner, executor=executor, gates={name: command for name, command in gates.items() if command}
    )


def _ask_tier(question: str, default: str, ask: Ask, say: Say) -> str:
    while True:
        answer = ask(question, default).strip() or default
        try:
            parse_tier(answer)
        except ConfigError as error:
            say(str(error))
        else:
            return answer


def _ask_gate(name: str, command: str, ask: Ask) -> str:
    answer = ask(f"command of the gate '{name}', {NONE} for none", command).strip() or command
    return "" if answer == NONE else answer


def _escaped(text: str) -> str:
    """Return a text as it stands between the quotes of a TOML string."""
    return tomli_w.dumps({"x": text}).removeprefix('x = "').removesuffix('"\n')


def _is_free(path: Path, repository: Path, say: Say) -> bool:
    """Tell whether nothing is at a path; say so if there is."""
    if _is_taken(path):
        say(f"kept {_shown(path, repository)}, which was there already")
        return False
    return True


def _is_taken(path: Path) -> bool:
    """Tell whether something is at a path, be it a link that leads nowhere."""
    return path.exists() or path.is_symlink()


def _write(path: Path, text: str, repository: Path, say: Say) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    say(f"wrote {_shown(path, repository)}")


def _shown(path: Path, repository: Path) -> str:
    return str(path.relative_to(repository) if path.is_relative_to(repository) else path)
