"""Where something is measured, without names of machines or places."""

import os
import platform
import re
import subprocess
import tempfile
from pathlib import Path

import psutil

from benchmarks.speed.results import Machine


def this_machine() -> Machine:
    """Describe this machine."""
    found = re.search(r"^model name\s*: (.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return Machine(
        processor=found[1].strip() if found else platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        file_system=_file_system(Path(tempfile.gettempdir()).resolve()),
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        git=_said("git", "version").removeprefix("git version "),
    )


def commit_of(checkout: Path) -> str:
    """Return the short name of the commit of a checkout, marked if it has changes; nothing outside a repository."""
    return _said("git", "-C", str(checkout), "describe", "--always", "--dirty")


def _file_system(place: Path) -> str:
    mounted = [part for part in psutil.disk_partitions(all=True) if place.is_relative_to(part.mountpoint)]
    if not mounted:
        return "unknown"
    part = max(mounted, key=lambda part: len(part.mountpoint))
    return f"{part.fstype}{_journal(Path(part.device).name)}" if part.fstype == "ext4" else str(part.fstype)


def _journal(device: str) -> str:
    """Tell whether an ext4 has a journal: without, it looks through the files deleted of late whenever it makes one."""
    return f" with{'' if any(Path('/proc/fs/jbd2').glob(f'{device}-*')) else 'out'} a journal"


def _said(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()


def _read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""
