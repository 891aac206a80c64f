"""What is in repositories and checkouts, told by git's plumbing alone: no configuration and no hook bends it."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil


def write(place: Path, text: str) -> None:
    """Write a file and the directories above it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, errors="surrogateescape")


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Ask git what no configuration bends."""
    done = subprocess.run(
        ["git", "-c", "core.hooksPath=/dev/null", *arguments],
        cwd=repository,
        input=stdin,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode(errors="surrogateescape").rstrip("\n")


def entries(repository: Path, commit: str) -> dict[str, tuple[str, str]]:
    """Return the mode and the object of every path in a commit."""
    found = {}
    for entry in filter(None, git(repository, "ls-tree", "-r", "-z", "--full-tree", commit).split("\0")):
        description, _, path = entry.partition("\t")
        mode, _, name = description.split()
        found[path] = mode, name
    return found


def changes(repository: Path, before: str, after: str) -> dict[str, str]:
    """Return the mode of every path that differs in the second commit; no mode for one that is gone."""
    old, new = entries(repository, before), entries(repository, after)
    differing = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    return {path: new[path][0] if path in new else "" for path in sorted(differing)}


def export(repository: Path, commit: str, target: Path) -> None:
    """Write the regular files of a commit into a directory, by no configuration and no attributes."""
    regular = {path: found for path, found in entries(repository, commit).items() if found[0].startswith("100")}
    contents = read(repository, [name for _, name in regular.values()])
    for (path, (mode, _)), content in zip(regular.items(), contents, strict=True):
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(0o755 if mode == "100755" else 0o644)


def read(repository: Path, names: Sequence[str]) -> list[bytes]:
    """Return the contents of blobs."""
    asked = "".join(f"{name}\n" for name in names).encode()
    argv = ["git", "cat-file", "--batch"]
    output = subprocess.run(argv, cwd=repository, input=asked, check=True, capture_output=True).stdout
    contents = []
    for _ in names:
        header, _, output = output.partition(b"\n")
        size = int(header.split()[-1])
        contents.append(output[:size])
        output = output[size + 1 :]
    return contents


def is_green(
    repository: Path, commit: str, command: str, scratch: Path, *, given: Mapping[str, str], patience: float = 30
) -> bool:
    """Tell whether a test command passes in a clean export of a commit and given files, with a home of its own."""
    shutil.rmtree(scratch, ignore_errors=True)
    export(repository, commit, scratch / "tree")
    for path, text in given.items():
        write(scratch / "tree" / path, text)
    (scratch / "home").mkdir(parents=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(scratch / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
    with (scratch / "said").open("wb") as said:  # a file: the test may delete it, and processes may hold it open
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=scratch / "tree",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            return process.wait(patience) == 0
        except subprocess.TimeoutExpired:
            end(process)
            return False


def fingerprint(repository: Path, *, own: Iterable[str] = ("refs/heads/director/", "refs/director/")) -> dict[str, str]:
    """Return the refs, the configuration, the hooks, the index and the files of the user."""
    prefixes = tuple(own)
    listed = git(repository, "for-each-ref", "--format=%(refname) %(objectname) %(symref)").splitlines()
    refs = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in listed if not line.startswith(prefixes)}
    return refs | _contents(repository / ".git", _is_of_git) | _contents(repository, _is_of_the_user)


_OF_DIRECTOR = (".director", ".git")
_OF_GIT = ("HEAD", "index", "config", "hooks", "info", "objects/info", "worktrees", "modules", "shallow", "description")


def _is_of_git(path: str) -> bool:
    return any(path == name or path.startswith(f"{name}/") for name in _OF_GIT)


def _is_of_the_user(path: str) -> bool:
    return path.split("/")[0] not in _OF_DIRECTOR


def _contents(directory: Path, counts: Callable[[str], bool]) -> dict[str, str]:
    found = {}
    for place in sorted(directory.rglob("*")):
        path = str(place.relative_to(directory))
        if counts(path) and (place.is_symlink() or place.is_file()):
            content = str(place.readlink()).encode() if place.is_symlink() else place.read_bytes()
            found[f"{directory.name}/{path}"] = f"{place.lstat().st_mode:o} {hashlib.sha256(content).hexdigest()}"
    return found


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Name what is not as it was."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process that we started, and all that descend from it."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()
