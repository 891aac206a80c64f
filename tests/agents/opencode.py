"""The real OpenCode in both of its modes, against a model on the loopback (tests/install-agents brings the program)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from director.agents.opencode.backend import opencode
from director.agents.protocol import Backend, Closes, Request, Surroundings
from director.core.calls import CallKey, Reply
from director.core.config.settings import BackendOptions
from director.core.roles import Role
from director.core.tiers import parse_tier
from director.prompts.roles import load_roles
from director.shell import processes
from director.shell.environment import without_secrets
from director.shell.processes import Limits
from tests.agents.model_server import ModelServer, ToolCall, in_turn, read_file, run_command, write_file
from tests.agents.programs import argv_of, needs

PROGRAM = next(iter(argv_of("opencode") or ()), None)
MARKS = [pytest.mark.opencode, needs("opencode")]

MISDEEDS = in_turn(
    [
        write_file("a.txt", "spoilt\n"),
        run_command("touch spoilt.txt"),
        ToolCall("edit", {"filePath": "a.txt", "oldString": "a", "newString": "spoilt"}),
        ToolCall("apply_patch", {"patchText": "*** Begin Patch\n*** Add File: spoilt.txt\n+x\n*** End Patch"}),
        ToolCall("task", {"description": "x", "prompt": "touch spoilt.txt", "subagent_type": "general"}),
        read_file("/etc/hostname"),
        read_file(".env"),
        read_file("a.txt"),
    ],
    "I tried.",
)
LEFTOVERS = """\
(sleep 300 > log 2>&1 & echo $! >> pid.partial)
setsid sh -c 'echo $$ >> pid.partial; exec sleep 300' > log 2>&1 &
env -i setsid sh -c 'echo $$ >> pid.partial; exec sleep 300' > log 2>&1 &
until [ "$(grep -c . pid.partial)" = 3 ]; do sleep 0.1; done
sleep 1.5
mv pid.partial pid
"""
"""Leaves three processes in the background, of which one has neither our session nor our environment any more."""
BACKGROUND = "sleep 300 > log 2>&1 & echo $! > pid"
SCRIPTS = {
    "misdeeds": MISDEEDS,
    "environment": in_turn([run_command("env > environment.txt")], "Done."),
    "sleeper": in_turn([write_file("first.txt", "1\n")], [run_command("sleep 300 & sleep 300")], "Done."),
    "stubborn": in_turn([run_command("echo again")]),
    "busy": in_turn([write_file("a.txt", "b\n")], [run_command(f"{LEFTOVERS} sleep 300")], "Done."),
    "marked": in_turn([write_file("a.txt", "b\n")], [run_command(f"{LEFTOVERS.replace('env -i', '')} sleep 300")]),
    "leaver": in_turn([run_command(f"{LEFTOVERS} true")], "Done."),
    "patient": in_turn(
        [run_command("sleep 300 > log 2>&1 & echo $! > pid; until [ -e go ]; do sleep 0.1; done")], "Done."
    ),
    "thrice": in_turn([run_command("echo same")] * 3, "Done."),
}


def surroundings(server: ModelServer, root: Path, options: BackendOptions) -> Surroundings:
    """Return what a backend is given; it plays every model of the server, and some that there are not."""
    models = [*(f"local/{model}" for model in (*server.models, "absent")), "nobody/absent"]
    return Surroundings(
        options=options,
        repository=root,
        state_directory=root / "state",
        roles=load_roles,
        tiers=tuple(map(parse_tier, models)),
        mark=f"job/{root.name}",
    )


def options_for(server: ModelServer, mode: str, **changes: object) -> BackendOptions:
    """Return a configuration that leads to the model server."""
    given = {"command": PROGRAM, "mode": mode, "provider": {"local": {"base_url": server.base_url}}}
    return BackendOptions.model_validate({**given, **changes})


@dataclass
class Bench:
    """A repository and a backend that works on it."""

    mode: str
    server: ModelServer
    root: Path
    backend: Backend
    own: list[Backend] = field(default_factory=list)

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    def use(self, **changes: object) -> None:
        """Work from now on with a backend of its own, configured otherwise, that sees today's environment."""
        given = surroundings(self.server, self.root, options_for(self.server, self.mode, **changes))
        self.backend = opencode(given)
        self.own.append(self.backend)

    def close(self) -> None:
        """End the backends of its own."""
        for backend in self.own:
            if isinstance(backend, Closes):
                backend.close()

    def worktrees(self, *names: str) -> list[Path]:
        """Make linked worktrees, as director gives one to every call."""
        self.git("add", "a.txt")
        self.git("commit", "--quiet", "-m", "x")
        for name in names:
            self.git("worktree", "add", "--quiet", "--detach", f"../{name}")
        return [self.root / name for name in names]

    def git(self, *arguments: str) -> None:
        processes.capture(["git", *arguments], cwd=self.repository, env=without_secrets())

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def request(self, model: str, role: Role = Role.EXECUTOR) -> Request:
        return Request(
            key=CallKey(role=role, task="run:parser"),
            tier=parse_tier(model if "/" in model else f"local/{model}"),
            role=load_roles()[role],
            prompt="Please do it.",
            directory=self.repository,
            log_directory=self.logs,
            limits=Limits(wall=120, idle=60),
            mark=f"call/{self.root.name}",
        )

    def requests(self, models: Sequence[str]) -> list[Request]:
        """Return requests for calls side by side, each in a worktree of its own."""
        trees = self.worktrees(*(f"tree-{number}" for number in range(len(models))))
        return [
            replace(self.request(model), directory=tree, log_directory=self.root / f"logs-{tree.name}")
            for model, tree in zip(models, trees, strict=True)
        ]

    def ask(self, model: str, role: Role = Role.EXECUTOR) -> Reply:
        return self.backend.ask(self.request(model, role))

    def left_running(self) -> list[object]:
        return list(processes.marked_processes(f"call/{self.root.name}"))

    def logged(self) -> str:
        return "".join(path.read_text() for path in self.logs.iterdir())


def make_bench(mode: str, server: ModelServer, root: Path, backend: Backend) -> Bench:
    """Make the repository."""
    bench = Bench(mode, server, root, backend)
    bench.repository.mkdir()
    (bench.repository / "a.txt").write_text("a\n")
    (bench.repository / ".env").write_text("SECRET=1\n")
    bench.git("init", "--quiet")
    return bench
