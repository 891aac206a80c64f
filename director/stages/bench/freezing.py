"""Freeze a plan: its documents, its locked tests, and the commit that holds them."""

from pathlib import Path

from director.artifacts.bench import BenchDirectory
from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_bytes, read_model, write_model
from director.artifacts.plans import read_plan
from director.core.artifacts import JobIdentity
from director.core.bench.arms import Frozen
from director.core.digests import digest_text
from director.core.errors import ConfigError
from director.job.inputs import read_lock
from director.job.job import Job


def freeze(job: Job, bench: BenchDirectory) -> Frozen:
    """Write down what every arm starts from, and hold its commit by a ref."""
    plan = read_plan(job.directory.plan)
    tests = {node.id: read_lock(job, node.id).files for node in plan.nodes}
    frozen = Frozen(
        job=job.identity.id,
        base=job.identity.base,
        commit=job.tip(),
        documents=_documents(job.directory, list(tests)),
        tests=tests,
    )
    if job.repository.blobs(frozen.commit, frozen.locked) != frozen.locked:
        raise ConfigError(
            f"the tests on '{job.identity.branch}' are not as they were locked", hint="put the branch back where it was"
        )
    job.repository.keep(f"{job.identity.kept_refs}frozen", frozen.commit)
    write_model(bench.frozen, frozen)
    return frozen


def read_frozen(bench: BenchDirectory) -> Frozen | None:
    """Return what was frozen; None if nothing was. Raises ConfigError if its documents are no longer as they were."""
    frozen = read_model(bench.frozen, Frozen)
    if frozen is None:
        return None
    identity = read_model(bench.planning.identity, JobIdentity)
    found = _documents(bench.planning, list(frozen.tests))
    changed = sorted(name for name in frozen.documents | found if found.get(name) != frozen.documents.get(name))
    if changed or identity is None or identity.id != frozen.job:
        what = bench.planning.path / changed[0] if changed else bench.planning.identity
        raise ConfigError(
            f"'{what}' is not as it was frozen, and the arms would not be comparable",
            hint="put it back, or begin another bench: director bench --new …",
        )
    return frozen


def document_names(directory: JobDirectory, nodes: list[str]) -> list[Path]:
    """Return the files that every arm gets a copy of."""
    approvals = [directory.approved("spec"), directory.approved("plan")]
    return [directory.task, directory.recon, directory.spec, directory.plan, *approvals, *map(directory.lock, nodes)]


def _documents(directory: JobDirectory, nodes: list[str]) -> dict[str, str]:
    found = {path: read_bytes(path) for path in document_names(directory, nodes)}
    return {
        str(path.relative_to(directory.path)): digest_text(data.decode("utf-8", "surrogateescape"))
        for path, data in found.items()
        if data is not None
    }
