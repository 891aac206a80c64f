"""Every word that director understands after its name."""

import argparse
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType


@dataclass(frozen=True)
class Command:
    """A command of ours; its module is imported when it is used."""

    name: str
    help: str

    def module(self) -> ModuleType:
        """Import the command's file."""
        return import_module(f"director.cli.commands.{self.name.replace('-', '_')}")

    def parser(self) -> argparse.ArgumentParser:
        """Return the parser of its arguments."""
        parser = argparse.ArgumentParser(
            prog=f"director {self.name}",
            description=f"{self.help[:1].upper()}{self.help[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.module().configure(parser)
        return parser


COMMANDS = {
    command.name: command
    for command in (
        Command("init", "write a commented configuration for this repository"),
        Command("plan", "turn a task into a plan with locked tests"),
        Command("approve", "open the gate that waits, and go on planning"),
        Command("run", "build the nodes, or whatever task is named"),
        Command("status", "show the state of every node, and the totals"),
        Command("pending", "list what is not up to date, and why; runs nothing"),
        Command("explain", "say why a task is up to date or is not"),
        Command("show", "show one node, its attempts and its diff"),
        Command("clean", "delete worktrees and what is no longer needed"),
        Command("sync-agents", "render the role definitions for OpenCode"),
        Command("demo", "build a small real repository with replayed agents"),
        Command("completion", "print what a shell needs to complete words"),
    )
}

DOIT_COMMANDS = {
    "list": "list the tasks (--all: those of nodes too; -s: their state)",
    "info": "show a task with its dependencies and targets",
    "forget": "forget that a task was built",
    "ignore": "skip a task from now on",
    "reset-dep": "take files as they are as built",
    "dumpdb": "print doit's database",
}


def top_level_help() -> str:
    """Return the help of director itself."""
    ours = "\n".join(f"  {name:<12} {command.help}" for name, command in COMMANDS.items())
    theirs = "\n".join(f"  {name:<12} {text}" for name, text in DOIT_COMMANDS.items())
    return f"""\
usage: director COMMAND [options]     director TASK [options]

A build tool whose compilers are coding agents: a task becomes a spec, a plan and locked tests; agents build the nodes
of the plan; gates decide what lands on the job's branch. Running a command again goes on where it stopped.

commands
{ours}

commands of doit, on the same graph
{theirs}

tasks
  spec, decompose, tests:NODE, plan, run:NODE, integrate: 'director list --all' shows them

start
  director demo                             see it work, without any model
  director init                             in your repository
  director plan "what you want done"        then: director approve, director run

'director COMMAND --help' tells more. Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 a bug, 4 waiting for
approval, 5 a limit was reached, 6 another director holds the job, 130 interrupted.
"""
