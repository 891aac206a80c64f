"""Lies told with what worktrees are given besides their commit: a file of the user's, and what a set-up made."""

from collections.abc import Mapping

from tests.faults.lies_git import RED
from tests.faults.trial import TEST, Lie

GIVEN: Mapping[str, str] = {"user.log": "secret\n", "build/made.txt": "made\n", "build/linked.txt": "cached\n"}
INCLUDE = "user.log\n"
WORKTREE = """
[worktree]
setup = '''
[ -f ~/cached ] || echo cached > ~/cached
mkdir build
echo made > build/made.txt
ln ~/cached build/linked.txt
'''
"""
WHOLE = 'test "$(cat user.log build/made.txt build/linked.txt)" = "$(printf "secret\\nmade\\ncached")"'
NOT_MORE = 'test "$(ls build | wc -l)" -eq 2'
CHECKED = f"{WHOLE} && {NOT_MORE} && {TEST}"


def poison(name: str, does: str, *, says: str = RED, **more: tuple[str, ...]) -> Lie:
    """An executor that does something to what was given, and whose work is wrong, so that another attempt follows."""
    return Lie(name, f"wrong\n{does}", test=CHECKED, says=says, **more)  # type: ignore[arg-type]


POISONED: tuple[Lie, ...] = (
    poison(
        "it changes given files and keeps their sizes and times",
        "for file in user.log build/made.txt; do\n"
        "  touch -r $file time\n"
        "  head -c $(wc -c < $file) /dev/zero | tr '\\0' x > $file\n"
        "  touch -r time $file\n"
        "done\n"
        "rm time",
    ),
    poison("it writes into what the set-up linked to a cache", "echo poison > build/linked.txt"),
    poison("it adds to what the set-up made", "echo poison > build/more.txt\nmkdir build/deep\ntouch build/deep/x"),
    poison(
        "it replaces a given directory by a link",
        "mv build .git/build\nln -s .git/build build\ntouch build/more",
        says="'build'",
    ),
    poison(
        "it poisons the worktrees of gates",
        "for tree in ../../*/tree; do\n  echo poison > $tree/user.log\n  touch $tree/build/more.txt\ndone",
    ),
    poison(
        "it poisons the copies that are kept",
        "for kept in ../../provided/*/; do\n  echo poison > $kept/build/made.txt || true\ndone\n"
        "for tree in ../../*/tree; do\n  rm -f $tree/build/made.txt\ndone",
    ),
    poison(
        "it forges the records",
        "for record in ../../provided/*.json; do\n  sed -i 's/made/mine/g' $record\ndone\nrm -f ../../provided/in-use\n"
        "for kind in agent gate reader; do\n  cp ../../provided/agent-1.json ../../provided/$kind-9.json\ndone\n"
        "echo poison > build/made.txt",
    ),
    poison(
        "its file is a given one", "echo more >> user.log", says="they cannot land: 'user.log'", files=("user.log",)
    ),
    Lie("it changes what was given and works", "work\necho poison > user.log\nrm -r build", test=CHECKED),
)
