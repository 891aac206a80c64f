"""Which files a commit's own ignore rules cover, whatever the worktree's rules say."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from director.core.errors import GitError
from director.git.commands import Git
from director.git.repository import Repository
from director.shell.scratch import scratch_directory

_AT_ONCE = 20_000
"""So many paths are asked for at once: an agent can leave any number of files."""


def ignored_paths(repository: Repository, commit: str, paths: Iterable[str], *, further: Iterable[str]) -> set[str]:
    """Return those of the paths that the commit's .gitignore files, or the further patterns, cover.

    A path with a trailing slash is a directory. The rules are put into an empty repository of their own, so git
    applies exactly them. Every path is asked for with a leading `./`, or git would take some for pathspec magic.
    """
    asked = list(paths)
    if not asked:
        return set()
    with scratch_directory() as scratch:
        rules, excludes = Path(scratch) / "rules", Path(scratch) / "further"
        _write_rules(repository, commit, rules)
        excludes.write_text("".join(f"{pattern}\n" for pattern in further), encoding="utf-8")
        git = _empty_repository(Path(scratch) / "git", like=repository.git)
        parts = (asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE))
        return {path for part in parts for path in _ignored(git, part, rules=rules, excludes=excludes)}


def _ignored(git: Git, asked: Sequence[str], *, rules: Path, excludes: Path) -> list[str]:
    stdin = "\0".join(f"./{path}" for path in asked).encode(errors="surrogateescape")
    status, output, complaint = git.attempt(
        "-c", f"core.excludesFile={excludes}", "check-ignore", "--no-index", "-z", "--stdin",
        stdin=stdin, worktree=rules,
    )  # fmt: skip
    if status not in (0, 1):
        raise GitError(["check-ignore"], status=status, output=complaint.decode(errors="replace"))
    found = set(output.decode(errors="surrogateescape").split("\0"))
    return [path for path in asked if f"./{path}" in found]


def _empty_repository(directory: Path, *, like: Git) -> Git:
    for name in ("objects", "refs"):
        (directory / name).mkdir(parents=True)
    (directory / "HEAD").write_text("ref: refs/heads/none\n")
    return Git(directory, like)


def _write_rules(repository: Repository, commit: str, directory: Path) -> None:
    names = repository.trees.named(repository.tree(commit), ".gitignore")
    directory.mkdir()
    for name, content in repository.read(commit, names).items():
        if content is not None:
            place = directory / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
