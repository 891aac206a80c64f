"""A test command may hang, flood, leave processes or run nothing: it costs neither the run nor the memory."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.faults.judging import problems
from tests.faults.plumbing import fingerprint, write
from tests.faults.trial import Lie, Trial

LIMIT_MEGABYTES = 100
MEASURED = """\
import atexit, pathlib, re, runpy, sys

def tell():
    peak = re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]
    with open(sys.argv.pop(), "a") as file:
        print(int(peak) // 1024, file=file)

place = sys.argv.pop(1)
atexit.register(lambda: (sys.argv.append(place), tell()))
runpy.run_module("director", run_name="__main__", alter_sys=True)
"""
"""ru_maxrss would hold the peak of the process that this one was forked from."""
RIGHT = '\n\ndef value():\n    return "right"\n'
WRONG = '\n\ndef value():\n    return "wrong"\n'
BARE = 'env={"PATH": "/usr/bin:/bin"}'
ENDED = "it was ended after"
NONE_RAN = "ran no test"


def module(name: str, code: str, rest: str = RIGHT, *, says: str = "", test: str = "") -> Lie:
    """An executor whose module does something when the tests import it."""
    does = f'cat > "$NODE.py" <<END\n{code}{rest}END\n'
    return Lie(name, does, says=says, **({"test": test} if test else {}))


def spawning(name: str, *arguments: str) -> Lie:
    """An executor whose module leaves a process when the tests import it."""
    call = f'subprocess.Popen(["sleep", "300"], {", ".join(arguments)})'
    return module(
        name, f'import subprocess\n\nwith open("$SCRIPTS/pids", "a") as pids:\n    print({call}.pid, file=pids)'
    )


def flooding(name: str, code: str) -> tuple[Lie, Lie]:
    """Two executors whose modules write 50 MB when the tests import them; one of them works."""
    return module(f"{name}, green", code), module(f"{name}, red", code, WRONG, says="AssertionError")


PROCESSES = (
    module("it hangs", "import time\n\ntime.sleep(600)", says=ENDED),
    module(
        "it hangs and ignores its end",
        "import signal, time\n\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)",
        says=ENDED,
    ),
    spawning("a process holds the output open"),
    spawning("a process is in a session of its own", "start_new_session=True"),
    spawning("a process has no environment", BARE),
    spawning("a process has neither session nor environment", "start_new_session=True", BARE),
    module(
        "a daemon is forked twice",
        "import os, time\n\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        '        open("$SCRIPTS/pids", "a").write(f"{os.getpid()}\\\\n")\n        time.sleep(300)\n    os._exit(0)',
    ),
    module(
        "a daemon is forked twice and forgets its environment",
        "import os, time\n\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        '        open("$SCRIPTS/pids", "a").write(f"{os.getpid()}\\\\n")\n'
        '        os.execve("/bin/sleep", ["sleep", "300"], {})\n    os._exit(0)',
    ),
)
FLOODS = (
    *flooding("50 MB of text", "for _ in range(50):\n    print(('x' * 78 + '\\\\n') * 13000)"),
    *flooding("50 MB in one line", "for _ in range(50):\n    print('x' * 1000000, end='')"),
    *flooding("50 MB of bytes", "import os\n\nfor _ in range(50):\n    os.write(1, os.urandom(1000000))"),
    *flooding("50 MB of NUL", "import os\n\nfor _ in range(50):\n    os.write(1, bytes(1000000))"),
    module("the output is deleted", 'import os\n\nos.unlink(os.readlink("/proc/self/fd/1"))', says=NONE_RAN),
    module(
        "the output is made a directory",
        'import os\n\nplace = os.readlink("/proc/self/fd/1")\nos.unlink(place)\nos.mkdir(place)',
        says=NONE_RAN,
    ),
    module("the output is cut off", "import os\n\nos.ftruncate(1, 0)", WRONG, says="failed in a clean checkout"),
)

PYTEST = f"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q -p no:cacheprovider test_NODE.py"
IMPORT = "import test from 'node:test';\n"


def author(name: str, does: str, **more: str) -> Lie:
    """A test author whose first tests are none."""
    return Lie(name, does, role="test_author", says=NONE_RAN, **more)


NO_TESTS = (
    author("unittest finds none", "touch test_$NODE.py"),
    author("pytest finds none", "echo 'x = 1' > test_$NODE.py", test=PYTEST),
    author(
        "pytest is told to skip",
        "echo 'import pytest; pytest.skip(allow_module_level=True)' > test_$NODE.py",
        test=PYTEST,
    ),
    module(
        "the work skips its tests of unittest",
        'import unittest\n\nraise unittest.SkipTest("x")',
        says="failed in a clean checkout",
    ),
    module(
        "the work skips its tests of pytest",
        'import pytest\n\npytest.skip("x", allow_module_level=True)',
        says=NONE_RAN,
        test=PYTEST,
    ),
    module("the work ends unittest with status 0", "import os\n\nos._exit(0)", says=NONE_RAN),
    module("the work leaves unittest with status 0", "import sys\n\nsys.exit(0)", says=NONE_RAN),
    module("the work ends pytest with status 0", "import os\n\nos._exit(0)", says=NONE_RAN, test=PYTEST),
    module(
        "the work empties the list of tests",
        "import unittest\n\nunittest.TestSuite.run = lambda self, result, debug=False: result",
        says=NONE_RAN,
    ),
)


def play(root: Path, lies: tuple[Lie, ...], *, patience: float = 20) -> str:
    """Run a job, and tell what is wrong afterwards, one case a line; director's own memory counts."""
    trial = Trial.create(root, lies)
    trial.configure(patience=patience)
    before = fingerprint(trial.repository)
    (root / "measured.py").write_text(MEASURED)
    program = (sys.executable, root / "measured.py", root / "peak")
    planned = trial.director("plan", "write", "--auto", "--no-critique", "-n", "1", program=program, patience=120)
    ran = trial.director("run", "-n", "1", program=program, patience=120)
    found = problems(trial, before, ran.code, planned.said + ran.said)
    peak = max(int(line) for line in (root / "peak").read_text().split())
    memory = [f"director took {peak} MB"] if peak > LIMIT_MEGABYTES else []
    return "\n".join([*memory, *(f"{name}: {'; '.join(wrong)}" for name, wrong in found.items())])


def test_processes_of_tests_are_ended(tmp_path: Path) -> None:
    assert play(tmp_path / "trial", PROCESSES, patience=4) == ""


def test_floods_of_tests_are_borne(tmp_path: Path) -> None:
    assert play(tmp_path / "trial", FLOODS) == ""


def test_a_run_without_tests_is_a_failure(tmp_path: Path) -> None:
    assert play(tmp_path / "trial", NO_TESTS) == ""


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.parametrize("content", ["", "test.skip('x', () => {});"], ids=["empty", "skipped"])
def test_a_run_of_node_without_tests_is_a_failure(tmp_path: Path, content: str) -> None:
    trial = Trial.create(tmp_path / "trial", (Lie("node", "work"),))
    trial.configure()
    planned = {"id": "n1", "spec": "x", "files": ["n1.mjs"], "tests": ["t.mjs"], "test_cmd": "node --test t.mjs"}
    write(trial.scripts / "planner.txt", json.dumps({"nodes": [planned]}))
    write(trial.scripts / "test_author.n1.1.sh", f"cat > t.mjs <<'END'\n{IMPORT}{content}\nEND\n")
    write(trial.scripts / "test_author.sh", f"cat > t.mjs <<'END'\n{IMPORT}test('x', () => {{ throw 1; }});\nEND\n")

    planned = trial.director("plan", "write", "--auto", "--no-critique")

    assert planned.code == 0, planned.said
    assert NONE_RAN in trial.prompt("test_author", "n1", 2)


PROMPTS = (
    Lie(
        "a large file",
        "work\necho more >> $NODE.txt",
        files=("NODE.txt",),
        lands={"NODE.txt": "100644"},
        base={"NODE.txt": "a line of text\n" * 350_000},
    ),
    Lie(
        "a large line",
        "work\necho more >> $NODE.txt",
        files=("NODE.txt",),
        lands={"NODE.txt": "100644"},
        base={"NODE.txt": "`" * 1_000_000},
    ),
    Lie(
        "a binary file",
        "work\necho more >> $NODE.bin",
        files=("NODE.bin",),
        lands={"NODE.bin": "100644"},
        base={"NODE.bin": "\0" * 10_000},
    ),
    Lie(
        "a file that is no UTF-8",
        "work\nprintf 'x\\377\\376' >> $NODE.txt",
        files=("NODE.txt",),
        lands={"NODE.txt": "100644"},
        base={"NODE.txt": "\udcff\udcfe latin \udce9\n" * 100},
    ),
    Lie("files whose names are no UTF-8", "work", base={"odd/\udcff\udcfe": "x\n", "odd/new\nline": "x\n"}),
    Lie("a flood of the agent", 'work\nhead -c 50000000 /dev/zero | tr "\\\\0" "x" >&$EVENTS', says="ended with error"),
    Lie(
        "a flood of the agent's lines",
        'work\nyes \'{"type": "text"}\' | head -c 50000000 >&$EVENTS',
        says="it wrote more output than is allowed",
    ),
)


@pytest.mark.parametrize("lie", PROMPTS, ids=lambda lie: lie.name)
def test_large_and_odd_files_and_answers_are_borne(tmp_path: Path, lie: Lie) -> None:
    assert play(tmp_path / "trial", (lie,)) == ""
