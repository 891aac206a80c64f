"""Run git so that nothing of the repository's or the user's configuration can run code or bend an answer.

Hooks, signing, the file system monitor, filter and merge drivers, the user's global excludes and attributes are off
in every call. Filter drivers (such as LFS) are off too: files stand in worktrees as they are stored in git.
"""

import os
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from director.core.errors import ConfigError, GitError
from director.shell import environment, processes
from director.shell.responders import Responder

MINIMUM_VERSION = (2, 38)
"""The first git whose merge-tree writes a tree without a checkout."""

_NOTHING_RUNS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "commit.gpgSign": "false",
    "log.showSignature": "false",
    "diff.external": "",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
_NOTHING_BENDS = {
    "core.untrackedCache": "false",
    "core.splitIndex": "false",
    "core.sparseCheckout": "false",
    "core.excludesFile": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.autocrlf": "false",
    "core.eol": "lf",
    "core.fileMode": "true",
    "core.symlinks": "true",
    "core.trustctime": "true",
    "core.checkStat": "default",
    "core.ignoreCase": "false",
    "core.precomposeUnicode": "false",
    "core.quotePath": "false",
    "core.abbrev": "auto",
    "core.commentChar": "#",
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "merge.default": "text",
    "merge.directoryRenames": "conflict",
    "merge.renames": "true",
    "trailer.separators": ":",
}
_NOTHING_IS_LOST = {
    "core.fsync": "committed",
    "core.filesRefLockTimeout": "10000",
    "core.packedRefsTimeout": "10000",
}
"""What a landing rests on is on the disk before its ref moves; a ref that the user's git holds is waited for."""
_VARIABLES = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ATTR_NOSYSTEM": "1",
}
_BROKEN, _PAUSES = b"fatal: bad config", (0.1, 0.3, 0.6, 1.0, 2.0)
"""How git refuses a broken configuration, and how long it is waited for one that an agent just broke to be put back."""
_FALLBACK_IDENTITY = ("director", "director@localhost")


@dataclass(frozen=True)
class Git:
    """git on one repository, seen as bare unless a worktree is given with the call."""

    common_dir: Path
    like: "Git | None" = None
    """Whose configuration counts: a repository of ours has none of its own."""
    menders: list[Callable[[], None]] = field(default_factory=list, compare=False, repr=False)
    """Called when git cannot read the configuration: they put back what an agent made of it. They never wait."""

    def __call__(
        self, *arguments: str, stdin: bytes = b"", index: Path | None = None, worktree: Path | None = None
    ) -> bytes:
        """Return what git prints. Raises GitError if it exits with another status than 0."""
        status, output, complaint = self.attempt(*arguments, stdin=stdin, index=index, worktree=worktree)
        if status != 0:
            place = str(worktree or self.common_dir)
            raise GitError(arguments, status=status, output=(complaint or output).decode(errors="replace"), place=place)
        return output

    def attempt(
        self,
        *arguments: str,
        stdin: bytes = b"",
        index: Path | None = None,
        worktree: Path | None = None,
        is_patient: bool = True,
    ) -> tuple[int, bytes, bytes]:
        """Return git's exit status, output and complaint; who is patient waits for a broken configuration."""
        env = {**self._environment, "GIT_INDEX_FILE": str(index)} if index else self._environment
        place = [f"--work-tree={worktree}"] if worktree else ["--bare"]
        argv = [f"--git-dir={self.common_dir}", *place, *arguments]
        for pause in _PAUSES if is_patient else ():
            done = _capture(argv, stdin=stdin, cwd=worktree or self.common_dir, env=env)
            if _BROKEN not in done[2]:
                return done
            for mend in tuple(self.menders):
                mend()
            time.sleep(pause)
        return _capture(argv, stdin=stdin, cwd=worktree or self.common_dir, env=env)

    def head(self, *arguments: str, limit: int) -> bytes:
        """Return the beginning of what git prints, at most `limit` bytes. Raises GitError if it fails before."""
        argv = [git_program(), f"--git-dir={self.common_dir}", "--bare", *arguments]
        status, output = processes.capture_head(argv, cwd=self.common_dir, env=self._environment, limit=limit)
        if status != 0:
            raise GitError(arguments, status=status, output="")
        return output

    def lasting(self, *arguments: str) -> Responder:
        """Return a git that answers one request after another; it starts when it is first asked."""
        argv = [git_program(), f"--git-dir={self.common_dir}", "--bare", *arguments]
        return Responder(argv, cwd=self.common_dir, env=self._environment)

    def text(self, *arguments: str) -> str:
        """Return one line that git prints, stripped."""
        return self(*arguments).decode(errors="surrogateescape").strip()

    @cached_property
    def _environment(self) -> dict[str, str]:
        return environment.without_secrets() | _VARIABLES | self._identity | self._settings

    @cached_property
    def keeps_refs_in_files(self) -> bool:
        """Tell whether a ref that is not packed is a file of its own."""
        return self._configured.get("extensions.refstorage", "files") == "files"

    @cached_property
    def _configured(self) -> dict[str, str]:
        if self.like:
            return self.like._configured
        _, output, _ = _run([f"--git-dir={self.common_dir}", "config", "--list", "-z"], cwd=self.common_dir)
        return _parse_configuration(output)

    @cached_property
    def _settings(self) -> dict[str, str]:
        return _as_variables(_NOTHING_RUNS | _NOTHING_BENDS | _NOTHING_IS_LOST | _drivers_off(self._configured))

    @cached_property
    def _identity(self) -> dict[str, str]:
        name, email = _identity(self._configured)
        return {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", email))
        }


def _identity(configured: Mapping[str, str]) -> tuple[str, str]:
    """Return the user's name and address, or ours where none is configured."""
    name = os.environ.get("GIT_COMMITTER_NAME") or configured.get("user.name") or _FALLBACK_IDENTITY[0]
    email = os.environ.get("GIT_COMMITTER_EMAIL") or configured.get("user.email") or _FALLBACK_IDENTITY[1]
    return name, email


def identity_of(checkout: Path) -> list[str]:
    """Return the options that give git an identity in a checkout that may have none."""
    _, output = run_in(checkout, "config", "--list", "-z")
    name, email = _identity(_parse_configuration(output))
    return ["-c", f"user.name={name}", "-c", f"user.email={email}"]


def _drivers_off(configured: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that keep configured filter and merge drivers from running; a merge driver always fails."""
    off = {}
    for key in configured:
        if found := re.fullmatch(r"filter\..+\.(clean|smudge|process|required)", key, re.DOTALL):
            off[key] = "false" if found[1] == "required" else ""
        elif re.fullmatch(r"merge\..+\.driver", key, re.DOTALL):
            off[key] = "false"
    return off


def _as_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Return settings as git takes them from the environment, where a key may hold any character, also `=`."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _parse_configuration(output: bytes) -> dict[str, str]:
    pairs = (entry.partition("\n") for entry in output.decode(errors="surrogateescape").split("\0") if entry)
    return {key: value for key, _, value in pairs}


def _run(
    arguments: Sequence[str], *, cwd: Path, stdin: bytes = b"", variables: dict[str, str] | None = None
) -> tuple[int, bytes, bytes]:
    return _capture(arguments, cwd=cwd, stdin=stdin, env=environment.without_secrets() | _VARIABLES | (variables or {}))


def _capture(arguments: Sequence[str], *, cwd: Path, stdin: bytes, env: Mapping[str, str]) -> tuple[int, bytes, bytes]:
    try:
        done = processes.capture([git_program(), *arguments], cwd=cwd, env=env, stdin=stdin)
    except FileNotFoundError as error:
        if not cwd.is_dir():
            raise
        raise ConfigError("git was not found", hint="install git 2.38 or newer and put it on PATH") from error
    return done.exit_code, done.stdout, done.stderr


def git_program() -> str:
    """Return the path of git. A name would be looked for anew by each process, and in the worktree where it starts."""
    return _found(os.environ.get("PATH", os.defpath))


@cache
def _found(path: str) -> str:
    found = shutil.which("git", path=path)
    return str(Path(found).absolute()) if found else "git"


def find_repository(start: Path) -> tuple[Path, Path]:
    """Return the root of the repository around a directory and its common git directory.

    Raises ConfigError outside a repository, in a bare one, and where git is too old.
    """
    require_version(start)
    status, output, complaint = _run(
        ["rev-parse", "--path-format=absolute", "--is-bare-repository", "--git-common-dir", "--show-toplevel"],
        cwd=start,
    )
    lines = os.fsdecode(output).split("\n")
    if lines[0] == "true":
        raise ConfigError(f"'{start}' is a bare repository", hint="run director in a clone that has files")
    if lines[0] == "false" and status != 0:
        raise ConfigError(f"'{start}' is git's own directory", hint="give --repo the directory that holds the files")
    if status != 0:
        said = complaint.decode(errors="replace").strip()
        if "dubious ownership" in said:
            raise ConfigError(f"git does not trust '{start}': it belongs to another user", hint=said.splitlines()[-1])
        raise ConfigError(f"'{start}' is not inside a git repository", hint="run 'git init' and commit, or use --repo")
    return Path(lines[2]), Path(lines[1])


def require_version(start: Path) -> str:
    """Return what git says of its version. Raises ConfigError where it cannot merge without a checkout."""
    _, output, _ = _run(["version"], cwd=start)
    said = output.decode(errors="replace").strip()
    found = re.search(r"(\d+)\.(\d+)", said)
    if not found or (int(found[1]), int(found[2])) < MINIMUM_VERSION:
        wanted = ".".join(map(str, MINIMUM_VERSION))
        raise ConfigError(f"git is too old: {said}", hint=f"install git {wanted}+")
    return said.removeprefix("git version ")


def run_in(checkout: Path, *arguments: str, stdin: bytes = b"", as_configured: bool = False) -> tuple[int, bytes]:
    """Ask git in a checkout, which has a HEAD and an index of its own.

    With `as_configured` the user's settings count, as far as they run nothing: what is ignored, how lines end.
    """
    _, output, _ = _run(["config", "--list", "-z"], cwd=checkout)
    settings = _NOTHING_RUNS | _drivers_off(_parse_configuration(output))
    if not as_configured:
        settings |= _NOTHING_BENDS
    status, output, _ = _run(arguments, cwd=checkout, stdin=stdin, variables=_as_variables(settings))
    return status, output
