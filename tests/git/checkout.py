"""A user's checkout, to be made, changed and looked at in tests."""

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from director.git.repository import Repository


def git(directory: Path, *arguments: str) -> str:
    """Run git as a person or an agent would, and return what it prints."""
    done = subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True)
    return done.stdout.decode(errors="surrogateescape").strip()


def tree_of(repository: Repository, commit: str) -> str:
    """Return the tree of a commit."""
    return repository.git.text("rev-parse", "--verify", f"{commit}^{{tree}}")


@dataclass(frozen=True)
class Checkout:
    """A repository with files."""

    root: Path

    @classmethod
    def create(cls, root: Path, *options: str) -> "Checkout":
        """Make a repository without a commit."""
        root.mkdir(parents=True)
        git(root, "init", "--quiet", "--initial-branch=main", *options)
        return cls(root)

    def git(self, *arguments: str) -> str:
        """Run git in the checkout."""
        return git(self.root, *arguments)

    def write(self, path: str, content: str | bytes = "content\n", *, executable: bool = False) -> Path:
        """Write a file."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        place.chmod(0o755 if executable else 0o644)
        return place

    def commit(self, message: str = "a commit", **files: str) -> str:
        """Commit everything, with these files written before; return the commit."""
        for path, content in files.items():
            self.write(path, content)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def add_program(self, name: str, sentinel: Path) -> Path:
        """Write a program outside of the checkout that leaves a sentinel if it runs, and passes its input on."""
        program = self.root.parent / "programs" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho {name} >> '{sentinel}'\ncat 2>/dev/null\nexit 0\n")
        program.chmod(0o755)
        return program


def fingerprint(directory: Path) -> dict[str, str]:
    """Return what every file below a directory holds, by its path."""
    return {
        str(path.relative_to(directory)): _content(path)
        for path in sorted(directory.rglob("*"))
        if path.is_symlink() or not path.is_dir()
    }


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if not path.is_file():
        return "neither file nor link"
    return f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
