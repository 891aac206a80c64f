"""Make an arm ready: a job of its own that begins where the plan was frozen, so that no planner is asked again."""

import secrets
import shutil
from datetime import UTC, datetime

from director.artifacts.bench import BenchDirectory
from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model, read_remade, read_text, write_model, write_text
from director.artifacts.plans import read_plan
from director.core.artifacts import JobIdentity, Merged, TestLock
from director.core.bench.arms import SOLO, Arm, ArmIdentity, Frozen, contest, settled, solo_plan
from director.core.config.settings import Config
from director.core.graph import topological_order
from director.git.repository import Repository
from director.job.configuration import config_text
from director.job.job import Job
from director.stages.bench.freezing import document_names
from director.stages.node import has_given_up
from director.stages.planning import plan_text


def prepare_arm(
    repository: Repository, bench: BenchDirectory, frozen: Frozen, arm: Arm, config: Config
) -> JobDirectory:
    """Return the arm's job directory with everything in it that the nodes need; what was begun is gone on with.

    An arm that was begun from another plan, or by a profile that would have made something else of it, is put aside.
    """
    directory, wanted = bench.job(arm), identity_of(frozen, arm, config)
    known = read_remade(directory.arm, ArmIdentity)
    if directory.identity.exists() and known != wanted:
        _put_aside(bench, arm)
    write_model(directory.arm, wanted)
    write_text(directory.config, config_text(config))
    _copy_overrides(bench, directory)
    if arm.profile == SOLO:
        _write_solo(bench, directory, frozen)
    else:
        _copy_documents(bench.planning, directory, list(frozen.tests))
    _begin(repository, directory, frozen)
    return directory


def identity_of(frozen: Frozen, arm: Arm, config: Config) -> ArmIdentity:
    """Return what an arm is begun for."""
    return ArmIdentity(profile=arm.profile, trial=arm.trial, frozen=frozen.digest, contest=contest(config))


def came_to_its_end(job: Job) -> bool:
    """Tell whether nothing is left to do in an arm, whatever became of its nodes."""
    needs = {node.id: node.depends_on for node in read_plan(job.directory.plan).nodes}
    on_branch = {entry.commit for entry in job.landed()}
    markers = {name: read_remade(job.directory.merged(name), Merged) for name in needs}
    return settled(
        {name: needs[name] for name in topological_order(needs)},
        landed=frozenset(name for name, marker in markers.items() if marker and marker.commit in on_branch),
        given_up=frozenset(name for name in needs if has_given_up(job, name)),
    )


def _put_aside(bench: BenchDirectory, arm: Arm) -> None:
    directory = bench.job(arm)
    target = bench.archive / f"{arm.profile}-{arm.trial}-{secrets.token_hex(4)}"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(directory.path, target)


def _copy_overrides(bench: BenchDirectory, directory: JobDirectory) -> None:
    if bench.planning.overrides.is_dir():
        shutil.copytree(bench.planning.overrides, directory.overrides, dirs_exist_ok=True)


def _copy_documents(source: JobDirectory, target: JobDirectory, nodes: list[str]) -> None:
    for path in document_names(source, nodes):
        if (text := read_text(path)) is not None:
            write_text(target.path / path.relative_to(source.path), text)


def _write_solo(bench: BenchDirectory, directory: JobDirectory, frozen: Frozen) -> None:
    source = bench.planning
    plan = solo_plan(read_plan(source.plan), read_text(source.spec) or "")
    only = plan.nodes[0]
    write_text(directory.task, read_text(source.task) or "")
    write_text(directory.plan, plan_text(plan))
    lock = TestLock(node=only.id, test_cmd=only.test_cmd, files=frozen.locked, allowed=tuple(sorted(only.files)))
    write_model(directory.lock(only.id), lock)


def _begin(repository: Repository, directory: JobDirectory, frozen: Frozen) -> None:
    identity = read_model(directory.identity, JobIdentity)
    if identity is None:
        name = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
        identity = JobIdentity(id=name, base=frozen.base, branch=f"director/job-{name}")
        write_model(directory.identity, identity)
    has_landed = any(directory.merged("").parent.glob("*.json"))
    if repository.tip(identity.ref) is None and not has_landed:
        repository.move(identity.ref, frozen.commit, old=None)
