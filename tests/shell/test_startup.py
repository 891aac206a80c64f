"""What makes programs of the user's do another thing when they start is put back after an agent or a test."""

import importlib.util
import os
import subprocess
import sys
import time
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

from director.shell.startup import StartupFiles

SITE = f"lib/python3.{sys.version_info.minor}/site-packages"
EVIL = "print('evil')\n"


HAS_ITS_OWN = importlib.util.find_spec("sitecustomize") is not None
"""Debian's Python has one, which goes before the user's."""


@pytest.fixture
def home(sealed: Path) -> Path:
    (sealed / "bin").mkdir()
    return sealed


@pytest.fixture
def active(tmp_path: Path) -> Path:
    """A virtual environment."""
    venv.create(tmp_path / "venv", symlinks=True)
    return tmp_path / "venv"


@pytest.fixture
def surroundings(home: Path) -> dict[str, str]:
    """What a Python of the system and the user's own programs see."""
    python = Path(sys.base_prefix) / "bin"
    return {"HOME": str(home), "PATH": f"{home}/bin:{home}/.local/bin:{python}:/usr/bin:/bin"}


def watch(aside: Path, environment: Mapping[str, str]) -> StartupFiles:
    return StartupFiles(aside, slots=aside.with_name("slots"), environment=environment)


def write(path: Path, text: str = EVIL, *, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def says(environment: Mapping[str, str], *argv: str) -> str:
    """Run a program by its name as a shell finds it, and return what it says."""
    done = subprocess.run(["/usr/bin/env", *argv], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def start(environment: Mapping[str, str], python: str = "python3") -> str:
    return says(environment, python, "-c", "pass")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("usercustomize.py", EVIL),
        pytest.param("sitecustomize.py", EVIL, marks=pytest.mark.skipif(HAS_ITS_OWN, reason="this Python has its own")),
        ("usercustomize/__init__.py", EVIL),
        ("zz.pth", "import sys; print('evil')\n"),
    ],
)
def test_a_hook_in_the_users_site_directory_runs_no_more(
    surroundings: dict[str, str], home: Path, tmp_path: Path, name: str, text: str
) -> None:
    startup = watch(tmp_path / "aside", surroundings)
    hook = write(home / ".local" / SITE / name, text)
    assert start(surroundings) == "evil\n"

    [intrusion] = startup.check()

    assert start(surroundings) == ""
    assert (intrusion.how, intrusion.restored) == ("created", True)
    kept = Path(intrusion.kept)
    assert (kept if kept.is_file() else kept / "__init__.py").read_text() == text
    path = hook if hook.parent.name == "site-packages" else hook.parent
    assert str(intrusion) == (
        f"the startup file '{path}' was created by an agent or a test: it was put back; "
        f"the foreign version is kept as {intrusion.kept}"
    )
    assert startup.check() == []


@pytest.mark.parametrize("by", ["PATH", "VIRTUAL_ENV"])
def test_a_virtual_environment_leads_to_no_slot(
    surroundings: dict[str, str], active: Path, tmp_path: Path, by: str
) -> None:
    environment = surroundings | ({by: str(active)} if by == "VIRTUAL_ENV" else {by: f"{active}/bin:/usr/bin:/bin"})
    startup = watch(tmp_path / "aside", environment)
    hook = write(active / SITE / "__editable__.package.pth", f"{tmp_path}/slots/agent-1/tree/src\n")

    assert [intrusion.restored for intrusion in startup.check()] == [True]

    assert not hook.exists()


def test_what_else_is_installed_into_a_virtual_environment_stays(
    surroundings: dict[str, str], active: Path, tmp_path: Path
) -> None:
    startup = watch(tmp_path / "aside", surroundings | {"VIRTUAL_ENV": str(active)})
    hook = write(active / SITE / "zz.pth", "/home/ada/project/src\n")

    assert startup.check() == []

    assert hook.exists()


def test_the_hooks_of_the_user_are_as_they_were(surroundings: dict[str, str], home: Path, tmp_path: Path) -> None:
    site = home / ".local" / SITE
    write(site / "usercustomize.py", "print('users')\n", mode=0o600)
    write(site / "users.pth", "# of the user\n")
    startup = watch(tmp_path / "aside", surroundings)
    write(site / "usercustomize.py", "print('other')\n")
    (site / "users.pth").unlink()

    found = startup.check()

    assert start(surroundings) == "users\n"
    assert (site / "usercustomize.py").stat().st_mode & 0o777 == 0o600
    assert (site / "users.pth").read_text() == "# of the user\n"
    assert [intrusion.how for intrusion in found] == ["changed", "deleted"]


def test_a_change_of_the_same_size_and_time_is_seen(surroundings: dict[str, str], home: Path, tmp_path: Path) -> None:
    hook = write(home / ".local" / SITE / "usercustomize.py", "print('users')\n")
    startup = watch(tmp_path / "aside", surroundings)
    times = hook.stat()
    hook.write_text("print('other')\n")
    os.utime(hook, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert len(startup.check()) == 1

    assert start(surroundings) == "users\n"


def test_a_program_that_shadows_another_is_taken_away(surroundings: dict[str, str], home: Path, tmp_path: Path) -> None:
    startup = watch(tmp_path / "aside", surroundings)
    programs = [write(home / place / "git", "#!/bin/sh\necho evil\n", mode=0o755) for place in ("bin", ".local/bin")]
    assert says(surroundings, "git", "--version") == "evil\n"

    found = startup.check()

    assert says(surroundings, "git", "--version").startswith("git version")
    assert (
        sorted(intrusion.what for intrusion in found) == [f"the startup file '{path}'" for path in sorted(programs)][:2]
    )


def test_a_program_that_the_user_has_may_become_another(
    surroundings: dict[str, str], home: Path, tmp_path: Path
) -> None:
    program = write(home / "bin/mine", "#!/bin/sh\necho one\n", mode=0o755)
    startup = watch(tmp_path / "aside", surroundings)
    program.write_text("#!/bin/sh\necho two\n")

    assert startup.check() == []

    assert says(surroundings, "mine") == "two\n"


def test_a_new_program_with_a_name_of_its_own_stays(surroundings: dict[str, str], home: Path, tmp_path: Path) -> None:
    startup = watch(tmp_path / "aside", surroundings)
    write(home / ".local/bin/new-program", "#!/bin/sh\necho new\n", mode=0o755)
    write(home / ".local" / SITE / "package/__init__.py", "")

    assert startup.check() == []

    assert says(surroundings, "new-program") == "new\n"


@pytest.mark.parametrize("path", [".gitconfig", ".config/git/config", ".config/git/attributes", ".config/git/ignore"])
@pytest.mark.parametrize("existed", [True, False])
def test_gits_files_of_the_user_are_as_they_were(
    surroundings: dict[str, str], home: Path, tmp_path: Path, path: str, existed: bool
) -> None:
    if existed:
        write(home / path, "# of the user\n")
    startup = watch(tmp_path / "aside", surroundings)
    write(home / path, "# of an agent\n")

    [intrusion] = startup.check()

    assert (home / path).exists() == existed
    assert not existed or (home / path).read_text() == "# of the user\n"
    assert Path(intrusion.kept).read_text() == "# of an agent\n"


def test_what_git_writes_through_a_link_is_undone_behind_the_link(
    surroundings: dict[str, str], home: Path, tmp_path: Path
) -> None:
    target = write(home / "dotfiles/gitconfig", "[user]\n\tname = Ada\n")
    (home / ".gitconfig").symlink_to(target)
    startup = watch(tmp_path / "aside", surroundings)
    subprocess.run(["git", "config", "--global", "core.hooksPath", "/evil"], env=surroundings, check=True)
    assert "evil" in target.read_text()

    assert len(startup.check()) == 1

    assert target.read_text() == "[user]\n\tname = Ada\n"
    assert (home / ".gitconfig").readlink() == target


@pytest.mark.parametrize("instead", ["link", "directory"])
def test_a_linked_directory_of_the_user_is_linked_again(
    surroundings: dict[str, str], home: Path, tmp_path: Path, instead: str
) -> None:
    users = write(home / "dotfiles/git/config", "# of the user\n")
    (home / ".config").symlink_to("dotfiles")
    startup = watch(tmp_path / "aside", surroundings)
    (home / ".config").unlink()
    if instead == "link":
        (home / ".config").symlink_to("elsewhere")
    write((home / ".config").resolve() / "git/config")

    assert [intrusion.what for intrusion in startup.check()] == [f"the startup file '{home}/.config'"]

    assert (home / ".config").readlink() == Path("dotfiles")
    assert (home / ".config/git/config").read_text() == users.read_text() == "# of the user\n"


def test_a_link_in_the_place_of_a_directory_is_not_followed(
    surroundings: dict[str, str], home: Path, tmp_path: Path
) -> None:
    outside = write(tmp_path / "outside" / "usercustomize.py").parent
    startup = watch(tmp_path / "aside", surroundings)
    (home / ".local" / SITE).parent.mkdir(parents=True)
    (home / ".local" / SITE).symlink_to(outside)
    assert start(surroundings) == "evil\n"

    [intrusion] = startup.check()

    assert start(surroundings) == ""
    assert intrusion.restored
    assert [path.name for path in outside.glob("*.py")] == ["usercustomize.py"]


def test_a_link_in_the_place_of_a_file_is_not_followed(
    surroundings: dict[str, str], home: Path, tmp_path: Path
) -> None:
    outside = write(tmp_path / "outside", "outside\n")
    write(home / ".gitconfig", "# of the user\n")
    startup = watch(tmp_path / "aside", surroundings)
    (home / ".gitconfig").unlink()
    (home / ".gitconfig").symlink_to(outside)

    assert [intrusion.restored for intrusion in startup.check()] == [True]

    assert not (home / ".gitconfig").is_symlink()
    assert (home / ".gitconfig").read_text() == "# of the user\n"
    assert outside.read_text() == "outside\n"


def test_what_is_no_file_gives_way(surroundings: dict[str, str], home: Path, tmp_path: Path) -> None:
    write(home / ".gitconfig", "# of the user\n")
    startup = watch(tmp_path / "aside", surroundings)
    (home / ".gitconfig").unlink()
    os.mkfifo(home / ".gitconfig")
    write(home / ".config/git/config/inside")

    assert [intrusion.restored for intrusion in startup.check()] == [True, True]

    assert (home / ".gitconfig").read_text() == "# of the user\n"
    assert not (home / ".config/git/config").exists()


def test_a_user_without_a_home_is_no_error(tmp_path: Path) -> None:
    assert watch(tmp_path / "aside", {}).check() == []


def test_a_check_of_what_did_not_change_reads_nothing_and_takes_no_time(
    surroundings: dict[str, str], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        write(home / f"bin/program-{number}", mode=0o755)
    time.sleep(0.1)
    startup = watch(tmp_path / "aside", surroundings)
    monkeypatch.setattr(Path, "lstat", None)
    monkeypatch.setattr(os, "listdir", None)

    seconds = []
    for _ in range(20):
        before = time.perf_counter()
        assert startup.check() == []
        seconds.append(time.perf_counter() - before)

    assert min(seconds) < 0.005
