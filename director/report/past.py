"""The records from which is told what is to be expected: of the job, of those put aside, and of benches."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_records
from director.core.calls import CallRecord
from director.core.forecast import Past
from director.core.spans import Span


def past_calls(directory: JobDirectory) -> list[CallRecord]:
    """Return the records of all calls that this job directory knows of: of its jobs, its archive and its benches."""
    return [record for path in sorted(directory.path.rglob(Path(directory.costs).name)) for record in _calls(path)]


def pasts(directory: JobDirectory) -> list[Callable[[], Past]]:
    """Return the past of the job, then that of the jobs that were put aside; each is read when it is first asked."""
    return [cache(lambda: _past([directory])), cache(lambda: _past(_archived(directory)))]


def _past(jobs: list[JobDirectory]) -> Past:
    return Past(
        [record for job in jobs for record in _calls(job.costs)],
        [record for job in jobs if _is_plain(job.spans) for record in read_records(job.spans, Span)],
    )


def _archived(directory: JobDirectory) -> list[JobDirectory]:
    found = sorted(directory.archive.iterdir()) if directory.archive.is_dir() else []
    return [JobDirectory(path) for path in found if path.is_dir()]


def _calls(path: Path) -> list[CallRecord]:
    return read_records(path, CallRecord) if _is_plain(path) else []


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
