"""director explain: why a task is up to date, or is not."""

import argparse
import json
from collections.abc import Iterator, Sequence

from director.cli.opening import add_place, open_graph
from director.cli.text import counted, dollars, say
from director.core.errors import ExitCode
from director.core.printed import BuiltInput, Cause, ExplainedReason, ExplainedTask, Made
from director.core.words import listed
from director.tasks.explaining import explain

EPILOG = """\
A reason names the line of the file that changed since the task was built, as far as that is known; a task that may
change with another one names the tasks in between. Without a task everything that is stale by itself is explained,
with what may change with it. Nothing is run; the exit code is 0.

  director explain run:parser
  director explain spec
  director explain
"""
_SHOWN = 10
"""Causes, followers and inputs that are told; --json has all of them."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("task", nargs="?", default="", metavar="TASK", help="such as run:NODE [everything pending]")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Say why."""
    explanation = explain(open_graph(args), args.task)
    if args.json:
        print(json.dumps(explanation.model_dump(mode="json"), indent=2))
        return ExitCode.DONE
    if not explanation.tasks:
        all_read = "all that it reads is as it was built"
        say(f"{args.task} is up to date: {all_read}" if args.task else "nothing is pending: everything is up to date")
    for task in explanation.tasks:
        _tell(task)
    return ExitCode.DONE


def _tell(task: ExplainedTask) -> None:
    say(f"{task.task} is {'pending:' if task.pending else 'up to date: all that it reads is as it was built'}")
    for line in _pending(task) if task.pending else _up_to_date(task):
        say(f"  - {line}")


def _pending(task: ExplainedTask) -> Iterator[str]:
    yield from map(str, task.reasons)
    for cause in task.causes[:_SHOWN]:
        yield f"may change with {_chain(cause)}, {_because(cause, task.reasons)}"
    if len(task.causes) > _SHOWN:
        yield f"may change with {counted(len(task.causes) - _SHOWN, 'more task')}"
    if task.followers:
        yield f"with it may change: {listed(task.followers, limit=_SHOWN)}"


def _chain(cause: Cause) -> str:
    chain, more = cause.chain, len(cause.chain) - _SHOWN
    shown = chain if more <= 0 else (*chain[: _SHOWN - 1], f"{more} more", chain[-1])
    return ", that with ".join(shown)


def _because(cause: Cause, own: Sequence[ExplainedReason]) -> str:
    if all(reason in own for reason in cause.reasons):
        return "for the same reason"
    return f"because {' and '.join(map(str, cause.reasons))}"


def _up_to_date(task: ExplainedTask) -> Iterator[str]:
    if task.inputs:
        yield f"from {listed([_input(entry) for entry in task.inputs], limit=_SHOWN)}"
    if task.made and (said := list(_made(task.made))):
        yield ", ".join(said)


def _input(entry: BuiltInput) -> str:
    return f"{entry.said} ({entry.commit[:8]})" if entry.commit else entry.said


def _made(made: Made) -> Iterator[str]:
    if made.commit:
        yield f"on {made.branch} as {made.commit[:12]}"
    if made.time:
        yield f"made {made.time[:16].replace('T', ' ')} UTC"
    if made.by:
        yield f"by {made.by}"
    if made.attempts:
        yield f"attempt {made.attempts}"
    if made.calls:
        yield f"{dollars(made.cost_usd, made.unpriced_calls)} in {counted(made.calls, 'call')}"
