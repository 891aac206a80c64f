"""Ask a remote as the user's own git would: by the repository's settings, with the user's logins; nobody is prompted.

Whatever it takes to reach a remote stays on: credential helpers, ssh, proxies, rewritten addresses. All else that could
run is off: hooks, monitors, maintenance, submodules. A call has a time limit, and what it starts ends with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from director.core.errors import GitError
from director.core.masking import Mask
from director.git.commands import git_program
from director.git.repository import Repository
from director.shell import environment, processes
from director.shell.processes import Ended, Limits
from director.shell.scratch import scratch_directory

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "push.gpgSign": "false",
    "fetch.fsckObjects": "true",
    "fetch.negotiationAlgorithm": "noop",
}
"""Nothing is gained by telling a remote what is here: what is asked for has no history."""
_UNATTENDED = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS_REQUIRE": "never", "GCM_INTERACTIVE": "never"}
"""A call has no terminal either: it is in a session of its own."""
_FETCH = (
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-prune",
    "--no-filter",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    "--refmap=",
)
_PUSH = ("push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--no-verify")
_NEW_OR_REPLACED = ("*", "+", " ")
_REFS_AT_ONCE = 200


@dataclass(frozen=True)
class Remote:
    """A remote of the user's repository. No ref of the repository is ever moved by what is asked of it."""

    repository: Repository
    name: str
    mark: str
    """Of the processes that are started: `<job>/<run>`."""
    seconds: float = 60.0
    """Wall-clock time of a call; a push has ten times as long."""

    def refs(self, prefix: str) -> dict[str, str]:
        """Return the refs below a prefix and what they point to. Raises GitError if it cannot be asked."""
        said = self._run(["ls-remote", "--quiet", "--refs", "--", self.name, f"{prefix}*"])
        pairs = (line.split("\t", 1) for line in said.splitlines() if "\t" in line)
        return {ref: value for value, ref in pairs if ref.startswith(prefix)}

    def fetch(self, ref: str) -> None:
        """Bring what a ref points to into the repository, where nothing points to it. Raises GitError."""
        self._run([*_FETCH, "--", self.name, ref])

    def push(self, commits: Mapping[str, str], *, objects: Path, replace: bool) -> list[str]:
        """Point refs of the remote at commits that lie in a directory of objects; return those that now do.

        A ref that is there already stays as it is, unless `replace`. Raises GitError if none could be pushed.
        """
        pushed = []
        refs = list(commits)
        for begin in range(0, len(refs), _REFS_AT_ONCE):
            some = {ref: commits[ref] for ref in refs[begin : begin + _REFS_AT_ONCE]}
            pushed += self._push(some, objects, sign="+" if replace else "")
        return pushed

    def _push(self, commits: Mapping[str, str], objects: Path, *, sign: str) -> list[str]:
        specs = [f"{sign}{commit}:{ref}" for ref, commit in commits.items()]
        variables = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(objects)}
        try:
            said = self._run([*_PUSH, "--", self.name, *specs], variables, seconds=10 * self.seconds)
        except GitError as error:
            pushed = _pushed(error.output)
            if pushed:
                return pushed
            raise
        return _pushed(said)

    def _run(self, arguments: list[str], variables: Mapping[str, str] | None = None, *, seconds: float = 0.0) -> str:
        env = environment.of_the_user() | _UNATTENDED | dict(variables or {})
        env.pop("SSH_ASKPASS", None)
        settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
        with scratch_directory() as scratch:
            output, error = Path(scratch) / "output", Path(scratch) / "error"
            finished = processes.run(
                [git_program(), *settings, *arguments],
                cwd=self.repository.root,
                env=env,
                output=output,
                error=error,
                limits=Limits(wall=seconds or self.seconds),
                mark=self.mark,
            )
            said = output.read_text(errors="replace")
            if not finished.succeeded:
                complaint = Mask(environment.secrets())(said + error.read_text(errors="replace"))
                late = "" if finished.ended is Ended.EXITED else f"it was ended after {finished.seconds:.0f} s\n"
                raise GitError(arguments[:1], status=finished.exit_code, output=late + complaint)
        return said


def _pushed(said: str) -> list[str]:
    """Read what a push tells of each ref: https://git-scm.com/docs/git-push#_output."""
    rows = (line.split("\t") for line in said.splitlines())
    return [row[1].partition(":")[2] for row in rows if len(row) == 3 and row[0] in _NEW_OR_REPLACED]


def _quoted(path: Path) -> str:
    """Return a directory as git takes it from a list of them, whatever characters are in it."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
