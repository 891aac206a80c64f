"""What may have happened to a slot: each takes one that is equal to a commit and does something to it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from director.git.slots import Slot
from tests.git.checkout import git

Damage = Callable[[Slot], object]


def write(slot: Slot, path: str, content: str = "new\n") -> Path:
    """Write a file in a slot."""
    place = slot.tree / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content)
    return place


def replace(slot: Slot, path: str) -> Path:
    """Delete what stands at a path in a slot and return the place."""
    place = slot.tree / path
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    return place


def _git(*commands: str) -> Damage:
    def damage(slot: Slot) -> None:
        for command in commands:
            git(slot.tree, *command.split())

    return damage


def _commit(slot: Slot) -> None:
    write(slot, "top.txt")
    git(slot.tree, "commit", "-qam", "by an agent")


def _stash(slot: Slot) -> None:
    write(slot, "top.txt")
    git(slot.tree, "stash")


def _hook(slot: Slot) -> None:
    write(slot, ".git/hooks/post-checkout", "#!/bin/sh\nexit 1\n").chmod(0o755)


def _nested_repository(slot: Slot) -> None:
    write(slot, "nested/file")
    git(slot.tree / "nested", "init", "-q")
    git(slot.tree / "nested", "add", ".")
    git(slot.tree / "nested", "commit", "-qm", "nested")


def _repository_in_a_directory(slot: Slot) -> None:
    git(slot.tree / "dir", "init", "-q")


def _repository_in_place_of_a_file(slot: Slot) -> None:
    replace(slot, "top.txt").mkdir()
    git(slot.tree / "top.txt", "init", "-q")


def _hidden_by_rules(slot: Slot) -> None:
    write(slot, ".gitignore", "*\n")
    write(slot, ".git/info/exclude", "*\n")
    write(slot, "hidden")


def _flags(slot: Slot) -> None:
    write(slot, "top.txt", "pot\n")
    write(slot, "run.sh", "#!/bin/hs\n")
    git(slot.tree, "update-index", "--assume-unchanged", "top.txt")
    git(slot.tree, "update-index", "--skip-worktree", "run.sh")


def _same_size_and_time(slot: Slot) -> None:
    place = slot.tree / "top.txt"
    before = place.stat()
    with place.open("r+") as file:
        file.write("pot\n")
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))


def _moved_and_linked(slot: Slot) -> None:
    (slot.tree / "dir").rename(slot.tree / "moved")
    (slot.tree / "dir").symlink_to("moved")


def _unreadable(slot: Slot) -> None:
    write(slot, "closed/inside/file")
    (slot.tree / "closed" / "inside").chmod(0)
    (slot.tree / "closed").chmod(0)
    (slot.tree / "dir" / "deep").chmod(0o500)


def _link_in_a_closed_directory(slot: Slot) -> None:
    write(slot, "closed/file")
    (slot.tree / "closed" / "link").symlink_to("/dev/null")
    (slot.tree / "closed" / "dangling").symlink_to("nowhere")
    (slot.tree / "closed").chmod(0o500)


def _git_is_a_link(slot: Slot) -> None:
    replace(slot, ".git").symlink_to(slot.repository.common_dir)


def _tree_is_a_link(slot: Slot) -> None:
    shutil.rmtree(slot.tree)
    slot.tree.symlink_to(slot.repository.root)


def _tree_is_a_file(slot: Slot) -> None:
    shutil.rmtree(slot.tree)
    slot.tree.write_text("a file\n")


def _index_is_a_directory(slot: Slot) -> None:
    slot.index.unlink()
    slot.index.mkdir()


DAMAGES: dict[str, Damage] = {
    "a file is changed": lambda slot: write(slot, "top.txt"),
    "a file is changed with the same size and time": _same_size_and_time,
    "a file is deleted": lambda slot: replace(slot, "dir/file.txt"),
    "a directory is deleted": lambda slot: replace(slot, "dir"),
    "a file is made executable": lambda slot: (slot.tree / "top.txt").chmod(0o755),
    "a file is no longer executable": lambda slot: (slot.tree / "run.sh").chmod(0o644),
    "a file is new": lambda slot: write(slot, "new.txt"),
    "a file of an odd name is new": lambda slot: write(slot, ":(glob)*\n'\"→"),
    "a directory is new": lambda slot: write(slot, "a/b/c/new.txt"),
    "an empty directory is new": lambda slot: (slot.tree / "empty" / "too").mkdir(parents=True),
    "an ignored file is new": lambda slot: write(slot, "x.log"),
    "an ignored directory is new": lambda slot: write(slot, "build/x"),
    "ignore rules hide everything": _hidden_by_rules,
    "a link is new": lambda slot: (slot.tree / "link").symlink_to("/"),
    "a pipe is new": lambda slot: os.mkfifo(slot.tree / "pipe"),
    "a file became a directory": lambda slot: replace(slot, "top.txt") and write(slot, "top.txt/inside"),
    "a file became a link": lambda slot: replace(slot, "top.txt").symlink_to("run.sh"),
    "a file became a pipe": lambda slot: os.mkfifo(replace(slot, "top.txt")),
    "a directory became a file": lambda slot: replace(slot, "dir").write_text("a file\n"),
    "a directory became a link": lambda slot: replace(slot, "dir").symlink_to("/tmp"),
    "a directory was moved and linked": _moved_and_linked,
    "directories cannot be read": _unreadable,
    "a link lies in a directory that cannot be written": _link_in_a_closed_directory,
    "a repository is new": _nested_repository,
    "a directory became a repository": _repository_in_a_directory,
    "a file became a repository": _repository_in_place_of_a_file,
    "git's directory is gone": lambda slot: replace(slot, ".git"),
    "git's directory became a file": lambda slot: replace(slot, ".git").write_text("gitdir: /nowhere\n"),
    "git's directory became a link": _git_is_a_link,
    "git's directory is empty": lambda slot: replace(slot, ".git").mkdir(),
    "an agent left a lock": lambda slot: write(slot, ".git/index.lock"),
    "a killed director left a lock": lambda slot: slot.index.with_name("index.lock").touch(),
    "an agent committed": _commit,
    "an agent switched to a branch": _git("checkout -q -b side", "rm -q top.txt"),
    "an agent stashed": _stash,
    "an agent configured git": _git("config core.bare true"),
    "an agent wrote a hook": _hook,
    "an agent set flags in the index": _flags,
    "an agent made the checkout sparse": _git("sparse-checkout set other"),
    "an agent added a worktree": _git("worktree add -q linked -b linked"),
    "an agent removed everything from git": _git("rm -rq --cached ."),
    "the directory is gone": lambda slot: shutil.rmtree(slot.tree),
    "the directory became a file": _tree_is_a_file,
    "the directory became a link to the user's checkout": _tree_is_a_link,
    "our index is gone": lambda slot: slot.index.unlink(),
    "our index is torn": lambda slot: slot.index.write_bytes(slot.index.read_bytes()[:50]),
    "our index is empty": lambda slot: slot.index.write_bytes(b""),
    "our index became a directory": _index_is_a_directory,
    "everything is gone": lambda slot: shutil.rmtree(slot.directory),
}
