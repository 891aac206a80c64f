import json
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.core.errors import PlanError
from director.core.graph import closure
from director.core.plan.node import Plan, PlannedNode
from director.core.plan.paths import folded
from director.core.plan.validation import check_plan, find_problems, parse_plan


def node(node_id: str, *needs: str, files: tuple[str, ...] = (), tests: tuple[str, ...] = ()) -> PlannedNode:
    return PlannedNode(
        id=node_id,
        spec="Do it.",
        files=files or (f"src/{node_id}.py",),
        depends_on=needs,
        test_cmd="pytest",
        tests=tests or (f"tests/test_{node_id}.py",),
    )


def problems(*nodes: PlannedNode) -> list[str]:
    return find_problems(Plan(nodes=nodes))


def test_a_plan_that_can_be_built_has_no_problem() -> None:
    assert problems(node("lex"), node("parse", "lex"), node("print", "lex"), node("run", "parse", "print")) == []


def test_a_plan_needs_a_node() -> None:
    assert problems() == ["nodes: the plan has none: write at least one node"]


def test_a_node_needs_everything_but_a_title() -> None:
    assert problems(PlannedNode(id="lex")) == [
        "node 'lex': spec: is empty: say what to do, readable with no other context",
        "node 'lex': test_cmd: is empty: give the shell command that runs the node's tests",
        "node 'lex': files: is empty: name each file that the executor may change",
        "node 'lex': tests: is empty: name the test files that decide",
    ]


def test_blanks_are_as_good_as_nothing() -> None:
    blank = node("lex").model_copy(update={"spec": " \n", "test_cmd": "\t"})

    assert problems(blank) == [
        "node 'lex': spec: is empty: say what to do, readable with no other context",
        "node 'lex': test_cmd: is empty: give the shell command that runs the node's tests",
    ]


def test_no_shell_takes_a_nul_character() -> None:
    assert problems(node("lex").model_copy(update={"test_cmd": "pytest\0"})) == [
        "node 'lex': test_cmd: holds a NUL character: take it out"
    ]


@pytest.mark.parametrize("title", ["Write\nDirector-Node: other", "a\rb", "a\u2028b", "a\x1b[2J"])
def test_a_title_is_one_line(title: str) -> None:
    assert problems(node("lex").model_copy(update={"title": title})) == [
        "node 'lex': title: holds a line break or control character: write one line"
    ]


@pytest.mark.parametrize("node_id", ["a", "A1", "lexer-2", "parse_expr", "7", "x" * 64])
def test_a_slug_is_an_id(node_id: str) -> None:
    assert problems(node(node_id, files=("a",), tests=("b",))) == []


@pytest.mark.parametrize(
    "node_id",
    ["", "-a", ".a", "_a", "a.b", "a b", "a/b", "..", "a\n", "ä", "x" * 65, "con", "NUL", "com1", "Lpt9", "a;rm -rf ."],
)
def test_what_cannot_name_a_file_and_a_ref_is_no_id(node_id: str) -> None:
    (problem,) = problems(node(node_id, files=("a",), tests=("b",)))

    assert problem.endswith(
        ": id: cannot name files and refs: use 1 to 64 letters, digits, '-' and '_', the first a letter or a digit, "
        "and no name that Windows reserves"
    )
    assert len(problem.splitlines()) == 1


def test_an_id_is_given_once() -> None:
    same = node("lex", files=("a",), tests=("b",)), node("lex", files=("c",), tests=("d",))

    assert problems(node("parse"), *same) == [
        "nodes[1] and nodes[2]: id: 'lex' is given to each of them: give every node its own id"
    ]


def test_ids_differ_in_more_than_case() -> None:
    assert problems(node("Lex", files=("a",), tests=("b",)), node("lex")) == [
        "nodes 'Lex' and 'lex': id: differ only in case: give every node its own id"
    ]


def test_a_node_that_is_not_there_is_likely_misspelled() -> None:
    assert problems(node("lexer"), node("parse", "lexr")) == [
        "node 'parse': depends_on: there is no node 'lexr': did you mean 'lexer'?"
    ]


def test_case_is_a_way_to_misspell() -> None:
    assert problems(node("lexer"), node("parse", "LEXER")) == [
        "node 'parse': depends_on: there is no node 'LEXER': did you mean 'lexer'?"
    ]


def test_a_node_that_is_not_there_may_be_like_none_that_is() -> None:
    assert problems(node("lexer"), node("parse", "docs")) == [
        "node 'parse': depends_on: there is no node 'docs': name a node of the plan, or leave it out"
    ]


def test_a_node_does_not_wait_for_itself() -> None:
    assert problems(node("lex", "lex")) == ["node 'lex': depends_on: names the node itself: leave it out"]


def test_a_cycle_is_shown_as_a_path() -> None:
    assert problems(node("a", "b"), node("b", "c"), node("c", "a")) == [
        "nodes a -> b -> c -> a: depends_on: each waits for the next: leave one of these out"
    ]


def test_every_cycle_is_shown() -> None:
    assert problems(node("a", "b"), node("b", "a"), node("c", "d", "a"), node("d", "c")) == [
        "nodes a -> b -> a: depends_on: each waits for the next: leave one of these out",
        "nodes c -> d -> c: depends_on: each waits for the next: leave one of these out",
    ]


def test_a_long_cycle_is_shown_in_part() -> None:
    ring = [node(f"n{number}", f"n{(number + 1) % 50}") for number in range(50)]

    assert problems(*ring) == [
        "nodes n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> n7 -> ... 41 more ... -> n49 -> n0: depends_on: "
        "each waits for the next: leave one of these out"
    ]


def test_files_are_compared_even_where_there_is_a_cycle() -> None:
    assert problems(node("a", "b"), node("b", "a"), node("c", files=("x",)), node("d", files=("x",))) == [
        "nodes a -> b -> a: depends_on: each waits for the next: leave one of these out",
        "nodes 'c' and 'd' both write 'x' and may run at once: make one depend on the other, or split the file",
    ]


def test_paths_of_files_and_tests_are_judged() -> None:
    assert problems(node("lex", files=("/etc/passwd", "a//b"), tests=("tests/*.py",))) == [
        "node 'lex': files: '/etc/passwd' is absolute: write it from the repository's root",
        "node 'lex': files: 'a//b' has empty or '.' parts: write 'a/b'",
        "node 'lex': tests: 'tests/*.py' holds a glob character: name each file",
    ]


def test_a_problem_stays_on_its_line() -> None:
    found = problems(node("a\nb", "c\nd", files=("e\nf",), tests=("g\nh",)))

    assert len(found) == 4
    assert all(len(problem.splitlines()) == 1 for problem in found)


def test_two_nodes_that_may_run_at_once_do_not_write_the_same_file() -> None:
    assert problems(node("parse", files=("src/lexer.py",)), node("lex", files=("src/lexer.py",))) == [
        "nodes 'parse' and 'lex' both write 'src/lexer.py' and may run at once: "
        "make one depend on the other, or split the file"
    ]


def test_files_that_the_same_two_nodes_share_are_told_at_once() -> None:
    assert problems(node("a", files=("x", "y", "z")), node("b", files=("z", "y", "x"))) == [
        "nodes 'a' and 'b' both write 'x', 'y' and 'z' and may run at once: "
        "make one depend on the other, or split the files"
    ]


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("README.md", "readme.md", "'README.md' and 'readme.md'"),
        ("caf\u00e9.py", "cafe\u0301.py", "'caf\u00e9.py' and 'cafe\u0301.py'"),
    ],
)
def test_a_file_is_the_same_in_any_spelling(one: str, other: str, shown: str) -> None:
    assert problems(node("a", files=(one,)), node("b", files=(other,))) == [
        f"nodes 'a' and 'b' both write {shown} and may run at once: make one depend on the other, or split the file"
    ]


def test_nodes_that_wait_for_one_another_may_write_the_same_file() -> None:
    chain = [node("a", files=("x",)), node("b", "a"), node("c", "b", files=("x",)), node("d", "c", files=("x",))]

    assert problems(*chain) == []


def test_only_nodes_that_may_run_at_once_are_told() -> None:
    shared = [node("a", files=("x",)), node("b", "a", files=("x",)), node("c", "a", files=("x",))]

    assert problems(*shared) == [
        "nodes 'b' and 'c' both write 'x' and may run at once: make one depend on the other, or split the file"
    ]


def test_after_the_remedies_the_nodes_stand_in_a_row() -> None:
    wide = [node(name, files=("x",)) for name in "abc"]

    assert problems(*wide) == [
        "nodes 'a' and 'b' both write 'x' and may run at once: make one depend on the other, or split the file",
        "nodes 'b' and 'c' both write 'x' and may run at once: make one depend on the other, or split the file",
    ]


def test_a_node_names_a_file_in_one_spelling() -> None:
    assert problems(node("a", files=("Makefile", "makefile"))) == [
        "node 'a': files: 'Makefile' and 'makefile' may be one file: name it once"
    ]


def test_a_file_that_is_named_twice_does_no_harm() -> None:
    assert problems(node("a", files=("x", "x"))) == []


def test_an_executor_does_not_write_its_own_tests() -> None:
    assert problems(node("a", files=("src/a.py", "tests/test_a.py"))) == [
        "node 'a': files: 'tests/test_a.py' is one of its own tests, and locked: leave it out"
    ]


def test_an_executor_does_not_write_the_tests_of_another_node_even_after_it() -> None:
    assert problems(node("a"), node("b", "a", files=("Tests/test_a.py",))) == [
        "node 'b': files: 'Tests/test_a.py' is one of node 'a''s tests, and locked: leave it out"
    ]


def test_a_test_file_has_one_node_even_in_a_row() -> None:
    assert problems(node("a", tests=("tests/t.py",)), node("b", "a", tests=("tests/t.py",))) == [
        "nodes 'a' and 'b': tests: share 'tests/t.py': give each node test files of its own"
    ]


def test_a_file_is_no_directory_of_another_node_that_may_run_at_once() -> None:
    assert problems(node("a", files=("lib/x",)), node("b", files=("lib/x/y.py",))) == [
        "nodes 'a' and 'b': 'lib/x' cannot be a file with 'lib/x/y.py' below it: rename one of them"
    ]


def test_a_file_is_no_directory_in_its_own_node() -> None:
    assert problems(node("a", files=("lib/x", "Lib/X/y.py"))) == [
        "node 'a': 'lib/x' cannot be a file with 'Lib/X/y.py' below it: rename one of them"
    ]


def test_a_file_may_become_a_directory_later() -> None:
    assert problems(node("a", files=("lib/x",)), node("b", "a", files=("lib/x/y.py",))) == []


@pytest.mark.parametrize(
    ("files", "tests"), [(("tests",), ("tests/test_a.py",)), (("tests/test_a.py/x",), ("tests/test_a.py",))]
)
def test_a_locked_test_is_never_in_the_way_of_a_file(files: tuple[str, ...], tests: tuple[str, ...]) -> None:
    (problem,) = problems(node("a", tests=tests), node("b", "a", files=files, tests=("b.py",)))

    assert problem.endswith("below it: rename one of them")


def test_a_test_file_is_no_directory_of_another() -> None:
    assert problems(node("a", tests=("t",)), node("b", "a", tests=("t/b.py",))) == [
        "nodes 'a' and 'b': 't' cannot be a file with 't/b.py' below it: rename one of them"
    ]


IDS = ["a", "b", "c", "d"]
NODES = st.builds(
    node,
    st.sampled_from(IDS),
    st.sampled_from(IDS),
    files=st.lists(st.sampled_from(["x", "X", "x/y", "y", "z.py"]), min_size=1, max_size=2).map(tuple),
) | st.builds(
    node, st.sampled_from(IDS), files=st.lists(st.sampled_from(["x", "y", "z.py"]), min_size=1, max_size=2).map(tuple)
)


@given(st.lists(NODES, max_size=4, unique_by=lambda candidate: candidate.id))
def test_nodes_that_may_run_at_once_never_write_a_common_file(nodes: list[PlannedNode]) -> None:
    needs = {candidate.id: candidate.depends_on for candidate in nodes}
    if problems(*nodes):
        return

    for one, other in combinations(nodes, 2):
        if one.id not in closure([other.id], needs) and other.id not in closure([one.id], needs):
            assert not {folded(path) for path in one.files} & {folded(path) for path in other.files}


@given(st.lists(st.builds(node, st.text(), st.text(), files=st.lists(st.text()).map(tuple)), max_size=5))
def test_any_plan_is_judged_in_lines(nodes: list[PlannedNode]) -> None:
    assert all(len(problem.splitlines()) == 1 for problem in problems(*nodes))


def test_a_plan_of_ten_thousand_nodes_is_judged() -> None:
    # Diamonds in a row: each of them shares one file, the first and the last of each share another.
    nodes = []
    for first in range(0, 10_000, 4):
        top, left, right, bottom = (f"n{first + place}" for place in range(4))
        nodes += [
            node(top, *([f"n{first - 1}"] if first else []), files=("CHANGELOG.md", f"src/{first}")),
            node(left, top),
            node(right, top),
            node(bottom, left, right, files=("CHANGELOG.md", f"src/{first}")),
        ]
    nodes[-2] = node("n9998", "n9996", files=("CHANGELOG.md",))
    nodes[-3] = node("n9997", "n9996", files=("CHANGELOG.md",))

    assert problems(*nodes) == [
        "nodes 'n9997' and 'n9998' both write 'CHANGELOG.md' and may run at once: "
        "make one depend on the other, or split the file"
    ]


def test_check_plan_raises_with_every_problem_and_a_hint() -> None:
    plan = Plan(nodes=(node("a", "a"), node("b", "c")))

    with pytest.raises(PlanError) as caught:
        check_plan(plan, source="plan.json")

    assert str(caught.value) == (
        "plan.json holds a plan that cannot be built\n"
        "  - node 'a': depends_on: names the node itself: leave it out\n"
        "  - node 'b': depends_on: there is no node 'c': name a node of the plan, or leave it out\n"
        "hint: correct plan.json: every line ends in what to do"
    )
    assert len(caught.value.problems) == 2


def test_check_plan_says_nothing_of_a_plan_that_can_be_built() -> None:
    check_plan(Plan(nodes=(node("a"),)), source="plan.json")


def test_a_plan_of_director_cli_is_accepted_as_it_is() -> None:
    text = json.dumps(
        {
            "job_id": "20260102-030405",
            "task": "Greet by name.",
            "repo": "/home/ada/greeter",
            "created_at": "2026-01-02T03:04:05+00:00",
            "job_branch": "director/job-20260102-030405",
            "nodes": [
                {
                    "id": "greet",
                    "title": "Greet by name",
                    "spec": "Do it.",
                    "files": ["greeter.py"],
                    "depends_on": [],
                    "test_cmd": "pytest tests/test_greet.py",
                    "tests": ["tests/test_greet.py"],
                    "estimated_difficulty": "easy",
                    "test_hashes": {"tests/test_greet.py": "9f86d081884c7d65"},
                }
            ],
        }
    )

    plan = parse_plan(text, source="plan.json")

    assert [(found.id, found.estimated_difficulty) for found in plan.nodes] == [("greet", "easy")]


@given(st.lists(st.sampled_from(IDS), unique=True, min_size=1))
def test_a_plan_written_out_reads_as_itself(ids: list[str]) -> None:
    plan = Plan(nodes=tuple(node(name, *ids[:place]) for place, name in enumerate(ids)))

    assert parse_plan(json.dumps(plan.model_dump(mode="json")), source="plan.json") == plan


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("nodes: []", "Expecting value: line 1 column 1 (char 0)"),
        ('{"nodes": []} and more', "Extra data: line 1 column 15 (char 14)"),
        ('{"nodes": [}', "Expecting value: line 1 column 12 (char 11)"),
        ('{"nodes": [], "nodes": [{}]}', "the key 'nodes' stands twice in one object"),
        ('{"nodes": [{"id": "a", "id": "b"}]}', "the key 'id' stands twice in one object"),
        ('{"nodes": NaN}', "NaN is not a JSON value"),
        ('{"nodes": -Infinity}', "-Infinity is not a JSON value"),
        ("[" * 200_000, "it is nested too deeply"),
        ("\ufeff{}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"),
    ],
)
def test_a_plan_is_strict_json(text: str, problem: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(text, source="plan.json")

    assert str(caught.value).startswith("plan.json is not strict JSON\n  - ")
    assert problem in caught.value.problems[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[]", ["the whole: input should be an object"]),
        ("null", ["the whole: input should be an object"]),
        ('{"version": 2, "nodes": []}', ["version: 2 is of another version of director; this one reads 1"]),
        (
            '{"nodes": [{"id": 1, "file": [], "files": "a"}, {}]}',
            [
                "nodes[0].id: input should be a valid string",
                "nodes[0].files: input should be a valid array",
                "nodes[0].file: this key is not known",
                "nodes[1].id: this key is missing",
            ],
        ),
    ],
)
def test_json_that_is_no_plan_is_told_every_problem(text: str, found: list[str]) -> None:
    with pytest.raises(PlanError, match=r"^plan\.json holds no plan\n") as caught:
        parse_plan(text, source="plan.json")

    assert list(caught.value.problems) == found


def test_half_a_character_is_no_text() -> None:
    with pytest.raises(PlanError, match=r"the whole: invalid JSON: "):
        parse_plan('{"nodes": [{"id": "\\ud800"}]}', source="plan.json")


def test_a_plan_that_is_read_is_checked() -> None:
    with pytest.raises(PlanError, match=r"the plan has none"):
        parse_plan('{"nodes": []}', source="plan.json")
