"""Backends are found by name; one that cannot be had says what to do."""

import sys
from pathlib import Path

import pytest

from director.agents.registry import backend_names, find_backend
from director.agents.replay import Replay
from director.core.errors import ConfigError


def install(directory: Path, name: str, target: str, code: str = "") -> None:
    """Install a package with one backend below a directory, as pip leaves it behind."""
    info = directory / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[director.backends]\n{name} = {target}\n")
    if code:
        (directory / f"{name}_module.py").write_text(code)


def test_a_backend_is_found_by_its_name() -> None:
    assert find_backend("replay") is Replay
    assert {"opencode", "replay", "acp"} <= set(backend_names())


def test_a_backend_of_another_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "mine", "mine_module:Mine", "class Mine: pass\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert find_backend("mine").__name__ == "Mine"


def test_a_name_that_nobody_has_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigError) as caught:
        find_backend("nothing")

    assert caught.value.message == f"there is no backend 'nothing' (installed: {', '.join(backend_names())})"


def test_a_missing_extra_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("director.agents.acp")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "acp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "acp", None)

    with pytest.raises(ConfigError) as caught:
        find_backend("acp")

    assert caught.value.message == "the backend 'acp' needs the Python module 'acp', which is not installed"
    assert caught.value.hint == "install what it needs: pip install 'director-doit[acp]'"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("gone_module:Mine", "the backend 'mine' needs the Python module 'gone_module', which is not installed"),
        ("mine_module:Gone", "the backend 'mine' cannot be imported: module 'mine_module' has no attribute 'Gone'"),
    ],
)
def test_a_package_that_is_broken_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, message: str
) -> None:
    install(tmp_path, "mine", target, "x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ConfigError) as caught:
        find_backend("mine")

    assert caught.value.message == message
