"""The outputs are those of real runs; long stacks in them are cut short, and their paths are those of Ada's machine."""

from pathlib import Path

import pytest

from director.core.testruns.outcome import count_tests, ran_no_tests, why_not_red

OUTPUTS = Path(__file__).parent / "outputs"
PASSED = "the test command passes already: test what the node's spec asks for and the code does not do yet"
NO_TESTS = "the test command ran no test: write tests that it finds, and skip none of them"


def output(name: str) -> str:
    return (OUTPUTS / f"{name}.txt").read_text(encoding="utf-8")


def not_found(name: str) -> str:
    return f"the test command did not find '{name}': write it where test_cmd looks for it"


def not_run(said: str) -> str:
    return f"the test command could not be run: {said}"


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("pytest-passed", 1),
        ("pytest-failed", 4),
        ("pytest-failed-quiet", 4),
        ("pytest-failed-very-quiet", None),
        ("pytest-failed-coloured", 2),
        ("pytest-subtests", 2),
        ("pytest-implementation-missing", 1),
        ("pytest-no-tests", 0),
        ("pytest-all-deselected", 0),
        ("pytest-all-skipped", 0),
        ("pytest-only-collected", 0),
        ("pytest-usage-error", None),
        ("pytest-not-installed", None),
        ("unittest-passed", 1),
        ("unittest-failed", 2),
        ("unittest-implementation-missing", 1),
        ("unittest-no-tests", 0),
        ("unittest-no-tests-3.12", 0),
        ("unittest-all-skipped", 0),
        ("unittest-one-of-two-skipped-3.12.1", 1),
        ("unittest-syntax-error", None),
        ("node-passed-tap", 1),
        ("node-failed-spec", 2),
        ("node-failed-tap", 2),
        ("node-implementation-missing-cjs", 1),
        ("node-no-tests", 0),
        ("node-all-skipped", 0),
        ("vitest-passed", 1),
        ("vitest-failed", 2),
        ("vitest-implementation-missing", 1),
        ("vitest-1-implementation-missing", 1),
        ("vitest-no-tests", 0),
        ("vitest-no-files", 0),
        ("vitest-all-skipped", 0),
        ("jest-passed", 1),
        ("jest-failed", 2),
        ("jest-implementation-missing", 1),
        ("jest-no-tests", 0),
        ("jest-no-files", 0),
        ("go-passed", 1),
        ("go-passed-verbose", 2),
        ("go-failed", 1),
        ("go-implementation-missing", 1),
        ("go-no-tests", 0),
        ("go-no-test-files", 0),
        ("cargo-failed", 3),
        ("cargo-implementation-missing", None),
        ("cargo-no-tests", 0),
        ("sh-command-not-found", None),
    ],
)
def test_a_runner_says_how_many_tests_ran(name: str, count: int | None) -> None:
    assert count_tests(output(name)) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", None),
        ("all is well\n", None),
        ("5 files in 0.3s\n", None),
        ("3 passed in 0.12s\r\n", 3),
        ("== 1 passed, 2 warnings in 65.01s (0:01:05) ==\n", 1),
        ("== 12 passed in 0.12 seconds ==\n", 12),
        ("2/3 tests collected (1 deselected) in 0.01s\n", 0),
        (".\nRan 1 test in 0.1s\n\nOK (skipped=3)\n", 1),
        ("Fs\nRan 1 test in 0.1s\n\nFAILED (failures=1, skipped=1)\n", 1),
        ("test_a ... ok\nRan 1 test in 0.1s\n\nOK (skipped=1)\n", 1),
        ("# todo 3\n", None),
    ],
)
def test_other_words_of_the_runners_are_known(text: str, count: int | None) -> None:
    assert count_tests(text) == count


def test_the_tests_of_several_runs_are_added_up() -> None:
    assert count_tests(output("pytest-failed") + output("node-failed-tap") + output("unittest-no-tests")) == 6


def test_what_cannot_be_told_is_not_nothing() -> None:
    assert not ran_no_tests("all is well\n")
    assert ran_no_tests(output("unittest-no-tests"))


@pytest.mark.parametrize(
    ("name", "exit_code", "test"),
    [
        ("pytest-failed", 1, "tests/test_func.py"),
        ("pytest-failed-very-quiet", 1, "tests/test_func.py"),
        ("pytest-failed-coloured", 1, "tests/test_red.py"),
        ("pytest-subtests", 1, "tests/test_sub.py"),
        ("pytest-implementation-missing", 2, "tests/test_wants.py"),
        ("pytest-name-missing", 2, "tests/test_attr.py"),
        ("pytest-7-named-test-wants-implementation", 4, "tests/test_wants.py"),
        ("pytest-syntax-error-elsewhere", 2, "tests/test_uses_mangled.py"),
        ("pytest-evaluates-bad-syntax", 1, "tests/test_exec.py"),
        ("unittest-failed", 1, "tests/test_red.py"),
        ("unittest-implementation-missing", 1, "tests/test_wants.py"),
        ("unittest-implementation-missing-3.13", 1, "tests/test_wants_sub.py"),
        ("node-failed-spec", 1, "n/red.test.js"),
        ("node-failed-tap", 1, "n/red.test.js"),
        ("node-implementation-missing-cjs", 1, "n/wants.test.js"),
        ("node-implementation-missing-esm", 1, "n/wants.test.mjs"),
        ("node-export-missing", 1, "n/export.test.mjs"),
        ("node-syntax-error-elsewhere", 1, "n/usesmangled.test.js"),
        ("vitest-failed", 1, "v/red.test.js"),
        ("vitest-implementation-missing", 1, "v/wants.test.js"),
        ("vitest-1-implementation-missing", 1, "v/wants.test.js"),
        ("jest-failed", 1, "j/red.test.js"),
        ("jest-implementation-missing", 1, "j/wants.test.js"),
        ("go-failed", 1, "red/a_test.go"),
        ("go-implementation-missing", 2, "wants/a_test.go"),
        ("cargo-failed", 101, "tests/red.rs"),
        ("cargo-implementation-missing", 101, "tests/wants.rs"),
        ("sh-script-wants-implementation", 127, "tests/greet.sh"),
        ("bash-script-wants-implementation", 127, "tests/greet.sh"),
    ],
)
def test_tests_that_wait_for_their_implementation_are_red(name: str, exit_code: int, test: str) -> None:
    assert why_not_red(exit_code=exit_code, timed_out=False, output=output(name), tests=[test]) is None


@pytest.mark.parametrize(
    ("name", "exit_code", "test", "reason"),
    [
        ("pytest-passed", 0, "tests/test_green.py", PASSED),
        ("pytest-no-tests", 5, "tests/test_empty.py", NO_TESTS),
        ("pytest-all-deselected", 5, "tests/test_red.py", NO_TESTS),
        ("pytest-all-skipped", 0, "tests/test_green.py", NO_TESTS),
        ("pytest-only-collected", 0, "tests/test_red.py", NO_TESTS),
        ("pytest-name-of-test-missing", 4, "tests/test_red.py", NO_TESTS),
        ("pytest-file-missing", 4, "tests/test_nope.py", not_found("tests/test_nope.py")),
        (
            "pytest-syntax-error",
            2,
            "tests/test_broken.py",
            "'tests/test_broken.py' cannot be parsed: SyntaxError: expected ':'",
        ),
        (
            "pytest-indentation-error",
            2,
            "tests/test_indent.py",
            "'tests/test_indent.py' cannot be parsed: IndentationError: unexpected indent",
        ),
        (
            "pytest-tab-error",
            2,
            "tests/test_tab.py",
            "'tests/test_tab.py' cannot be parsed: TabError: inconsistent use of tabs and spaces in indentation",
        ),
        (
            "pytest-usage-error",
            4,
            "tests/test_a.py",
            not_run("'error: unrecognized arguments: --bogus': use a command that works in a clean checkout"),
        ),
        (
            "pytest-not-installed",
            1,
            "tests/test_red.py",
            not_run("'No module named pytest': use a command that works in a clean checkout"),
        ),
        ("unittest-passed", 0, "tests/test_green.py", PASSED),
        ("unittest-no-tests", 0, "tests/test_empty.py", NO_TESTS),
        ("unittest-no-tests-3.12", 5, "tests/test_empty.py", NO_TESTS),
        ("unittest-all-skipped", 0, "tests/test_allskipped.py", NO_TESTS),
        ("unittest-one-of-two-skipped-3.12.1", 0, "tests/test_green.py", PASSED),
        ("unittest-file-missing", 1, "tests/test_nope.py", not_found("tests.test_nope")),
        ("unittest-file-missing-3.13", 1, "tests/test_nope.py", not_found("tests/test_nope")),
        ("unittest-name-of-test-missing", 1, "tests/test_red.py", not_found("test_zzz")),
        ("unittest-start-directory-missing", 1, "nope/test_a.py", not_found("nope")),
        (
            "unittest-syntax-error",
            1,
            "tests/test_broken.py",
            "'tests/test_broken.py' cannot be parsed: SyntaxError: expected ':'",
        ),
        (
            "unittest-syntax-error-discovered-3.13",
            1,
            "tests/test_broken.py",
            "'tests/test_broken.py' cannot be parsed: SyntaxError: expected ':'",
        ),
        ("python-file-missing", 2, "tests/test_nope.py", not_found("tests/test_nope.py")),
        ("node-passed-tap", 0, "n/green.test.js", PASSED),
        ("node-no-tests", 0, "n/red.test.js", NO_TESTS),
        ("node-all-skipped", 0, "n/red.test.js", NO_TESTS),
        ("node-file-missing", 1, "n/nope.test.js", not_found("n/nope.test.js")),
        ("node-script-missing", 1, "n/nope.test.js", not_found("n/nope.test.js")),
        (
            "node-syntax-error-cjs",
            1,
            "n/broken.test.js",
            "'n/broken.test.js' cannot be parsed: SyntaxError: Unexpected token ';'",
        ),
        (
            "node-syntax-error-esm",
            1,
            "n/broken.test.mjs",
            "'n/broken.test.mjs' cannot be parsed: SyntaxError: Unexpected end of input",
        ),
        ("vitest-passed", 0, "v/green.test.js", PASSED),
        ("vitest-no-tests", 1, "v/empty.test.js", NO_TESTS),
        ("vitest-no-files", 1, "v/nope.test.js", NO_TESTS),
        ("vitest-all-skipped", 0, "v/red.test.js", NO_TESTS),
        ("vitest-syntax-error", 1, "v/broken.test.js", "'v/broken.test.js' cannot be parsed: Parse failure"),
        (
            "vitest-syntax-error-typescript",
            1,
            "v/broken2.test.ts",
            "'v/broken2.test.ts' cannot be parsed: Transform failed",
        ),
        (
            "vitest-1-syntax-error",
            1,
            "v/broken2.test.ts",
            "'v/broken2.test.ts' cannot be parsed: Unexpected end of file",
        ),
        ("jest-passed", 0, "j/green.test.js", PASSED),
        ("jest-no-tests", 1, "j/empty.test.js", NO_TESTS),
        ("jest-no-files", 1, "j/nope.test.js", NO_TESTS),
        ("jest-syntax-error", 1, "j/broken.test.js", "'j/broken.test.js' cannot be parsed: Unexpected token (1:28)"),
        ("go-passed", 0, "green/a_test.go", PASSED),
        ("go-no-tests", 0, "green/a_test.go", NO_TESTS),
        ("go-no-test-files", 0, "none/a_test.go", NO_TESTS),
        ("go-directory-missing", 1, "nope/a_test.go", not_found("/home/ada/greeter/nope")),
        (
            "go-syntax-error",
            1,
            "broken/a_test.go",
            "'broken/a_test.go' cannot be parsed: expected operand, found ';'",
        ),
        ("cargo-no-tests", 0, "tests/red.rs", NO_TESTS),
        ("cargo-target-missing", 101, "tests/nope.rs", not_found("nope")),
        (
            "cargo-syntax-error",
            101,
            "tests/unclosed.rs",
            "'tests/unclosed.rs' cannot be parsed: this file contains an unclosed delimiter",
        ),
        (
            "sh-command-not-found",
            127,
            "tests/a.test.js",
            not_run(
                "'sh: 1: vitest: not found': use programs that are there, and start scripts through their interpreter"
            ),
        ),
        (
            "sh-script-not-executable",
            126,
            "tests/greet.sh",
            not_run(
                "'sh: 1: tests/greet.sh: Permission denied': use programs that are there, "
                "and start scripts through their interpreter"
            ),
        ),
        (
            "bash-script-syntax-error",
            2,
            "tests/broken.sh",
            "'tests/broken.sh' cannot be parsed: syntax error: unexpected end of file",
        ),
        ("sh-script-missing", 2, "tests/nope.sh", not_found("tests/nope.sh")),
        ("bash-script-missing", 127, "tests/nope.sh", not_found("tests/nope.sh")),
    ],
)
def test_a_run_that_is_not_red_says_why(name: str, exit_code: int, test: str, reason: str) -> None:
    assert why_not_red(exit_code=exit_code, timed_out=False, output=output(name), tests=[test]) == reason


def test_a_run_that_did_not_end_is_not_red() -> None:
    assert why_not_red(exit_code=-9, timed_out=True, output="", tests=["tests/test_a.py"]) == (
        "the test command did not end in time: a test must fail, not wait, while the implementation is missing"
    )


def test_a_failure_without_a_word_is_red() -> None:
    assert why_not_red(exit_code=1, timed_out=False, output="", tests=["tests/test_a.py"]) is None


def test_a_shell_that_cannot_run_a_command_need_not_say_so() -> None:
    reason = why_not_red(exit_code=127, timed_out=False, output="", tests=["tests/test_a.py"])

    assert reason == not_run(
        "'exit status 127': use programs that are there, and start scripts through their interpreter"
    )


def test_a_program_that_a_test_script_has_by_name_must_be_there() -> None:
    text = "tests/greet.sh: line 2: jq: command not found\n"

    reason = why_not_red(exit_code=127, timed_out=False, output=text, tests=["tests/greet.sh"])

    assert reason is not None
    assert "'tests/greet.sh: line 2: jq: command not found'" in reason


def test_a_test_module_that_another_test_imports_must_be_there() -> None:
    text = "E   ModuleNotFoundError: No module named 'tests.test_b'\n"

    reason = why_not_red(exit_code=2, timed_out=False, output=text, tests=["tests/test_a.py", "tests/test_b.py"])

    assert reason == not_found("tests/test_b.py")


def test_a_test_is_recognised_from_a_directory_of_the_repository() -> None:
    reason = why_not_red(
        exit_code=1, timed_out=False, output=output("go-syntax-error"), tests=["server/broken/a_test.go"]
    )

    assert reason == "'server/broken/a_test.go' cannot be parsed: expected operand, found ';'"


@pytest.mark.parametrize(
    "text",
    [
        "AssertionError: Could not find 'config.toml' in the output\n",
        "Could not find 'Ada'\nFAILED\n",
        "greeter: error: unrecognized arguments: --name\n",
        "/usr/bin/python3: No module named greeter\n",
        "cat: greeting.txt: No such file or directory\n",
        "E   ModuleNotFoundError: No module named 'greeter.tests'\n",
    ],
)
def test_what_the_implementation_lacks_is_no_fault_of_the_tests(text: str) -> None:
    assert why_not_red(exit_code=1, timed_out=False, output=text, tests=["greeter/tests/test_a.py"]) is None
