from director.core.documents import MAX_LINES, difference


def test_a_document_that_did_not_change_has_no_difference() -> None:
    assert difference("spec.md", "a\n", "a\n") == ""


def test_what_changed_is_shown_with_its_surroundings() -> None:
    shown = difference("spec.md", "one\ntwo\nthree\n", "one\n2\nthree\n")

    assert shown == "--- spec.md as it was\n+++ spec.md as it is\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three"


def test_of_what_is_too_long_it_is_only_said_that_it_changed() -> None:
    assert difference("spec.md", "x\n" * MAX_LINES, "y\n") == "spec.md changed; it is too long to be compared"
