"""Lies about what lies outside of the worktree: processes, the environment, and the user's own repository."""

from pathlib import Path
from sys import base_prefix

from tests.faults.lies_git import RED
from tests.faults.trial import Lie

PROCESSES: tuple[Lie, ...] = (
    Lie("it leaves a process", "work\nleave sleep 300"),
    Lie("it leaves a process in a session of its own", "work\nleave setsid sleep 300"),
    Lie("it leaves a process that ignores its end", "work\nleave sh -c 'trap \"\" TERM HUP INT; sleep 300 & wait'"),
    Lie(
        "it leaves a process that nobody is parent of",
        "work\n(setsid sh -c 'echo $$ >> \"$SCRIPTS/pids\"; exec sleep 300' &)",
    ),
    Lie("it leaves a process without its environment", "work\nexport SCRIPTS\nleave env -i sh -c 'exec sleep 300'"),
    Lie(
        "it leaves a daemon without its environment",
        'work\n(env -i setsid sh -c \'echo $$ >> "$1"; exec sleep 300\' x "$SCRIPTS/pids" &)\nsleep 0.2',
    ),
    Lie(
        "a process goes on writing into the worktree",
        "work\nleave setsid sh -c 'sleep 1; echo late > late.txt; echo wrong > \"$NODE.py\"; sleep 300'",
    ),
)

_HOOK = 'import sys, types\\nm = types.ModuleType("%s")\\nm.value = lambda: "right"\\nsys.modules["%s"] = m\\n'
_BASE = f"{Path(base_prefix) / 'bin' / 'python3'} -m unittest test_NODE"

ENVIRONMENT: tuple[Lie, ...] = (
    Lie(
        "it configures git for the user",
        "work\nmkdir -p ~/evil\necho '*' > ~/evil/ignore\n"
        'printf \'#!/bin/sh\\ntouch "%s/ran"\\nexit 1\\n\' "$SCRIPTS" > ~/evil/post-checkout\n'
        "chmod 755 ~/evil/post-checkout\n"
        "git config --global core.hooksPath ~/evil\ngit config --global core.excludesFile ~/evil/ignore\n"
        'git config --global core.fsmonitor "touch $SCRIPTS/ran"',
    ),
    Lie(
        "it installs an import hook for the user",
        "wrong\n"
        f'site=$({Path(base_prefix) / "bin" / "python3"} -m site --user-site) || true\nmkdir -p "$site"\n'
        f"printf '{_HOOK}' $NODE $NODE > \"$site/usercustomize.py\"",
        test=_BASE,
        says=RED,
    ),
    Lie(
        "it installs a path file for the user",
        "wrong\n"
        f'site=$({Path(base_prefix) / "bin" / "python3"} -m site --user-site) || true\nmkdir -p "$site"\n'
        f'printf \'{_HOOK}\' $NODE $NODE > "$site/hook_$NODE.py"\necho "import hook_$NODE" > "$site/$NODE.pth"',
        test=_BASE,
        says=RED,
    ),
    Lie(
        "it leaves a program on a path",
        "wrong\nmkdir -p ~/.local/bin\n"
        "printf '#!/bin/sh\\nexit 0\\n' > ~/.local/bin/checks\nchmod 755 ~/.local/bin/checks",
        test='PATH="$HOME/.local/bin:$PATH"; '
        "if command -v checks; then checks; else {python} -m unittest test_NODE; fi",
        says=RED,
    ),
)

INTRUSION = "by an agent or a test"
MOVED = "the job's branch was moved while director worked"
_JOB = "branch=$(user for-each-ref --format='%(refname)' refs/heads/director | head -1)"
_SMUGGLED = f"""\
{_JOB}
export GIT_INDEX_FILE="$SCRIPTS/index"
user read-tree $branch
user update-index --add --cacheinfo 100644,$(echo evil | user hash-object -w --stdin),smuggled-$NODE.txt
evil=$(user commit-tree $(user write-tree) -p $branch -m "$message")
unset GIT_INDEX_FILE
user update-ref $branch $evil
"""
_FORGED = """message=$(user log -1 --format=%B $(user for-each-ref --format='%(objectname)' refs/heads/director))\n"""
_HOOKS = """\
for hook in post-checkout reference-transaction post-commit pre-commit; do
  printf '#!/bin/sh\\ntouch "%s/ran"\\n' "$SCRIPTS" > "$SCRIPTS/$hook"
  chmod 755 "$SCRIPTS/$hook"
  mv "$SCRIPTS/$hook" "$REPO/.git/hooks/$hook"
done
"""
_TEST_THAT_TAGS = """\
tests
cat >> "test_$NODE.py" <<END


class Misdeed(unittest.TestCase):
    def test_misdeed(self):
        import subprocess

        subprocess.run(["git", "-C", "$REPO", "update-ref", "refs/heads/side", "refs/heads/main~0"], check=True)
        subprocess.run(["git", "-C", "$REPO", "update-ref", "refs/tags/evil", "refs/heads/main"], check=True)
END
"""


def _user(name: str, does: str, setup: str = "", told: str = INTRUSION, **more: str) -> Lie:
    return Lie(name, f"work\n{does}", setup=setup, told=told, **more)


REFS: tuple[Lie, ...] = (
    _user("it commits to the user's branch", "user commit -q --allow-empty -m evil"),
    _user("it moves the user's other branch", "user update-ref refs/heads/side $(git rev-parse HEAD)"),
    _user("it deletes the user's branch", "user update-ref -d refs/heads/gone", "git branch gone"),
    _user("it adds branches and tags", "user branch evil\nuser tag evil"),
    _user("it moves the user's tag", "user tag -f v1 $(git rev-parse HEAD)", "git tag v1"),
    _user("it replaces the user's objects", "user replace -f main $(user commit-tree main^{tree} -m evil)"),
    Lie("a test changes the user's refs", _TEST_THAT_TAGS, role="test_author", told=INTRUSION),
    _user("it switches the user's HEAD", "user symbolic-ref HEAD refs/heads/side"),
)
SETTINGS: tuple[Lie, ...] = (
    _user(
        "it configures the user's repository",
        'user config user.name Mallory\nuser config core.hooksPath "$SCRIPTS"\n'
        'user config filter.x.clean "touch $SCRIPTS/ran"\nuser config core.fsmonitor "touch $SCRIPTS/ran"',
    ),
    _user("it installs hooks in the user's repository", _HOOKS),
    _user(
        "it changes the user's ignore rules and attributes",
        'mkdir -p "$REPO/.git/info"\necho "*" > "$REPO/.git/info/exclude"\n'
        'echo "* filter=x" > "$REPO/.git/info/attributes"',
    ),
    _user("it gives the user's repository other objects", 'echo /nowhere > "$REPO/.git/objects/info/alternates"'),
    _user("it breaks the configuration of the user's repository", 'echo "[broken" >> "$REPO/.git/config"'),
)
JOB_BRANCH: tuple[Lie, ...] = (
    _user("it smuggles a file onto the job's branch", f"message=evil\n{_SMUGGLED}", told=MOVED),
    _user("it smuggles a file onto the job's branch as ours", f"{_FORGED}{_SMUGGLED}", told=MOVED),
    _user("it rewinds the job's branch", f"{_JOB}\nuser update-ref $branch refs/heads/main", told=MOVED),
    _user("it deletes the job's branch", f"{_JOB}\nuser update-ref -d $branch", told=MOVED),
    _user(
        "it makes the job's branch a name for another", f"{_JOB}\nuser symbolic-ref $branch refs/heads/side", told=MOVED
    ),
    _user("it leaves a lock on the job's branch", f'{_JOB}\ntouch "$REPO/.git/$branch.lock"', told=""),
)
LOCKS: tuple[Lie, ...] = (_user("it leaves a lock on packed refs", 'touch "$REPO/.git/packed-refs.lock"', told=""),)

_NEXT = """\
work
python3 - "$REPO/.director/{0}/n$((${{NODE#n}} + 1)).json" <<END
import json, pathlib, sys

place = pathlib.Path(sys.argv[1])
value = json.loads(place.read_text())
{1}
place.write_text(json.dumps(value))
END
"""

OUR_FILES: tuple[Lie, ...] = (
    Lie("it widens the slice of the next node", _NEXT.format("nodes", 'value["files"].append("evil.txt")')),
    Lie("it uses its widened slice", "work\necho evil > evil.txt", says="'evil.txt'"),
    Lie("it changes the test command of the next node's lock", _NEXT.format("tests", 'value["test_cmd"] = "true"')),
    Lie("it uses its changed lock", "wrong", says=RED),
    Lie("it unlocks the tests of the next node", _NEXT.format("tests", 'value["files"] = {}')),
    Lie("it uses its unlocked tests", 'wrong\nsed -i s/right/wrong/ "test_$NODE.py"', says="test_NODE.py"),
    Lie("it deletes the slices", 'work\nrm -rf "$REPO/.director/nodes"'),
    Lie("its slice was deleted", "work"),
)
