"""Documents that director and the user write: a hand edit is seen."""

from pathlib import Path

import pytest

from director.artifacts.directory import JobDirectory
from director.artifacts.documents import is_hand_edited, write_document


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    return JobDirectory(tmp_path / ".director")


def test_a_document_that_is_missing_is_not_edited(directory: JobDirectory) -> None:
    assert not is_hand_edited(directory, directory.spec)


def test_a_document_as_director_wrote_it_is_not_edited(directory: JobDirectory) -> None:
    write_document(directory, directory.spec, "# Spec\n")

    assert directory.spec.read_text() == "# Spec\n"
    assert not is_hand_edited(directory, directory.spec)


def test_a_document_that_differs_in_one_byte_is_edited(directory: JobDirectory) -> None:
    write_document(directory, directory.spec, "# Spec\n")

    directory.spec.write_text("# Spec")

    assert is_hand_edited(directory, directory.spec)


def test_a_document_that_was_edited_back_is_not_edited(directory: JobDirectory) -> None:
    write_document(directory, directory.spec, "# Spec\n")
    directory.spec.write_text("# Mine\n")

    directory.spec.write_text("# Spec\n")

    assert not is_hand_edited(directory, directory.spec)


def test_a_document_of_the_user_alone_is_edited(directory: JobDirectory) -> None:
    directory.path.mkdir()
    directory.plan.write_text("{}")

    assert is_hand_edited(directory, directory.plan)


def test_a_document_that_was_deleted_is_not_edited(directory: JobDirectory) -> None:
    write_document(directory, directory.spec, "# Spec\n")

    directory.spec.unlink()

    assert not is_hand_edited(directory, directory.spec)


def test_documents_are_told_apart(directory: JobDirectory) -> None:
    write_document(directory, directory.spec, "same\n")
    write_document(directory, directory.recon, "same\n")

    directory.recon.write_text("edited\n")

    assert (is_hand_edited(directory, directory.spec), is_hand_edited(directory, directory.recon)) == (False, True)


def test_a_document_that_was_written_again_after_an_edit_is_not_edited(directory: JobDirectory) -> None:
    write_document(directory, directory.spec, "# Spec\n")
    directory.spec.write_text("# Mine\n")

    write_document(directory, directory.spec, "# Again\n")

    assert not is_hand_edited(directory, directory.spec)
