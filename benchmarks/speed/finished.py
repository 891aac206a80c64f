"""A finished job that was written instead of built: 10,000 nodes cannot be built to see how fast nothing is done.

The first node is really built. All others are written after its example: their files, their commits as loose objects,
their records, what their attempts came to, and doit's journal by director's own parts. What agents and tests said is
left out, since no command that looks at a whole job reads it. Nothing of the files is forced to the disk.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed import stub
from benchmarks.speed.graphs import Work
from benchmarks.speed.processes import Broke
from benchmarks.speed.trial import AUTHOR, Trial
from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model
from director.core.artifacts import Approval, GatesRun, JobIdentity, Merged, TestLock
from director.core.digests import digest, digest_text
from director.core.model import Model
from director.core.plan.node import Node, Plan
from director.git.repository import Repository
from director.job.configuration import load_config
from director.job.job import Job
from director.stages.planning import plan_of_reply, plan_text
from director.stages.slices import slice_of
from director.tasks.checker import REST_NANOSECONDS
from director.tasks.control import control_of, database
from director.tasks.graph import Graph

_ID = re.compile(r'"(id|parent|call)":"([0-9a-f]{16,})"')


def finish(trial: Trial) -> None:
    """Leave in a new trial of director what a run of all its works would have left; the first needs nothing."""
    _build_first(trial)
    directory = JobDirectory(trial.job)
    plan = plan_of_reply(stub.plan(trial.works))
    built = _digests(plan)
    commits = _write_commits(trial, directory, plan, built)
    _write_artifacts(directory, plan, built, commits)
    _write_records(directory, trial.works)
    _write_journal(trial, directory)


@dataclass(frozen=True)
class _Built:
    """What is known of a node by its digests."""

    locked: Mapping[str, str | None]
    made: Mapping[str, str | None]
    tests: str
    """The inputs of its tests."""
    run: str
    """The inputs of its work."""


def _build_first(trial: Trial) -> None:
    program = trial.bin / "opencode"
    stub.install(program, trial.works[:1])
    trial.plan()
    trial.measure(trial.subject.run(1))
    stub.install(program, trial.works)


def _digests(plan: Plan) -> dict[str, _Built]:
    built: dict[str, _Built] = {}
    for node in plan.nodes:  # in a legal order
        locked = {path: _blob(text) for path, text in _tests(node).items()}
        made = {path: _blob(text) for path, text in _results(node).items()}
        given = {need: built[need].made for need in sorted(node.depends_on)}
        work = node.work_digest()
        built[node.id] = _Built(locked, made, digest(["tests", work]), digest([work, locked, given]))
    return built


def _tests(node: Node) -> dict[str, str]:
    return {path: stub.test_text(node.id, node.files[0]) for path in node.tests}


def _results(node: Node) -> dict[str, str]:
    return dict.fromkeys(node.files, f"{node.id}\n")


def _blob(text: str) -> str:
    return hashlib.sha1(f"blob {len(text)}\0{text}".encode()).hexdigest()


def _write_commits(trial: Trial, directory: JobDirectory, plan: Plan, built: Mapping[str, _Built]) -> dict[str, str]:
    """Write the job's branch anew, all tests first; return the commits by their tasks."""
    identity = _required(directory.identity, JobIdentity)
    messages = {kind: _message(trial, identity, kind, plan.nodes[0], built) for kind in ("tests", "run")}
    tasks = [
        (f"{kind}:{node.id}", messages[kind](node), files(node))
        for kind, files in (("tests", _tests), ("run", _results))
        for node in plan.nodes
    ]
    marks = trial.root / "marks"
    loose = ("-c", f"fastimport.unpackLimit={100 * len(tasks)}", "-c", "core.fsync=none")
    stream = "".join(_stream(identity, f"{AUTHOR[0]} <{AUTHOR[1]}> {int(time.time())} +0000", tasks)).encode()
    trial.git(*loose, "fast-import", "--quiet", "--force", f"--export-marks={marks}", stdin=stream)
    by_mark = dict(line.split() for line in marks.read_text().splitlines())
    return {task: by_mark[f":{number}"] for number, (task, _, _) in enumerate(tasks, 1)}


def _stream(identity: JobIdentity, author: str, tasks: Sequence[tuple[str, str, Mapping[str, str]]]) -> Iterator[str]:
    """Yield what fast-import reads: https://git-scm.com/docs/git-fast-import#_input_format."""
    for number, (_, message, files) in enumerate(tasks, 1):
        yield f"commit {identity.ref}\nmark :{number}\nauthor {author}\ncommitter {author}\n{_data(message)}"
        yield f"from {f':{number - 1}' if number > 1 else identity.base}\n"
        yield from (f"M 100644 inline {path}\n{_data(text)}" for path, text in files.items())


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def _message(
    trial: Trial, identity: JobIdentity, kind: str, first: Node, built: Mapping[str, _Built]
) -> Callable[[Node], str]:
    """Return what writes the messages of a kind of task after the example of the first node."""
    found = ("log", "-1", "--format=%B", f"--grep=^Director-Task: {kind}:{first.id}$", identity.ref)
    example = trial.git(*found) + "\n"
    if getattr(built[first.id], kind) not in example:
        raise Broke(f"the inputs of '{kind}:{first.id}' are digested in another way than is known here")

    def write(node: Node) -> str:
        digests = {
            getattr(built[first.id], kind): getattr(built[node.id], kind),
            first.work_digest(): node.work_digest(),
        }
        message = example.replace(first.id, node.id)
        for before, after in digests.items():
            message = message.replace(before, after)
        return message

    return write


def _write_artifacts(
    directory: JobDirectory, plan: Plan, built: Mapping[str, _Built], commits: Mapping[str, str]
) -> None:
    text = plan_text(plan)
    for document in (directory.plan, directory.generated(directory.plan)):
        document.write_text(text)
    for node in plan.nodes:
        made = built[node.id]
        locked = {path: blob for path, blob in made.locked.items() if blob}
        lock = TestLock(node=node.id, test_cmd=node.test_cmd, files=locked, allowed=tuple(sorted(node.files)))
        _write(directory.node(node.id), slice_of(node))
        _write(directory.lock(node.id), lock)
        _write(directory.merged(node.id), Merged(node=node.id, commit=commits[f"run:{node.id}"], files=dict(made.made)))
    _write(directory.approved("plan"), Approval(sha256=digest_text(text), by="auto"))
    tip = commits[f"run:{plan.nodes[-1].id}"]
    _write(directory.integration, _required(directory.integration, GatesRun).model_copy(update={"commit": tip}))


def _write(path: Path, value: Model) -> None:
    path.write_text(value.model_dump_json(indent=2) + "\n")


def _write_records(directory: JobDirectory, works: Sequence[Work]) -> None:
    """Repeat what was recorded and logged of the first node for all others."""
    first, *others = (work.id for work in works)
    for path in (directory.costs, directory.metrics, directory.spans):
        example = "".join(line for line in path.read_text().splitlines(keepends=True) if first in line)
        with path.open("a") as file:
            file.writelines(_ID.sub(_other_id(other), example.replace(first, other)) for other in others)
    for logs in (directory.logs(f"tests:{first}"), directory.logs(f"run:{first}")):
        examples = {path.relative_to(logs): path.read_text() for path in logs.rglob("*.json")}
        for other in others:
            _write_logs(logs.with_name(other), {path: text.replace(first, other) for path, text in examples.items()})


def _other_id(node: str) -> Callable[[re.Match[str]], str]:
    """Return what gives the records of a node ids of their own that fit one another."""
    return lambda found: f'"{found[1]}":"{hashlib.sha256((found[2] + node).encode()).hexdigest()[: len(found[2])]}"'


def _write_logs(place: Path, texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)


def _write_journal(trial: Trial, directory: JobDirectory) -> None:
    """Record every task as built from the files as they stand, when they have come to rest."""
    time.sleep(2 * REST_NANOSECONDS / 1e9)
    directory.database.unlink()
    graph = graph_of(trial)
    control = control_of(graph)
    with database(graph) as dependency:
        for task in control.tasks.values():
            if task.actions or task.name == "plan":
                dependency.get_status(task, control.tasks)
                task.save_extra_values()
                dependency.save_success(task)


def graph_of(trial: Trial) -> Graph:
    """Return the graph of a job of director as it stands."""
    directory = JobDirectory(trial.job)
    return Graph(Job(Repository.open(trial.repository), directory, load_config(trial.repository, directory.path)))


def _required(path: Path, model: type[Model]):  # type: ignore[no-untyped-def]
    found = read_model(path, model)
    if found is None:
        raise Broke(f"'{path}' is missing")
    return found
