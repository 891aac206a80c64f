"""Where a job that is played again comes out otherwise than when it was recorded."""

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any, Literal

from director.core.attempts import Outcome
from director.core.cassette import Cassette, Entry, Result, TaskResult
from director.core.config.settings import Config
from director.core.model import Model

_NOT_COMPARED = {"tiers", "backends", "pricing", "sampling", "telemetry"}
"""Parts of the configuration that say who is asked, and who is told."""
_WRITTEN_BY = {"source.json": "recon", "recon.md": "recon", "spec.md": "spec", "plan.json": "decompose"}


class ChangedPrompt(Model):
    """A prompt that is not the recorded one."""

    call: str
    """The key of the call."""
    diff: str
    """How it differs, as a unified diff; empty where the recorded one was not kept."""


class TaskComparison(Model):
    """One task, as it was recorded and as it came out now."""

    task: str
    recorded: TaskResult | None
    replayed: TaskResult | None
    differences: tuple[str, ...] = ()
    """What differs, in words."""
    prompts: tuple[ChangedPrompt, ...] = ()

    @property
    def is_same(self) -> bool:
        """Tell whether it came out as it was recorded."""
        return not self.differences


class Comparison(Model):
    """What `director replay --json` prints: a whole job, as it was recorded and as it came out now."""

    version: Literal[1] = 1
    is_same: bool
    tasks: tuple[TaskComparison, ...]
    differences: tuple[str, ...]
    """What differs of the job as a whole, in words."""
    configuration: tuple[str, ...]
    """Settings that are not as they were recorded, in words; they make no difference by themselves."""
    recorded_tree: str
    replayed_tree: str
    recorded_cost_usd: float
    replayed_cost_usd: float


def compare(recorded: Cassette, replayed: Cassette, *, failures: Mapping[str, str], strict: bool) -> Comparison:
    """Compare two recordings of a job; `failures` says why tasks failed now.

    With `strict` a prompt that changed is a difference by itself.
    """
    before, now = recorded.result or Result(), replayed.result or Result()
    edited = {_WRITTEN_BY[name] for name in before.edited}
    recorded = recorded.model_copy(update={"calls": tuple(call for call in recorded.calls if call.task not in edited)})
    names = dict.fromkeys([*before.tasks, *now.tasks, *(call.task for call in recorded.answered), *failures])
    tasks = [_compare_task(task, recorded, replayed, failures) for task in names if task not in edited]
    if strict:
        tasks = [_strictly(task) for task in tasks]
    differences = tuple(_differences(recorded, replayed))
    return Comparison(
        is_same=not differences and all(task.is_same for task in tasks),
        tasks=tuple(tasks),
        differences=differences,
        configuration=tuple(_settings(recorded, replayed)),
        recorded_tree=before.tree,
        replayed_tree=now.tree,
        recorded_cost_usd=recorded.cost_usd,
        replayed_cost_usd=replayed.cost_usd,
    )


def _compare_task(task: str, recorded: Cassette, replayed: Cassette, failures: Mapping[str, str]) -> TaskComparison:
    before, now = (cassette.result.tasks.get(task) if cassette.result else None for cassette in (recorded, replayed))
    calls = [[call for call in cassette.answered if call.task == task] for cassette in (recorded, replayed)]
    differences = [*_outcomes(before, now), *_asked(*calls)]
    is_failure_new = task in failures and not (before and before.outcome is Outcome.FAILED)
    if failures.get(task) and (differences or is_failure_new):
        differences.append(failures[task])
    return TaskComparison(
        task=task, recorded=before, replayed=now, differences=tuple(differences), prompts=tuple(_changed(*calls))
    )


def _outcomes(before: TaskResult | None, now: TaskResult | None) -> Iterator[str]:
    if before != now:
        yield f"{before or 'nothing'}, now {now or 'nothing'}"


def _asked(recorded: list[Entry], replayed: list[Entry]) -> Iterator[str]:
    before, now = (Counter(call.label for call in calls) for calls in (recorded, replayed))
    for label in dict.fromkeys([*before, *now]):
        if before[label] != now[label]:
            yield f"'{label}' was asked {_times(before[label])}, now {_times(now[label])}"


def _times(number: int) -> str:
    return {0: "never", 1: "once"}.get(number, f"{number} times")


def _changed(recorded: list[Entry], replayed: list[Entry]) -> Iterator[ChangedPrompt]:
    """Yield the prompts that changed: the calls with one key are taken in their order."""
    for label in dict.fromkeys(call.label for call in recorded):
        pairs = zip(*([call for call in calls if call.label == label] for calls in (recorded, replayed)), strict=False)
        for before, now in pairs:
            if before.prompt and now.prompt and before.prompt.sha256 != now.prompt.sha256:
                yield ChangedPrompt(call=label, diff=_diff(before.prompt.text, now.prompt.text))


def _diff(before: str, now: str) -> str:
    if not before or not now:
        return ""
    return "\n".join(unified_diff(before.splitlines(), now.splitlines(), "recorded", "now", lineterm=""))


def _strictly(task: TaskComparison) -> TaskComparison:
    if not task.prompts:
        return task
    said = f"the prompt changed: {', '.join(prompt.call for prompt in task.prompts)}"
    return task.model_copy(update={"differences": (*task.differences, said)})


def _differences(recorded: Cassette, replayed: Cassette) -> Iterator[str]:
    before, now = recorded.result or Result(), replayed.result or Result()
    if before.tree != now.tree:
        yield f"the job's branch has the tree {now.tree[:12]}, and had {before.tree[:12]}"
    if recorded.cost_usd != replayed.cost_usd:
        yield f"the calls cost ${replayed.cost_usd:.4f}, and had cost ${recorded.cost_usd:.4f}"


def _settings(recorded: Cassette, replayed: Cassette) -> Iterator[str]:
    before, now = (dict(_flat(cassette.job.config) if cassette.job else ()) for cassette in (recorded, replayed))
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield f"{name} is {_shown(now, name)}, and was {_shown(before, name)}"


def _shown(settings: Mapping[str, Any], name: str) -> str:
    return repr(settings[name]) if settings.get(name) is not None else "not set"


def _flat(config: Config) -> Iterator[tuple[str, Any]]:
    for section, values in config.model_dump(mode="json", exclude=_NOT_COMPARED).items():
        yield from ((f"{section}.{name}", value) for name, value in values.items())
