"""Every word that director understands after its name."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from keyword import iskeyword
from types import ModuleType

from director.cli.arguments import Parser


@dataclass(frozen=True)
class Command:
    """A command; its module is imported when it is used."""

    name: str
    help: str

    def module(self) -> ModuleType:
        """Import the command's file."""
        name = f"{self.name}_" if iskeyword(self.name) else self.name.replace("-", "_")
        return import_module(f"director.cli.commands.{name}")

    def parser(self) -> Parser:
        """Return the parser of its arguments."""
        parser = Parser(
            prog=f"director {self.name}",
            description=f"{self.help[:1].upper()}{self.help[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.module().configure(parser)
        return parser


def _by_name(*commands: Command) -> dict[str, Command]:
    return {command.name: command for command in commands}


OWN_COMMANDS = _by_name(
    Command("init", "write a commented configuration for this repository"),
    Command("doctor", "say what is missing, and whether the agents answer"),
    Command("models", "list what the agent programs offer, as tiers"),
    Command("plan", "turn a task into a plan with locked tests"),
    Command("import", "begin a job with a plan that was made elsewhere"),
    Command("export", "write the plan, with the hashes of its tests, for other programs"),
    Command("approve", "open the gate that waits, and go on planning"),
    Command("allow", "let a node change further files"),
    Command("run", "build the nodes, or whatever task is named"),
    Command("update", "bring new commits of the base branch into the job's branch"),
    Command("status", "show the state of every node, and the totals"),
    Command("report", "write what was done, by whom and for how much, as a page to read"),
    Command("ui", "show the report's page in a browser, live; changes nothing"),
    Command("pending", "list what is not up to date, and why; runs nothing"),
    Command("explain", "say why a task is up to date or is not"),
    Command("revert", "take a landed node off the job's branch again"),
    Command("keep", "keep what a node left behind that is no longer planned"),
    Command("show", "show one node, its attempts and its diff"),
    Command("cache", "show, prune or share verified work that is not paid for again"),
    Command("clean", "delete worktrees and what is no longer needed"),
    Command("replay", "run a recorded job again and say where it differs"),
    Command("sync-agents", "render the role definitions for OpenCode"),
    Command("bench", "run one plan under several profiles and compare them"),
    Command("demo", "build a small real repository with replayed agents"),
    Command("completion", "print what a shell needs to complete words"),
)
DOIT_COMMANDS = _by_name(
    Command("list", "list the tasks (--all: those of nodes too; -s: their state)"),
    Command("info", "show a task with its dependencies and targets"),
    Command("forget", "forget that a task was built"),
    Command("ignore", "skip a task from now on"),
    Command("reset-dep", "take files as they are as built"),
    Command("dumpdb", "print doit's database"),
)
COMMANDS = {**OWN_COMMANDS, **DOIT_COMMANDS}

TASKS = ("job", "recon", "spec", "decompose", "slices", "baseline", "integrate")
"""Tasks that may stand in place of a command; `plan`, the group, is a command."""
TASK_GROUPS = ("gate:", "tests:", "run:")


def top_level_help() -> str:
    """Return the help of director itself."""
    return f"""\
usage: director COMMAND [options]     director TASK [options]

A build tool whose compilers are coding agents: a task becomes a spec, a plan and locked tests; agents build the nodes
of the plan; gates decide what lands on the job's branch. Running a command again goes on where it stopped.

commands
{_listing(OWN_COMMANDS)}

commands of doit, on the same graph
{_listing(DOIT_COMMANDS)}

tasks
  spec, decompose, tests:NODE, plan, run:NODE, integrate: 'director list --all' shows them

start
  director demo                             see it work, without any model
  director init                             in your repository
  director plan "what you want done"        then: director approve, director run

'director COMMAND --help' tells more. Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 a bug, 4 waiting for
approval, 5 a limit was reached, 6 another director holds the job, 130 interrupted.
"""


def _listing(commands: Mapping[str, Command]) -> str:
    return "\n".join(f"  {command.name:<12} {command.help}" for command in commands.values())
