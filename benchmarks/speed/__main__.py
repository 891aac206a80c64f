"""Measures how fast director and a peer are, side by side, and writes the results.

python -m benchmarks.speed --peer /path/to/venv/bin/director     director-cli, in an environment of its own
"""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.speed.machine import commit_of, this_machine
from benchmarks.speed.results import Row, read_results, with_rows
from benchmarks.speed.rows import (
    growth,
    large_repository,
    makespan,
    memory,
    orchestration,
    planning,
    startup,
    unchanged,
    validation,
)
from benchmarks.speed.setting import Measure, Setting
from benchmarks.speed.subjects import Director, Peer
from benchmarks.speed.tables import markdown, table

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
ROWS: dict[str, Measure] = {
    "orchestration": orchestration.measure,
    "growth": growth.measure,
    "makespan": makespan.measure,
    "planning": planning.measure,
    "unchanged": unchanged.measure,
    "startup": startup.measure,
    "large-repository": large_repository.measure,
    "memory": memory.measure,
    "validation": validation.measure,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the rows, print their table, and write it unless it is a first impression."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that nothing is left behind
    options = _parser().parse_args(arguments)
    setting = Setting(Director(options.director), Peer(options.peer) if options.peer else None, options.quick)
    rows = list(_measured(setting, options.only or list(ROWS)))
    print("\n".join(table(rows)))
    page = options.out or (None if options.quick else RESULTS)
    if page:
        kept = page.with_suffix(".json") if options.out else RESULTS.with_name("results.json")
        results = with_rows(read_results(kept), rows, order=list(ROWS))
        kept.write_text(results.model_dump_json(indent=1) + "\n")
        page.write_text(markdown(results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--peer", type=_program, help="the program of director-cli; without it director alone is measured"
    )
    parser.add_argument("--director", type=_program, default=Path(sys.executable).with_name("director"))
    parser.add_argument("--only", action="append", choices=list(ROWS), help="a row; may be given again")
    parser.add_argument("--quick", action="store_true", help="smaller sizes; written only with --out")
    parser.add_argument("--out", type=Path, help=f"the page, with a .json beside it [{RESULTS.relative_to(ROOT)}]")
    return parser


def _program(path: str) -> Path:
    return Path(path).absolute()


def _measured(setting: Setting, names: Iterable[str]) -> Iterable[Row]:
    machine, date = this_machine(), time.strftime("%Y-%m-%d")
    versions = {subject.name: _version(subject.program) for subject in setting.subjects}
    for name in names:
        print(f"{name} …", flush=True)
        found = ROWS[name](setting)
        yield Row(name=name, **vars(found), machine=machine, date=date, quick=setting.quick, **versions)


def _version(program: Path) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    own = program == Path(sys.executable).with_name("director")
    return f"{said} at {commit_of(ROOT)}" if own else said


if __name__ == "__main__":
    main()
