"""What an agent is told of AGENTS.md and CLAUDE.md."""

from pathlib import Path

import pytest

from director.core.guidance import GUIDANCE_BYTES
from director.core.includes import MAX_DEPTH
from director.job.job import Job
from director.stages.guidance import find_guides, guidance
from tests.git.checkout import Checkout
from tests.job.jobs import make_job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return make_job(tmp_path / "repository")


@pytest.fixture
def checkout(job: Job) -> Checkout:
    return Checkout(job.repository.root)


def guides(job: Job, commit: str, *paths: str) -> list[str]:
    """Return which files are shown, in order, and who includes them."""
    found = find_guides(job, commit, paths)
    return [f"{guide.path} < {guide.included_by}" if guide.included_by else guide.path for guide in found]


def test_the_files_above_the_paths_are_shown_the_general_before_the_particular(job: Job, checkout: Checkout) -> None:
    names = ["AGENTS.md", "CLAUDE.md", "src/AGENTS.md", "src/deep/CLAUDE.md", "tests/AGENTS.md", "other/AGENTS.md"]
    commit = checkout.commit(**{name: f"Mind {name}.\n" for name in names})

    shown = guidance(job, commit, ["src/deep/a.py", "tests/test_a.py"])

    assert guides(job, commit, "src/deep/a.py", "tests/test_a.py") == [
        "AGENTS.md",
        "CLAUDE.md",
        "src/AGENTS.md",
        "tests/AGENTS.md",
        "src/deep/CLAUDE.md",
    ]
    assert guides(job, commit) == ["AGENTS.md", "CLAUDE.md"]
    assert "`src/AGENTS.md`:\n```\nMind src/AGENTS.md.\n" in shown


def test_what_a_claude_file_includes_stands_after_it_each_file_once(job: Job, checkout: Checkout) -> None:
    commit = checkout.commit(
        **{
            "AGENTS.md": "@docs/code.md\n",
            "CLAUDE.md": "@AGENTS.md @docs/a.md\n\n`@docs/never.md`\n",
            "docs/a.md": "@b.md @../CLAUDE.md\n",
            "docs/b.md": "@a.md @missing.md @../docs\n",
            "docs/code.md": "code\n",
            "docs/never.md": "never\n",
            "src/CLAUDE.md": "@../docs/b.md @own.md\n",
            "src/own.md": "own\n",
        }
    )

    shown = guidance(job, commit, ["src/x.py"])

    assert guides(job, commit, "src/x.py") == [
        "AGENTS.md",
        "docs/code.md < AGENTS.md",
        "CLAUDE.md",
        "docs/a.md < CLAUDE.md",
        "docs/b.md < docs/a.md",
        "src/CLAUDE.md",
        "src/own.md < src/CLAUDE.md",
    ]
    assert "`docs/a.md` (included by `CLAUDE.md`):\n```\n@b.md" in shown


def test_an_agents_file_alone_includes_nothing(job: Job, checkout: Checkout) -> None:
    commit = checkout.commit(**{"AGENTS.md": "@a.md\n", "a.md": "a\n"})

    assert guides(job, commit) == ["AGENTS.md"]


def test_includes_are_followed_to_a_depth(job: Job, checkout: Checkout) -> None:
    chain = {f"{number}.md": f"@{number + 1}.md\n" for number in range(1, MAX_DEPTH + 3)}
    commit = checkout.commit(**{"CLAUDE.md": "@1.md\n", **chain})

    assert guides(job, commit)[-1] == f"{MAX_DEPTH}.md < {MAX_DEPTH - 1}.md"


def test_nothing_outside_the_commit_is_included(job: Job, checkout: Checkout, sealed: Path) -> None:
    (sealed / "secret.md").write_text("secret\n")
    (checkout.root.parent / "beside.md").write_text("secret\n")
    commit = checkout.commit(**{"CLAUDE.md": f"@~/secret.md @{sealed}/secret.md @../beside.md @later.md @link.md\n"})
    (checkout.root / "link.md").symlink_to(sealed / "secret.md")
    linked = checkout.commit()
    checkout.write("later.md", "not committed\n")
    checkout.write("CLAUDE.md", "edited\n")

    assert guides(job, linked) == guides(job, commit) == ["CLAUDE.md"]
    assert "edited" not in guidance(job, linked)


def test_a_link_to_the_other_file_is_shown_once_and_its_includes_count(job: Job, checkout: Checkout) -> None:
    checkout.write("AGENTS.md", "@a.md\n")
    checkout.write("a.md", "a\n")
    (checkout.root / "CLAUDE.md").symlink_to("AGENTS.md")
    commit = checkout.commit()

    assert guides(job, commit) == ["AGENTS.md", "a.md < CLAUDE.md"]


def test_empty_and_binary_files_say_nothing(job: Job, checkout: Checkout) -> None:
    checkout.write("AGENTS.md", "")
    checkout.write("logo.png", b"\x89PNG\x00")
    commit = checkout.commit(**{"CLAUDE.md": "@logo.png\n"})

    assert guides(job, commit) == ["CLAUDE.md"]


def test_where_there_is_too_much_the_particular_is_whole_and_the_rest_is_pointed_to(
    job: Job, checkout: Checkout
) -> None:
    commit = checkout.commit(
        **{
            "CLAUDE.md": "@long.md\n" + "general\n" * GUIDANCE_BYTES,
            "long.md": "included\n" * 10,
            "src/AGENTS.md": "particular\n" * 1000,
        }
    )

    shown = guidance(job, commit, ["src/a.py"])

    assert shown.count("particular\n") == 1000
    assert "[the file goes on: " in shown
    assert "`long.md` (included by `CLAUDE.md`) has 90 bytes and is not shown; read it in the worktree." in shown
    assert len(shown) < GUIDANCE_BYTES + 1000


def test_a_file_that_includes_very_many_costs_a_bounded_time(job: Job, checkout: Checkout) -> None:
    many = {f"docs/{number}.md": f"guide {number}\n" for number in range(150)}
    text = "".join(f"@docs/{number}.md\n" for number in range(150))
    commit = checkout.commit(**{"CLAUDE.md": text, **many})

    assert 50 < len(guides(job, commit)) <= 101


def test_no_worktree_is_needed_for_it(job: Job, checkout: Checkout) -> None:
    commit = checkout.commit(**{"AGENTS.md": "Be kind.\n"})

    assert "Be kind." in guidance(job, commit)
    assert not job.cache.exists()
