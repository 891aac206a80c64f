"""What surrounds director fails it: a full disk, a file that may not be written, records that are lost or spoiled."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.faults.state import PLAN, RUN, Done, Trial, make_trial, problems, repeated, snapshot
from tests.faults.steps import ROOT
from tests.faults.test_crash_points import NODES, PARTS, Campaign, Point, begin, once

DISK_BYTES = 8 * 1024 * 1024
ROOM_KB = (0, 8, 16, 32, 48, 64, 96, 128, 192, 256, 1100)
"""How much is free each time that director is run on a disk that somebody keeps filling."""
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
SAID = {
    "ENOSPC": ("no space left on device", "out of diskspace", "unable to write file"),
    "EROFS": ("read-only file system",),
    "EACCES": ("permission denied",),
}
OTHER_ERRORS = ("EROFS", "EACCES")
DONE, REFUSED = 0, 2


@pytest.fixture
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A job of one node, whose first attempt fails."""
    return once("small", lambda: begin(tmp_path_factory.mktemp("crash") / "trial"))


def fill(disk: Path, *, leave: int) -> None:
    """Fill a disk but for some bytes."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    filler.write_bytes(bytes(max(free - leave, 0)))


def run_on_a_full_disk(disk: Path) -> list[str]:
    """Plan and build on a disk with ever more room; return what was wrong. It needs a mount namespace of its own."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)], check=True)
    trial = make_trial(disk / "trial", NODES, records=disk.with_name("records"))
    before, found = snapshot(trial), []
    for words in (PLAN, RUN):
        for room in ROOM_KB:
            fill(disk, leave=room * 1024)
            done = trial.director(words)
            found += [f"{words[0]} with {room} kB: {text}" for text in unclear(trial, done, "ENOSPC")]
        (disk / "filler").unlink()
        done = trial.director(words)
        if done.code != DONE:
            return [*found, f"{words[0]} with room again ended with {done.code}:\n{done.output}", *repeated(trial)]
    return found + problems(trial, before, list(NODES))


def unclear(trial: Trial, done: Done, error: str) -> list[str]:
    """Return what is wrong with how director ended when the system refused it something; it may have got by."""
    if done.code == DONE:
        return []
    says_what = any(words in done.output.lower() for words in SAID[error])
    says_what_and_where = says_what and str(trial.place) in done.output
    is_clear = done.code == REFUSED and says_what_and_where and "Traceback" not in done.output
    return [] if is_clear else [f"it ended with {done.code}:\n{done.output}"]


def can_mount() -> bool:
    """Tell whether a process here may have a disk of its own."""
    unshare = shutil.which("unshare")
    script = ["sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    return bool(unshare) and subprocess.run([*_NAMESPACE, *script], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="the kernel lets nobody mount in a user namespace")
def test_on_a_disk_that_is_full_again_and_again_it_says_so_and_then_goes_on(tmp_path: Path) -> None:
    for name in ("disk", "records"):
        (tmp_path / name).mkdir()
    program = [sys.executable, "-P", "-m", "tests.faults.test_surroundings", str(tmp_path / "disk")]

    done = subprocess.run(
        [*_NAMESPACE, *program], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def refuse(campaign: Campaign, point: Point, error: str) -> list[str]:
    """Let the system refuse a step with an error, and give the same command again; return what is wrong then."""
    trial = campaign.trial
    trial.restore(point.state)
    refused = trial.director(point.words, "--fail-at", point.step, "--errno", error)
    found = unclear(trial, refused, error)
    done = trial.director(point.words)
    if done.code != DONE:
        return [*found, f"the next run ended with {done.code}:\n{done.output}"]
    return found + problems(trial, campaign.before, campaign.nodes, planned=point.words[0] == "plan")


def refuse_each(campaign: Campaign, points: Sequence[Point], error: str) -> list[str]:
    """Let the system refuse some steps in turn; return everything that was wrong."""
    found = {point: refuse(campaign, point, error) for point in points}
    return [f"{point.words[0]} ({point.state}) at {point.step}: {text}" for point in points for text in found[point]]


def file_steps(campaign: Campaign, *verbs: str) -> list[Point]:
    """Return the points at which a file is changed in one of some ways."""
    return [point for point in campaign.points if point.step.startswith(verbs)]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_step_that_finds_the_disk_full_is_told_and_the_next_run_goes_on(
    campaign: Campaign, part: int, record_property: Callable[[str, object], None]
) -> None:
    points = file_steps(campaign, "write ", "append ", "make ")[part::PARTS]
    record_property("points", len(points))

    found = refuse_each(campaign, points, "ENOSPC")

    assert not found, "\n".join(found)


@pytest.mark.parametrize("error", OTHER_ERRORS)
def test_a_step_that_is_not_allowed_is_told_and_the_next_run_goes_on(
    campaign: Campaign, error: str, record_property: Callable[[str, object], None]
) -> None:
    points = file_steps(campaign, "write ", "append ", "make ", "rename ", "remove ")[OTHER_ERRORS.index(error) :: 12]
    record_property("points", len(points))

    found = refuse_each(campaign, points, error)

    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("error", SAID)
def test_any_step_that_is_refused_is_told(campaign: Campaign, error: str) -> None:
    points = file_steps(campaign, "write ", "append ", "make ", "rename ", "remove ")

    found = refuse_each(campaign, points, error)

    assert not found, "\n".join(found)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
@pytest.mark.parametrize("name", [".", "logs", "merged", "doit.db", "costs.jsonl"])
def test_a_job_file_that_may_not_be_written_is_told(campaign: Campaign, name: str) -> None:
    campaign.trial.restore("planned")
    place = campaign.trial.job / name
    if not place.exists():
        place.mkdir()
    usual = place.stat().st_mode
    place.chmod(0o555 if place.is_dir() else 0o444)

    refused = campaign.trial.director(RUN)
    place.chmod(usual)
    done = campaign.trial.director(RUN)

    assert unclear(campaign.trial, refused, "EACCES") == []
    assert refused.code == REFUSED
    assert done.code == DONE, done.output
    assert problems(campaign.trial, campaign.before, campaign.nodes) == []


def halve(path: Path) -> None:
    """Leave half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path: Path) -> None:
    """Leave a file that cannot be read as what it is."""
    path.write_bytes(b"\x00\xff{]\n" * 7)


def forget(path: Path) -> None:
    """Delete a file or a directory."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def lock(path: Path) -> None:
    """Leave the lock that git had on a file when the machine went down."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(f"{path.name}.lock").touch()


def replace_by_file(path: Path) -> None:
    """Put a file where a directory is."""
    shutil.rmtree(path)
    path.write_text("in the way\n")


def empty(path: Path) -> None:
    """Delete what is in a directory."""
    shutil.rmtree(path)
    path.mkdir()


APPROVALS = ["approved/spec.json", "approved/plan.json"]
MARKERS = ["tests/a.json", "merged/a.json", "nodes/a.json", "baseline.json", "integration.json", *APPROVALS]
RECORDS = ["doit.db", "costs.jsonl", "metrics.jsonl", "logs/run/a/2/outcome.json", "logs/run/a/2/reply.json"]
SLOTS = ("agent-1", "gate-1")
DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    *((damage, f"job/{name}") for damage in (forget, halve, garble) for name in (*MARKERS, *RECORDS)),
    *((forget, f"job/{name}") for name in ("logs", "generated", "lock", "merged", "tests", "nodes", "approved")),
    (forget, "cache"),
    *((damage, f"cache/{slot}/index") for slot in SLOTS for damage in (forget, halve, garble, lock)),
    *((damage, f"cache/{slot}/tree") for slot in SLOTS for damage in (forget, empty, replace_by_file)),
    *((damage, f"cache/{slot}/tree/.git") for slot in SLOTS for damage in (forget, empty)),
    (lock, "branch"),
    (lock, "kept/a/1"),
]


def place_of(trial: Trial, name: str) -> Path:
    """Return where something lies that the damages name."""
    job = trial.read("job.json")
    roots = {
        "job": trial.job,
        "cache": trial.home / ".cache" / "director" / job["id"],
        "branch": trial.repository / ".git" / "refs" / "heads" / job["branch"],
        "kept": trial.repository / ".git" / "refs" / "director" / job["id"],
    }
    root, _, rest = name.partition("/")
    return roots[root] / rest


@pytest.mark.parametrize(("damage", "name"), DAMAGES, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_lost_or_spoiled_is_made_again_without_asking_an_agent(
    campaign: Campaign, damage: Callable[[Path], None], name: str
) -> None:
    trial = campaign.trial
    trial.restore("done")
    asked = trial.calls("asked")
    damage(place_of(trial, name))
    (trial.job / "integration.json").unlink(missing_ok=True)

    done = trial.director([*RUN, "--auto"])

    assert done.code == DONE, done.output
    assert trial.calls("asked") == asked
    assert problems(trial, campaign.before, campaign.nodes) == []


@pytest.mark.parametrize(("damage", "name"), [entry for entry in DAMAGES if "cache" in entry[1]] + [(lock, "branch")])
def test_a_damaged_place_of_work_is_made_anew_for_the_work_that_is_left(
    campaign: Campaign, damage: Callable[[Path], None], name: str
) -> None:
    trial = campaign.trial
    trial.restore("planned")
    damage(place_of(trial, name))

    done = trial.director(RUN)

    assert done.code == DONE, done.output
    assert trial.calls("asked").keys() == campaign.calls
    assert problems(trial, campaign.before, campaign.nodes) == []


if __name__ == "__main__":
    print(json.dumps(run_on_a_full_disk(Path(sys.argv[1]))))
