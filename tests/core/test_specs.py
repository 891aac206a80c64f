"""Which documents of other tools make a specification, and how they are combined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.core.specs import LAYOUTS, Layout, SpecKind, arranged, combined, title_of

OPENSPEC, SPEC_KIT = LAYOUTS


def test_the_documents_of_a_feature_are_read_in_the_order_in_which_they_were_made() -> None:
    paths = [
        "tasks.md",
        "contracts/z.yaml",
        "contracts/a/b.json",
        "checklists/x.md",
        "plan.md",
        "spec.md",
        "research.md",
    ]

    assert arranged(SPEC_KIT, paths) == [
        "spec.md",
        "plan.md",
        "research.md",
        "contracts/a/b.json",
        "contracts/z.yaml",
        "tasks.md",
    ]


def test_the_documents_of_a_change_are_read_with_its_capabilities() -> None:
    paths = [".openspec.yaml", "specs/b/spec.md", "specs/a/deep/spec.md", "specs/a/notes.md", "tasks.md", "proposal.md"]

    assert arranged(OPENSPEC, paths) == ["proposal.md", "specs/a/deep/spec.md", "specs/b/spec.md", "tasks.md"]


@given(st.lists(st.sampled_from(["spec.md", "plan.md", "tasks.md", "contracts/a", "contracts/b", "other.md"])))
def test_the_order_does_not_depend_on_that_of_the_files(paths: list[str]) -> None:
    assert arranged(SPEC_KIT, paths) == arranged(SPEC_KIT, sorted(set(paths)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_sign_of_a_layout_is_its_first_document(layout: Layout) -> None:
    assert layout.order[0] == layout.sign
    assert layout.kind in SpecKind


def test_each_part_stands_below_its_name_and_what_is_no_markdown_in_a_fence() -> None:
    parts = {"spec.md": "\n# Albums\n\nText.\n", "contracts/api.yaml": "a: '```'\n"}

    assert combined("Spec Kit", "specs/001-albums", parts) == (
        "# From `spec.md` (Spec Kit, specs/001-albums)\n\n# Albums\n\nText.\n\n"
        "# From `contracts/api.yaml` (Spec Kit, specs/001-albums)\n\n````\na: '```'\n````\n"
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Albums", "Albums"),
        ("intro\n\n# Albums #\n", "Albums"),
        ("```sh\n# a comment\n```\n# Albums\n", "Albums"),
        ("~~~~\n```\n# a comment\n~~~\n# another\n~~~~\n# Albums\n", "Albums"),
        ("## Why\n\nBecause.\n", None),
        ("#hashtag\n", None),
        ("", None),
    ],
)
def test_the_title_is_the_first_heading_of_the_first_level(text: str, title: str | None) -> None:
    assert title_of(text) == title
