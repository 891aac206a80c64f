"""A specification is read from a file or a directory, and what is none is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from director.artifacts.specs import MAX_BYTES, Given, read_given
from director.core.errors import ConfigError
from director.core.specs import SpecKind


def lay_out(root: Path, **files: str) -> Path:
    """Write files; `__` in a name is a `/`, and the names are those of Markdown files."""
    for name, text in files.items():
        place = root / f"{name.replace('__', '/').replace('_', '-')}.md"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return root


def read(path: Path) -> Given:
    return read_given(path, root=path.parent)


def test_a_file_is_a_specification_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "cache.md").write_bytes(b"\xef\xbb\xbf# The cache\n\nText.\n\n\n")

    found = read(tmp_path / "cache.md")

    assert (found.kind, found.path, found.title) == (SpecKind.FILE, "cache.md", "The cache")
    assert found.text == "# The cache\n\nText.\n"


def test_a_feature_of_spec_kit_is_known_by_its_spec(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "specs/001-albums", spec="# Feature Specification: Albums", tasks="- [ ] T001 Do it")

    found = read_given(root, root=tmp_path)

    assert (found.kind, found.path, found.title) == (
        SpecKind.SPEC_KIT,
        "specs/001-albums",
        "Feature Specification: Albums",
    )
    assert list(found.parts) == ["spec.md", "tasks.md"]
    assert found.text.startswith("# From `spec.md` (Spec Kit, specs/001-albums)\n\n# Feature Specification: Albums\n")


def test_a_change_of_openspec_is_known_by_its_proposal_and_named_by_its_directory(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "add-login", proposal="## Why\n", specs__login__spec="## ADDED Requirements", design="d")

    found = read(root)

    assert (found.kind, found.title) == (SpecKind.OPENSPEC, "add-login")
    assert list(found.parts) == ["proposal.md", "specs/login/spec.md", "design.md"]


def binary(root: Path) -> Path:
    (root / "spec.md").write_bytes(b"# A\0\n")
    return root


def latin(root: Path) -> Path:
    (root / "spec.md").write_bytes("# größer".encode("latin-1"))
    return root / "spec.md"


def empty(root: Path) -> Path:
    return lay_out(root, spec="\n \n")


def large(root: Path) -> Path:
    return lay_out(root, spec="# A\n", plan="x" * MAX_BYTES)


def linked(root: Path) -> Path:
    lay_out(root, spec="# A\n")
    (root / "contracts").mkdir()
    (root / "contracts/api.yaml").symlink_to("/etc/passwd")
    return root


def linked_directory(root: Path) -> Path:
    lay_out(root, spec="# A\n")
    (root / "contracts").symlink_to("/etc")
    return root


def unknown(root: Path) -> Path:
    return lay_out(root, readme="# A\n")


def above(root: Path) -> Path:
    lay_out(root, specs__one__spec="# One\n", specs__two__spec="# Two\n")
    return root / "specs"


@pytest.mark.parametrize(
    ("make", "message", "hint"),
    [
        (lambda root: root / "missing.md", "there is no ", "give it a Markdown file"),
        (binary, "is not text", ""),
        (latin, "is not text in UTF-8", "save it as UTF-8"),
        (empty, "is empty", ""),
        (large, "is longer than 4000000 bytes", "shorten it"),
        (linked, "api.yaml' is a link", "put the file itself in its place"),
        (linked_directory, "contracts' is a link", ""),
        (unknown, "holds no specification that is known", "a feature of Spec Kit or a change of OpenSpec"),
        (above, "holds no specification that is known", "name one of "),
    ],
)
def test_what_is_no_specification_is_told(
    tmp_path: Path, make: Callable[[Path], Path], message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(make(tmp_path))

    assert message in caught.value.message
    assert hint in caught.value.hint
