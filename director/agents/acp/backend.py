"""Any program that speaks the Agent Client Protocol: one process and one session for each call.

The protocol lets an agent ask before it does something; whether it does so is up to the agent. What it asks for is
granted if the role may do it, and if it stays in the directory of the call. The capabilities by which it could have us
read, write or run things are off. The program is the user's own, with the user's settings and login.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePath
from uuid import uuid4

from director.agents.acp.talk import Errand, Talk
from director.agents.acp.tiers import Agent, name_model, read_tier
from director.agents.acp.updates import LOGIN, Updates
from director.agents.driving.driven import FAULTS, Driven, reply_of, stopped
from director.agents.driving.endings import Ending, last_line, tail
from director.agents.driving.program import Program, Ran
from director.agents.driving.watch import Watch
from director.agents.protocol import Request, Standing, Surroundings
from director.core.calls import CallKey, End, Reply
from director.core.config.settings import BackendOptions
from director.core.errors import AgentError, ConfigError
from director.core.roles import Role
from director.core.tiers import Tier
from director.shell import processes
from director.shell.environment import with_secrets
from director.shell.processes import Ended, Limits
from director.shell.scratch import scratch_directory

_VISIT = Limits(wall=60)
"""How long an agent has to open a session that nothing is asked in."""
_UNUSED = ("command", "mode", "provider")


class AcpProgram(Program):
    """The program that a tier names."""

    @property
    def hint(self) -> str:
        """The next step where it is missing."""
        return "install it: a tier acp:COMMAND names a program on PATH, or a path from the repository's root"


class Acp(Driven):
    """The backend `acp`: the tier's model is the command of an agent, and `#MODEL` where it is to use another one."""

    name = "acp"
    command = ""
    package = ""

    def __init__(self, surroundings: Surroundings) -> None:
        _check_options(surroundings.options)
        super().__init__(surroundings)

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if the tier cannot be read, or if its program is not installed."""
        self._path(read_tier(tier))

    def ask(self, request: Request) -> Reply:
        """Start the agent, and ask it in a session of its own. Raises ConfigError if it does not offer the model."""
        agent = read_tier(request.tier)
        errand = Errand(
            command=agent.command,
            directory=request.directory,
            prompt=(request.role.instructions, request.prompt),
            model=agent.model,
            permissions=request.role.permissions,
        )
        ran, talk = self._hold(agent, errand, request)
        return reply_of(ran.reading, _judge(ran, talk, request), seconds=ran.finished.seconds)

    def reading(self, directory: PurePath) -> Updates:
        """Return what reads the messages of an agent."""
        return Updates(directory)

    def examine(self, tier: Tier) -> Standing:
        """Start the agent and open a session. Raises ConfigError as `check` does, AgentError if it opens none."""
        agent = read_tier(tier)
        told = self._visit(tier, agent).hello.agent
        version = " ".join(filter(None, (told.title or told.name, told.version)))
        return Standing(program=self._path(agent), version=version)

    def models(self) -> Sequence[str]:
        """Ask the agent of every tier which models it offers, with what stands before them in a tier."""
        tiers = self._surroundings.tiers
        if not tiers:
            raise ConfigError("no tier names an agent", hint="say which: director models 'acp:COMMAND'")
        agents = {agent.command: replace(agent, model="") for agent in map(read_tier, tiers)}
        found: list[str] = []
        for agent in agents.values():
            session = self._visit(tiers[0], agent).session
            found += [name_model(agent.command, model) for model in (session.offered("model") if session else ())]
        return found

    def _path(self, agent: Agent) -> str:
        return AcpProgram(self.name, agent.argv[0], "").find(self._surroundings.repository)

    def _visit(self, tier: Tier, agent: Agent) -> Talk:
        """Open a session in which nothing is asked."""
        with scratch_directory() as scratch:
            place = Path(scratch)
            request = Request(
                key=CallKey(role=Role.EXPLORER, task="doctor"),
                tier=tier,
                role=self._surroundings.roles()[Role.EXPLORER],
                prompt="",
                directory=place,
                log_directory=place / "log",
                limits=_VISIT,
                mark=self._surroundings.mark,
            )
            ran, talk = self._hold(agent, Errand(agent.command, place, model=agent.model), request)
        if talk.session:
            return talk
        ending = _judge(ran, talk, request)
        if ending.end is End.REFUSED:
            raise ConfigError(f"'{agent.command}' opens no session: nobody has logged in", hint=LOGIN)
        hint = "see whether the command is one that starts an agent of the protocol"
        raise AgentError(f"'{agent.command}' opens no session: {ending.detail}", hint=hint)

    def _hold(self, agent: Agent, errand: Errand, request: Request) -> tuple[Ran, Talk]:
        """Start an agent and talk to it; its messages go to transcript.jsonl."""
        request.log_directory.mkdir(parents=True, exist_ok=True)
        transcript, stderr = request.log_directory / "transcript.jsonl", request.log_directory / "stderr.txt"
        mark = f"{request.mark}/{uuid4().hex}"
        watch = Watch(self.reading(request.directory), request.spent, request.note)
        talk = Talk(errand, watch, transcript, mark)
        path = self._path(agent)
        environment = with_secrets(self._surroundings.options.env) | {"PWD": str(request.directory)}
        with AcpProgram(self.name, path, "").startable(path), closing(talk):
            finished = processes.run(
                [path, *agent.argv[1:]],
                cwd=request.directory,
                env={**environment, **request.environment},
                output=transcript,
                error=stderr,
                stdin=talk,
                limits=request.limits,
                mark=mark,
            )
        talk.finish()
        return Ran(finished, watch.reading, tail(stderr), watch.fault), talk


def _judge(ran: Ran, talk: Talk, request: Request) -> Ending:
    """Judge a call. The exit status tells nothing of one that was answered: the agent is ended afterwards."""
    reading = ran.reading
    if ran.fault:
        return FAULTS[ran.fault]
    if ran.finished.ended is not Ended.EXITED:
        return stopped(ran.finished.ended, request, last_line(ran.stderr), None)
    if reading.is_done:
        return Ending(End.DONE)
    refused = f"; it was refused: {', '.join(talk.refused)}" if talk.refused else ""
    if reading.failure:
        return replace(reading.failure, detail=f"{reading.failure.detail}{refused}")
    reason = last_line(ran.stderr) or "it gave no reason"
    return Ending(End.ERROR, f"it ended before it had answered, with exit status {ran.finished.exit_code}: {reason}")


def _check_options(options: BackendOptions) -> None:
    """Raise ConfigError for a setting that this backend would not heed."""
    unused = [name for name in _UNUSED if getattr(options, name)]
    if unused:
        raise ConfigError(
            f"'backends.acp.{unused[0]}' has no meaning: a tier names the command, and an agent has its own settings",
            hint="leave it out; `env` names the variables with secrets that the agent may see",
        )
