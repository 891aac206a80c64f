"""Where an input differs from what a task was built from: the file, the line, and what is different there.

Compared are texts that agents may have written or spoiled: what does not fit is told without a place.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from director.artifacts.built import Built
from director.artifacts.files import AnyModel, read_text
from director.core.artifacts import Merged, TestLock
from director.core.differences import FieldChange, first_difference, node_changes, plan_change
from director.core.errors import DirectorError
from director.core.plan.node import Plan, Slice
from director.core.plan.places import PlanText
from director.core.plan.validation import parse_plan
from director.core.printed import ChangedPlace, ExplainedReason
from director.job.job import Job
from director.tasks.reasons import Reason

SHOWN = 3
"""Places of one reason that are told."""
MAX_DIFFS = 200
"""Pairs of blobs that git is asked about: a process each; what differs beyond them is told without a line."""


class Places:
    """Finds the places of one listing; what was read for one reason is not read again for another."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._built = Built(job.directory.built)
        self._lines: dict[tuple[str, str], int | None] = {}

    def explained(self, reasons: Sequence[Reason]) -> tuple[ExplainedReason, ...]:
        """Return reasons with their places."""
        return tuple(ExplainedReason(text=reason.text, places=self.of(reason)) for reason in reasons)

    def of(self, reason: Reason) -> tuple[ChangedPlace, ...]:
        """Return the places of a reason; empty where it is not known what the task was built from."""
        before = self._built.read(reason.built) if reason.built else None
        now = read_text(Path(reason.path)) if before is not None else None
        if before is None or now is None:
            return ()
        found = list(self._compared(Path(reason.path), before, now))
        more = len(found) - SHOWN
        return tuple(found if more <= 0 else [*found[:SHOWN], ChangedPlace(file=f"{more} more")])

    def _compared(self, path: Path, before: str, now: str) -> Iterator[ChangedPlace]:
        directory = self._job.directory
        match path.parent:
            case directory.nodes:
                yield from self._part(path, before)
            case parent if parent == directory.lock("").parent:
                yield from self._files(before, now, TestLock)
            case parent if parent == directory.merged("").parent:
                yield from self._files(before, now, Merged)
            case _ if path == directory.plan:
                yield from self._plan(before, now)
            case _ if path.suffix == ".md":
                yield from self._text(path, before, now)

    def _text(self, path: Path, before: str, now: str) -> Iterator[ChangedPlace]:
        if found := first_difference(before, now):
            yield ChangedPlace(file=self._name(path), line=found.line, said=found.said)

    def _plan(self, before: str, now: str) -> Iterator[ChangedPlace]:
        old = _parsed(before, Plan)
        change = plan_change(old, self._planned[0]) if old and self._planned else None
        if change:
            yield self._in_plan(change)
        else:
            yield from self._text(self._job.directory.plan, before, now)

    def _part(self, path: Path, before: str) -> Iterator[ChangedPlace]:
        old, now = _parsed(before, Slice), self._job.nodes.get(path.stem)
        if old and now:
            yield from map(self._in_plan, node_changes(old, now))

    def _in_plan(self, change: FieldChange) -> ChangedPlace:
        line = self._planned[1].line(change.node, change.field) if self._planned else None
        return ChangedPlace(file=self._name(self._job.directory.plan), line=line, said=change.said)

    @cached_property
    def _planned(self) -> tuple[Plan, PlanText] | None:
        """The plan as it stands, and where its nodes do; None if it was spoiled meanwhile."""
        text = read_text(self._job.directory.plan) or ""
        with suppress(DirectorError):
            return parse_plan(text, source="the plan"), PlanText(text)
        return None

    def _files(self, before: str, now: str, model: type[TestLock] | type[Merged]) -> Iterator[ChangedPlace]:
        """Yield the files whose blobs differ between two locks, or two markers."""
        old, new = _parsed(before, model), _parsed(now, model)
        if old is None or new is None:
            return
        by = f"run:{new.node}, {new.commit[:8]}" if isinstance(new, Merged) else ""
        known: dict[str, str | None] = {**old.files}
        for path in dict.fromkeys([*new.files, *old.files]):
            was, blob = known.get(path), new.files.get(path)
            if was != blob:
                yield self._file(path, was, blob, by)

    def _file(self, path: str, was: str | None, blob: str | None, by: str) -> ChangedPlace:
        said = "is new" if was is None else "is gone" if blob is None else ""
        line = self._line(was, blob) if was and blob else None
        return ChangedPlace(file=path if path.isprintable() else repr(path), line=line, said=said, landed_by=by)

    def _line(self, was: str, blob: str) -> int | None:
        pair = (was, blob)
        if pair not in self._lines and len(self._lines) < MAX_DIFFS:
            self._lines[pair] = None
            with suppress(DirectorError):  # a blob that `git gc` took
                self._lines[pair] = self._job.repository.first_changed_line(was, blob)
        return self._lines.get(pair)

    def _name(self, path: Path) -> str:
        root = self._job.repository.root
        return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _parsed(text: str, model: type[AnyModel]) -> AnyModel | None:
    try:
        return model.model_validate_json(text)
    except ValidationError:
        return None
