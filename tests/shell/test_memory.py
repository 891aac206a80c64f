"""director's own memory: how often it is looked through, and from how many pools threads take it."""

import gc
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from director.shell import memory

THREADS = 24
POOLS = f"""
import sys, threading
from ctypes import CDLL, c_char_p, c_int, c_void_p
from director.shell import memory

if sys.argv[1] == "shared":
    memory.share_pools()
library, met = CDLL(None), threading.Barrier({THREADS} + 1)
library.fopen.restype, library.fopen.argtypes = c_void_p, (c_char_p, c_char_p)
library.malloc_info.argtypes, library.fclose.argtypes = (c_int, c_void_p), (c_void_p,)

def take():
    taken = [bytes(1000) for _ in range(100)]
    met.wait()
    met.wait()

for _ in range({THREADS}):
    threading.Thread(target=take, daemon=True).start()
met.wait()
file = library.fopen(sys.argv[2].encode(), b"w")
library.malloc_info(0, file)
library.fclose(file)
met.wait()
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def pools(how: str, directory: Path) -> int:
    """Return how many pools many threads have in a process of their own."""
    told = directory / how
    subprocess.run([sys.executable, "-c", POOLS, how, told], check=True)
    return len(re.findall("<heap ", told.read_text()))


def test_what_lasts_looks_more_often_than_what_is_over_soon() -> None:
    memory.look_seldom()
    seldom = gc.get_threshold()[0]
    memory.look_often()

    assert gc.get_threshold()[0] < seldom


def test_what_is_there_when_something_that_lasts_begins_is_not_looked_through_again() -> None:
    look = "import gc\nfrom director.shell import memory\nmemory.look_often()"
    code = f"{look}\nprint(len(gc.get_objects()), gc.get_freeze_count())"

    looked_at, left_alone = map(int, subprocess.check_output([sys.executable, "-c", code]).split())

    assert looked_at < left_alone


def test_what_is_there_at_the_end_is_not_looked_through() -> None:
    code = (
        "import sys\nfrom director.shell import memory\n{0}\n"
        "class Ring:\n    def __del__(self): print('looked through', flush=True)\n"
        "ring = Ring()\nring.ring = ring\ndel ring"
    )
    run = partial(subprocess.check_output, text=True)

    assert run([sys.executable, "-c", code.format("")]) == "looked through\n"
    assert run([sys.executable, "-c", code.format("memory.look_seldom()")]) == ""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library")
def test_many_threads_share_few_pools_of_memory(tmp_path: Path) -> None:
    assert pools("shared", tmp_path) == 2 < pools("apart", tmp_path)
