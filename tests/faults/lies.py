"""The table of lies, by theme. What every job must satisfy besides is in trial.py and in the tests."""

from tests.faults.lies_files import BYPRODUCTS, CHANGES, FILES, NAMES
from tests.faults.lies_git import GIT, OUR_INDEX, REPOSITORIES
from tests.faults.lies_tests import AUTHORS
from tests.faults.lies_users import ENVIRONMENT, JOB_BRANCH, LOCKS, OUR_FILES, PROCESSES, REFS, SETTINGS
from tests.faults.trial import Lie

THEMES: dict[str, tuple[Lie, ...]] = {
    "what git sees": GIT,
    "git's directory": REPOSITORIES,
    "our own index": OUR_INDEX,
    "kinds of files": FILES,
    "changes of files": CHANGES,
    "names": NAMES,
    "byproducts": BYPRODUCTS,
    "test authors": AUTHORS,
    "processes": PROCESSES,
    "environment": ENVIRONMENT,
    "our files": OUR_FILES,
    "the user's refs": REFS,
    "the user's settings": SETTINGS,
    "locks": LOCKS,
    "the job's branch": JOB_BRANCH,
}
"""Each theme is told in one job, side by side."""
