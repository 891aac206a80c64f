"""Lies of those who write the tests."""

from tests.faults.lies_git import COMMIT
from tests.faults.trial import Lie

_HEAD = "import unittest\\n\\n\\nclass Test(unittest.TestCase):\\n"
_GREEN = f"printf '{_HEAD}    def test_value(self):\\n        pass\\n' > test_$NODE.py"
_SKIPPED = f"printf '{_HEAD}    @unittest.skip(\"x\")\\n    def test_value(self):\\n        pass\\n' > test_$NODE.py"


def _author(name: str, does: str, **more: str) -> Lie:
    return Lie(name, does, role="test_author", **more)


AUTHORS: tuple[Lie, ...] = (
    _author("the author commits", f"tests\n{COMMIT}"),
    _author("the author does the work too", "tests\nwork", told="'NODE.py'; put aside"),
    _author("the author adds a conftest.py", "tests\necho x > conftest.py", told="'conftest.py'; put aside"),
    _author(
        "the author stages another file in our index",
        "tests\nGIT_INDEX_FILE=../index git update-index --add "
        "--cacheinfo 100644,$(git rev-parse HEAD:README.md),more.md\n"
        "GIT_INDEX_FILE=../index git update-index --skip-worktree more.md",
    ),
    _author("the author's tests are green", _GREEN, says="passes already"),
    _author("the author's tests are skipped", _SKIPPED, says="ran no test"),
    _author("the author's file is empty", "touch test_$NODE.py", says="ran no test"),
    _author("the author writes nothing", "true", says="were not written"),
    _author(
        "the author's file is a link",
        'tests\nmv test_$NODE.py "$SCRIPTS/t.py"\nln -s "$SCRIPTS/t.py" test_$NODE.py',
        says="no regular files",
    ),
    _author("the author's tests cannot be parsed", "echo 'def (' > test_$NODE.py", says="cannot be parsed"),
    _author(
        "the author's green tests hide a red file",
        f"{_GREEN}\necho 'raise SystemExit(1)' > sitecustomize.py",
        says="passes already",
    ),
    _author("the author changes ignore rules", "tests\necho '*' > .gitignore", told="'.gitignore'; put aside"),
)
