"""director cache: what is kept, in a repository and outside of one."""

import json
import os
import time
from pathlib import Path

import pytest

from director.cli.main import main
from director.job.patches import patch_store
from tests.core.test_patches import PATCH
from tests.endtoend.test_published import assert_fits

DAY = 86_400


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a directory that is no repository."""
    monkeypatch.chdir(tmp_path)


def keep(digit: str, *, hits: int = 0, days: float = 0.0) -> None:
    """Keep a patch that was used so many times, the last time so many days ago."""
    store, patch = (
        patch_store(),
        PATCH.model_copy(update={"key": digit * 64, "title": f"Title {digit}", "cost_usd": 0.25}),
    )
    store.write(patch)
    for _ in range(hits):
        store.count_hit(patch.key)
    for path in store.directory.glob(f"{patch.key}.*"):
        os.utime(path, (time.time() - days * DAY,) * 2)


def test_an_empty_cache_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache"]) == 0
    assert capsys.readouterr().out.startswith("0 patches, 0.0 kB of 500 MB")


def test_it_lists_what_is_kept_and_what_that_saved(capsys: pytest.CaptureFixture[str]) -> None:
    keep("1", days=3)
    keep("2", hits=2)

    assert main(["cache"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0].split() == ["node", "title", "made", "by", "cost", "hits", "size", "used"]
    assert lines[1].split() == ["a", "Title", "1", "command:mine/coder", "$0.2500", "0", "0.5", "kB", "3", "d", "ago"]
    assert lines[2].endswith("within the hour")
    assert lines[3].endswith("used: 2 nodes from the cache, $0.5000 saved")


def test_as_json_it_fits_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    keep("1")

    assert main(["cache", "--json"]) == 0
    printed = capsys.readouterr().out

    assert_fits("cache", printed)
    assert [patch["key"] for patch in json.loads(printed)["patches"]] == ["1" * 64]


@pytest.mark.parametrize(
    ("options", "left"), [([], {"1", "2"}), (["--older", "30"], {"2"}), (["--older", "1"], set()), (["--all"], set())]
)
def test_it_prunes(options: list[str], left: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    keep("1", days=40)
    keep("2", hits=1, days=2)

    assert main(["cache", "prune", *options]) == 0

    assert {kept.key[0] for kept in patch_store().kept()} == left
    dropped = 2 - len(left)
    assert capsys.readouterr().out == f"dropped {dropped} patch{'' if dropped == 1 else 'es'}\n"


def test_to_push_it_has_to_know_where_to(
    project: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir("repository")

    assert main(["cache", "push"]) == 2
    assert "say which: director cache push --remote origin" in capsys.readouterr().err
    assert main(["cache", "push", "--remote", "--upload-pack=x"]) == 2
    assert main(["cache", "push", "--remote", "ext::sh"]) == 2
    assert "'ext::sh' is not the name of a remote" in capsys.readouterr().err
