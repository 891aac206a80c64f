"""Prompts that differ only in place and time have one digest; others do not."""

import pytest

from director.core.likeness import TEMPORARY, WORKTREES, prompt_digest, timeless

HERE = {
    "/home/ada/.cache/director/20260102-00aa11bb": WORKTREES,
    "/home/ada": "<home>",
    "/home/ada/work": "<repository>",
    "/home/ada/work/.director": "<job>",
    "/tmp": TEMPORARY,
    "20260102-00aa11bb": "<job-id>",
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/home/ada/.cache/director/20260102-00aa11bb/gate-12/tree/a.py", "<worktree>/a.py"),
        ("the raw reply is in /home/ada/work/.director/logs/spec/1/reply.json", "<job>/logs/spec/1/reply.json"),
        ("/home/ada/work.old and /home/adam", "<home>/work.old and /home/adam"),
        ("see /tmp/tmpab12_x/out.txt, and /srv/tmp/x", "see <temporary>, and /srv/tmp/x"),
        ("branch director/job-20260102-00aa11bb", "branch director/job-<job-id>"),
        ("Ran 3 tests in 0.002s", "Ran 3 tests in <time>"),
        ("1 passed in 0.12 seconds; 5 ms, 12.5µs", "1 passed in <time>; <time>, <time>"),
        ("duration_ms: 3.14", "duration_ms: <time>"),
        ("at 2026-01-02T03:04:05.678Z, 03:04:05", "at <moment>, <moment>"),
        ("<Thing object at 0x7f3cc92ec5d0>", "<Thing object at <address>>"),
        ("commit 06489aa06489aa06489aa06489aa06489aa06489", "commit <digest>"),
        ("connect to 127.0.0.1:43211", "connect to 127.0.0.1:<port>"),
        ("random seed: 1234, pid 99", "random seed: <number>, pid <number>"),
        ("[... 1234 characters left out ...]", "[... characters left out ...]"),
    ],
)
def test_what_differs_from_run_to_run_is_put_into_words(text: str, said: str) -> None:
    assert said in timeless(text, HERE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("within 5 seconds", "within 10 seconds"),
        ("version 1.2", "version 1.3"),
        ("line 12, in test", "line 13, in test"),
        ("index 0a1b2c3..4d5e6f7", "index 0a1b2c3..4d5e6f8"),
        ("do one thing", "do a thing"),
    ],
)
def test_what_a_prompt_says_keeps_prompts_apart(one: str, other: str) -> None:
    assert prompt_digest(one, HERE) != prompt_digest(other, HERE)


def test_the_same_failure_in_another_clone_has_the_same_digest() -> None:
    there = {"/srv/ci/cache/director/20270304-ffff0000": WORKTREES, "/srv/ci/clone": "<repository>"}
    one = 'File "/home/ada/.cache/director/20260102-00aa11bb/gate-1/tree/a.py", line 3\nRan 1 test in 0.001s'
    other = 'File "/srv/ci/cache/director/20270304-ffff0000/gate-3/tree/a.py", line 3\nRan 1 test in 0.014s'

    assert prompt_digest(one, HERE) == prompt_digest(other, there)
