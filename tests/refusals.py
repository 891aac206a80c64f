"""What a refusal is: one message with its hint, exit code 2, and nothing changed."""

from pathlib import Path

from tests.project import Done


def everything(*roots: Path) -> dict[str, tuple[int, str | bytes]]:
    """Return all that is below directories, git's own files too: the mode, and what a file holds or a link names."""
    return {str(path): (path.lstat().st_mode, _held(path)) for root in roots for path in (root, *root.rglob("*"))}


def _held(path: Path) -> str | bytes:
    if path.is_symlink():
        return str(path.readlink())
    return path.read_bytes() if path.is_file() else ""


def assert_refused(done: Done, message: str, hint: str = "") -> None:
    """Check the form of a refusal: the message, the hint, and nothing else."""
    assert done.code == 2, done.out + done.err
    assert done.out == ""
    expected = f"error: {message}\n" + (f"hint: {hint}\n" if hint else "")
    assert done.err == expected
    assert message[0].islower() or message[0] in "'("
    assert not message.endswith(".")
    assert not hint.endswith(".")
