"""Nothing that is configured for a repository or a user runs in our calls, or bends their answers."""

import os
import subprocess
from pathlib import Path

import pytest

from director.git.new import make_repository
from director.git.repository import Repository
from tests.git.checkout import Checkout, git, tree_of
from tests.git.everything import call_everything

HOOKS = [
    "reference-transaction",
    "post-index-change",
    "post-checkout",
    "post-commit",
    "post-merge",
    "post-rewrite",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "pre-auto-gc",
    "fsmonitor-watchman",
]
PROGRAMS = [
    "core.fsmonitor",
    "core.sshCommand",
    "core.askPass",
    "core.editor",
    "core.pager",
    "core.alternateRefsCommand",
    "pager.log",
    "sequence.editor",
    "credential.helper",
    "gpg.program",
    "diff.external",
    "diff.trap.command",
    "diff.trap.textconv",
    "merge.trap.driver",
    "merge.odd=name.driver",
    "filter.trap.clean",
    "filter.trap.smudge",
    "filter.odd=name.clean",
    "filter.odd=name.smudge",
    "filter.process.process",
    "trailer.director-task.command",
    "trailer.director-task.cmd",
    "uploadpack.packObjectsHook",
]
ATTRIBUTES = """\
* diff=trap
top.txt filter=trap merge=trap
run.sh filter=process
dir/file.txt filter=odd=name merge=odd=name
"""
SIGNED = """\
tree {tree}
parent {parent}
author Ada <ada@example.org> 1767323045 +0000
committer Ada <ada@example.org> 1767323045 +0000
gpgsig -----BEGIN PGP SIGNATURE-----
\x20
 trap
 -----END PGP SIGNATURE-----

signed
"""
SETTINGS = [
    "core.autocrlf=true core.fileMode=false core.ignoreCase=true core.trustctime=false core.checkStat=minimal",
    "core.autocrlf=input core.symlinks=false core.quotePath=true core.abbrev=4 core.commentChar=D",
    "core.eol=crlf core.untrackedCache=true core.splitIndex=true core.sparseCheckout=true index.sparse=true",
    "index.version=4 feature.manyFiles=true core.logAllRefUpdates=always extensions.worktreeConfig=true",
    "i18n.commitEncoding=ISO-8859-1 format.pretty=oneline log.showSignature=true log.decorate=full",
    "i18n.logOutputEncoding=ISO-8859-1 trailer.separators== color.ui=always status.branch=true",
    "diff.noprefix=true diff.renames=copies diff.context=0 log.diffMerges=on status.showUntrackedFiles=no",
    "merge.default=union merge.renames=false merge.conflictStyle=diff3 diff.mnemonicPrefix=true",
    "commit.gpgSign=true user.signingKey=nobody user.useConfigOnly=true merge.directoryRenames=true",
]


@pytest.fixture
def sentinel(tmp_path: Path) -> Path:
    return tmp_path / "what-ran"


@pytest.fixture
def trapped(checkout: Checkout, sentinel: Path) -> Repository:
    """A repository whose hooks and programs leave a sentinel if they run, and whose last commit is signed."""
    checkout.commit("attributes", **{".gitattributes": ATTRIBUTES})
    sign(checkout)
    for hook in HOOKS:
        (checkout.root / ".git" / "hooks").mkdir(exist_ok=True)
        (checkout.root / ".git" / "hooks" / hook).symlink_to(checkout.add_program(hook, sentinel))
    for key in PROGRAMS:
        checkout.git("config", key, str(checkout.add_program(key, sentinel)))
    for key in ("filter.trap.required", "commit.gpgSign", "log.showSignature"):
        checkout.git("config", key, "true")
    for name in ("top.txt", "dir/file.txt"):
        os.utime(checkout.root / name, (1, 1))
    sentinel.unlink(missing_ok=True)
    return Repository.open(checkout.root)


def sign(checkout: Checkout) -> None:
    raw = SIGNED.format(tree=checkout.git("rev-parse", "HEAD^{tree}"), parent=checkout.git("rev-parse", "HEAD"))
    checkout.write("../signed", raw)
    checkout.git("reset", "-q", "--hard", checkout.git("hash-object", "-t", "commit", "-w", "../signed"))


def ran(sentinel: Path) -> set[str]:
    return set(sentinel.read_text().split()) if sentinel.exists() else set()


def test_no_hook_and_no_configured_program_runs(trapped: Repository, sentinel: Path, tmp_path: Path) -> None:
    call_everything(trapped, tmp_path)

    assert ran(sentinel) == set()


def test_no_hook_of_a_configured_directory_runs(
    checkout: Checkout, repository: Repository, sentinel: Path, tmp_path: Path
) -> None:
    for hook in HOOKS:
        checkout.add_program(hook, sentinel)
    checkout.git("config", "--global", "core.hooksPath", str(tmp_path / "programs"))

    call_everything(repository, tmp_path)

    assert ran(sentinel) == set()


def test_those_traps_catch_a_git_that_is_not_sealed(trapped: Repository, sentinel: Path) -> None:
    for command in ("git log --patch", "git add top.txt dir/file.txt", "git commit -m x", "git checkout -q -b side"):
        subprocess.run(command.split(), cwd=trapped.root, check=False, capture_output=True)

    traps = {"core.fsmonitor", "gpg.program", "diff.trap.textconv", "filter.trap.clean", "filter.odd=name.clean"}
    assert traps | {"reference-transaction", "post-index-change", "post-checkout"} <= ran(sentinel)


def test_nothing_of_ours_runs_for_a_new_repository(
    checkout: Checkout, sentinel: Path, tmp_path: Path, sealed: Path
) -> None:
    for hook in HOOKS:
        checkout.add_program(hook, sentinel)
    git(sealed, "config", "--global", "core.hooksPath", str(tmp_path / "programs"))
    git(sealed, "config", "--global", "commit.gpgSign", "true")
    git(sealed, "config", "--global", "gpg.program", str(checkout.add_program("gpg", sentinel)))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "file").write_text("content\n")

    make_repository(tmp_path / "new", message="begin")

    assert ran(sentinel) == set()
    assert git(tmp_path / "new", "log", "--format=%s", "--", "file") == "begin"


@pytest.mark.parametrize("settings", SETTINGS)
def test_settings_change_no_answer(checkout: Checkout, tmp_path: Path, settings: str) -> None:
    git(tmp_path, "clone", "-q", str(checkout.root), "plain")
    git(tmp_path, "clone", "-q", str(checkout.root), "configured")
    for setting in settings.split():
        git(tmp_path / "configured", "config", *setting.split("=", 1))

    expected = call_everything(Repository.open(tmp_path / "plain"), tmp_path / "a")
    answered = call_everything(Repository.open(tmp_path / "configured"), tmp_path / "b")

    assert answered == expected


@pytest.mark.parametrize("setting", ["core.excludesFile", "core.attributesFile"])
def test_the_rules_of_a_user_for_every_repository_change_no_answer(
    checkout: Checkout, tmp_path: Path, setting: str
) -> None:
    git(tmp_path, "clone", "-q", str(checkout.root), "plain")
    git(tmp_path, "clone", "-q", str(checkout.root), "configured")
    expected = call_everything(Repository.open(tmp_path / "plain"), tmp_path / "a")
    (tmp_path / "rules").write_text("* text eol=crlf export-ignore -diff\n*\n")
    git(tmp_path, "config", "--global", setting, str(tmp_path / "rules"))

    answered = call_everything(Repository.open(tmp_path / "configured"), tmp_path / "b")

    assert answered == expected


def without_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{who}_NAME")
        monkeypatch.delenv(f"GIT_{who}_EMAIL")


def author_of_a_commit(repository: Repository) -> str:
    head = repository.commit("HEAD")
    commit = repository.commit_tree(tree_of(repository, head), parent=head, message="x")
    return repository.git.text("log", "-1", "--format=%an <%ae>, %cn <%ce>", commit)


def test_a_git_that_lies_where_git_starts_is_not_run(
    checkout: Checkout, head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    (checkout.root / ".git" / "git").write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    (checkout.root / ".git" / "git").chmod(0o755)

    assert Repository.open(checkout.root).git.text("rev-parse", head) == head
    assert not (tmp_path / "ran").exists()


def test_the_identity_of_the_environment_is_used(repository: Repository) -> None:
    assert author_of_a_commit(repository) == "Ada <ada@example.org>, Ada <ada@example.org>"


def test_the_identity_of_the_configuration_is_used(
    checkout: Checkout, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_identity(monkeypatch)
    checkout.git("config", "--global", "user.name", "Grace Höpper")
    checkout.git("config", "user.email", "grace@example.org")

    assert author_of_a_commit(repository) == "Grace Höpper <grace@example.org>, Grace Höpper <grace@example.org>"


def test_without_an_identity_ours_is_used(
    checkout: Checkout, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_identity(monkeypatch)
    checkout.git("config", "user.useConfigOnly", "true")

    assert author_of_a_commit(repository) == "director <director@localhost>, director <director@localhost>"


def test_a_new_repository_needs_no_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_identity(monkeypatch)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "file").write_text("content\n")

    make_repository(tmp_path / "new", message="begin")

    assert git(tmp_path / "new", "log", "--format=%an") == "director"
