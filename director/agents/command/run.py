"""Any program, by a template in the configuration: `[backends.command.programs.NAME]`, once for each call.

It is started without a shell: every value is a whole argument or a part of one. What it may do it decides itself, with
the user's own settings and logins. A role that only reads can be played by a program that cannot be held to that, for
nothing is ever taken of what such a role leaves in its worktree. What it does is not known while it runs, nor what it
uses: a call that was going on when director was killed is made again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from director.agents.command.output import Said, understand
from director.agents.driving.driven import reply_of
from director.agents.driving.endings import DETAIL_LENGTH, Ending, last_line, speaks_of_rate, told_wait
from director.agents.driving.headless import Headless, Start
from director.agents.driving.program import Program, Ran, run
from director.agents.driving.reading import Reading
from director.agents.protocol import Request, Standing, Surroundings
from director.core.calls import End, Reply, ToolEvent
from director.core.config.programs import PLACEHOLDER, CommandProgram
from director.core.errors import ConfigError
from director.core.roles import Permission
from director.core.tiers import Tier
from director.shell.environment import with_secrets

_MEANINGS = {"error": End.ERROR, "rate_limited": End.RATE_LIMITED, "refused": End.REFUSED}
_LINES = 10_000_000


@dataclass(frozen=True)
class OwnProgram(Program):
    """A program of the user's own."""

    key: str = ""
    """What tiers call it."""

    @property
    def hint(self) -> str:
        """The next step where it is missing."""
        return f"install it, or mend `argv` under [backends.command.programs.{self.key}]"


class Output(Reading):
    """The state of a call whose program is understood when it is over."""

    most_lines = _LINES

    def __init__(self, directory: PurePath, said: Said | None = None) -> None:
        super().__init__(directory)
        self.said = said or Said()
        self.usage, self.cost_usd = self.said.usage, self.said.cost_usd

    def read(self, line: bytes) -> None:
        """Take note that there is output."""
        self.is_begun = True

    @property
    def text(self) -> str:
        """The answer."""
        return self.said.text

    @property
    def events(self) -> Sequence[ToolEvent]:
        """Nothing: they are not known."""
        return ()


class Command(Headless):
    """The backend `command`."""

    name = "command"

    def __init__(self, surroundings: Surroundings) -> None:
        options = surroundings.options
        if given := [name for name in ("command", "mode", "provider") if getattr(options, name)]:
            raise ConfigError(
                f"'backends.command.{given[0]}' means nothing",
                hint="what is started stands in `argv` under [backends.command.programs.NAME]",
            )
        super().__init__(surroundings)

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if the tier names no program of the configuration, or one that is not installed."""
        self._path(tier)

    def start(self, request: Request, home: Path) -> Start:
        """Write the files that the program is told of, and fill in the template."""
        program, (_, model) = self._program(request.tier), _split(request.tier)
        used = {name for part in program.argv for name in PLACEHOLDER.findall(part)}
        instructions = request.role.instructions.strip()
        prompt = request.prompt if "system_file" in used else f"{instructions}\n\n{request.prompt}"
        files = {
            "prompt_file": prompt,
            "system_file": instructions,
            "schema_file": json.dumps(request.output or {}),
        }
        for name in used & files.keys():
            (home / name).write_text(files[name], encoding="utf-8", errors="replace")
        values = {
            **{name: str(home / name) for name in (*files, "text_file")},
            "directory": str(request.directory),
            "model": model,
            "role": str(request.role.name),
        }
        arguments = [PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), part) for part in program.argv[1:]]
        environment = with_secrets((*self._surroundings.options.env, *program.env))
        return Start(arguments, environment, prompt if program.stdin == "prompt" else "")

    def reading(self, directory: PurePath) -> Output:
        """Return what takes note that there is output."""
        return Output(directory)

    def ask(self, request: Request) -> Reply:
        """Run the program once. Raises ConfigError if it cannot be started, or may not play the role."""
        program, path = self._program(request.tier), self._path(request.tier)
        if not program.writes and not _only_reads(request):
            raise ConfigError(
                f"the program '{_split(request.tier)[0]}' may not play the {request.role.name}, which writes",
                hint="give that role another tier, or set `writes = true` if the program may edit and run",
            )
        with self.private() as home:
            start = self.start(request, home)
            with self._own(request.tier).startable(path):
                ran = run(
                    [path, *start.arguments],
                    request,
                    environment=start.environment,
                    stdin=start.stdin,
                    reading=lambda: self.reading(request.directory),
                )
            said = understand(program, request.log_directory / "transcript.jsonl", home / "text_file")
        output = Output(request.directory, said)
        ending = self.judge(replace(ran, reading=output), request)
        return reply_of(output, ending, seconds=ran.finished.seconds)

    def recall(self, log_directory: Path, directory: Path) -> Reply | None:
        """Return nothing: that a program had come to its end cannot be told from what it wrote."""
        return None

    def verdict(self, ran: Ran, request: Request) -> Ending:
        """Judge a call that ended by itself: by its exit status, by the error that it tells, by its answer."""
        program, code = self._program(request.tier), ran.finished.exit_code
        meaning = program.exit_codes.get(str(code), "error" if code else "done")
        error = _said(ran).error
        if meaning == "done" and not error:
            has_answer = _said(ran).text or not _only_reads(request)
            return Ending(End.DONE) if has_answer else Ending(End.ERROR, f"no answer: {self.last_error(ran)}")
        reason = error or self.last_error(ran)
        words = f"{reason}\n{ran.stderr[-DETAIL_LENGTH:]}"
        end = _MEANINGS.get(meaning, End.ERROR)
        if end is End.ERROR and (speaks_of_rate(words) or any(word in words for word in program.rate_limit_words)):
            end = End.RATE_LIMITED
        wait = told_wait(words) if end is End.RATE_LIMITED else None
        return Ending(end, reason if error else f"exit status {code}: {reason}", retry_after=wait)

    def last_error(self, ran: Ran) -> str:
        """Return the program's last words."""
        return last_line(ran.stderr) or last_line(_said(ran).text) or "it gave no reason"

    def examine(self, tier: Tier) -> Standing:
        """Say which program would play a tier; what it would do with `--version` is not known."""
        return Standing(program=self._path(tier))

    def _program(self, tier: Tier) -> CommandProgram:
        name, model = _split(tier)
        programs = self._surroundings.options.programs
        if name not in programs:
            known = ", ".join(f"'{known}'" for known in programs) or "none"
            raise ConfigError(
                f"the tier '{tier}' names the program '{name}', which is not configured (there: {known})",
                hint=f'write argv = ["…"] under [backends.command.programs.{name}]',
            )
        if not model and any("{model}" in part for part in programs[name].argv):
            raise ConfigError(f"the tier '{tier}' names no model", hint=f"write command:{name}/MODEL")
        return programs[name]

    def _own(self, tier: Tier) -> OwnProgram:
        return OwnProgram(self.name, self._program(tier).argv[0], "", key=_split(tier)[0])

    def _path(self, tier: Tier) -> str:
        return self._own(tier).find(self._surroundings.repository)


def _split(tier: Tier) -> tuple[str, str]:
    name, _, model = tier.model.partition("/")
    return name, model


def _said(ran: Ran) -> Said:
    return ran.reading.said if isinstance(ran.reading, Output) else Said()


def _only_reads(request: Request) -> bool:
    return request.role.permissions <= {Permission.READ}
