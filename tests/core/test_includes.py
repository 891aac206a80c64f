import time

import pytest

from director.core.includes import included_paths


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("@docs/style.md", ["docs/style.md"]),
        ("See @docs/style.md and\t@docs/git.md for more\n", ["docs/style.md", "docs/git.md"]),
        ("- @./a.md\n- @a.md\n- @b/../a.md", ["a.md"]),
        ("@docs/with\\ space.md", ["docs/with space.md"]),
        ("@README.md#usage", ["README.md"]),
        ("a@b.example (@c.md) x@d.md", []),
        ("@ alone, @. and @..", []),
        ("@/etc/passwd @~/secret @~ @../up.md @a/../../up.md @#x", []),
        ("`@a.md` and ``@b.md ` @c.md`` and @d.md", ["d.md"]),
        ("`@a.md\nis one span` @b.md", ["b.md"]),
        ("a tick ` alone\n\nthat `@a.md` ends nowhere, @b.md", ["b.md"]),
        ("``` @a.md ```", []),
        ("```\n@a.md\n```\n@b.md", ["b.md"]),
        ("````md\n```\n@a.md\n```\n````\n@b.md", ["b.md"]),
        ("~~~ x ` y\n@a.md\n```\n@b.md\n~~~~\n@c.md", ["c.md"]),
        ("  - ```sh\n    @a.md\n    ```\n1. ```\n   @b.md", []),
        ("   ```sh\n   @a.md\n   ```\n@b.md", ["b.md"]),
        ("> ```\n> @a.md\n> ```\n@b.md", ["b.md"]),
        ("```\n@a.md", []),
        ("@a\x07.md", []),
    ],
)
def test_a_path_after_an_at_sign_is_included(text: str, paths: list[str]) -> None:
    assert included_paths(text, source="CLAUDE.md") == paths


def test_a_path_starts_at_the_directory_of_the_file_that_names_it() -> None:
    text = "@style.md @../CLAUDE.md @../../up.md"

    assert included_paths(text, source="docs/CLAUDE.md") == ["docs/style.md", "CLAUDE.md"]


@pytest.mark.parametrize("text", ["`", "` ``", "`a", "@", "@a ", "```\n", "~", "\n", "\\ ", "@\\ "])
def test_a_text_that_was_made_to_be_slow_to_read_is_read_at_once(text: str) -> None:
    started = time.process_time()

    included_paths(text * (32_000 // len(text)), source="CLAUDE.md")

    assert time.process_time() - started < 1


def test_runs_of_backticks_of_many_lengths_are_read_at_once() -> None:
    started = time.process_time()

    included_paths(" ".join("`" * length for length in range(1, 400)) + " @a.md", source="CLAUDE.md")

    assert time.process_time() - started < 1
