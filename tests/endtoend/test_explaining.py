"""Why tasks are pending, to the line, and what they are likely to cost: told before anything is spent."""

import json
import re
from pathlib import Path

import pytest

from tests.project import Project, code_of, node, unittest_of

EDITED = """\
tests:alpha is pending:
  - its part of the plan changed: .director/plan.json:7: the spec: 'Return it.' is now 'Return it, with a comment.'
run:alpha is pending:
  - its part of the plan changed: .director/plan.json:7: the spec: 'Return it.' is now 'Return it, with a comment.'
  - may change with tests:alpha, for the same reason
run:beta is pending:
  - may change with run:alpha, because its part of the plan changed: .director/plan.json:7: the spec: 'Return it.' is \
now 'Return it, with a comment.'
run:delta is pending:
  - may change with run:beta, that with run:alpha, because its part of the plan changed: .director/plan.json:7: the \
spec: 'Return it.' is now 'Return it, with a comment.'
"""
TESTED = """\
run:alpha is pending:
  - its part of the plan changed: .director/plan.json:7: the spec: 'Return it.' is now 'Return it, with a comment.'
  - the locked tests of 'alpha' changed: test_alpha.py:7
"""
LANDED = """\
run:beta is pending:
  - the result of 'alpha' changed: alpha.py:3 (landed by run:alpha, COMMIT)
  - with it may change: run:delta
integrate is pending:
  - the result of 'alpha' changed: alpha.py:3 (landed by run:alpha, COMMIT)
  - the gate commands or the job branch changed
"""
DONE = """\
run:beta is up to date: all that it reads is as it was built
  - from the result of 'alpha' (COMMIT), its part of the plan and the locked tests of 'beta'
  - on director/job-ID as COMMIT, made DATE UTC, by replay:.director/cassette.yaml, attempt 1, $0.0100 in 1 call
"""
DOCUMENTS = """\
recon is pending:
  - 'task.md' changed: .director/task.md:2: 'and test them' is new
spec is pending:
  - 'task.md' changed: .director/task.md:2: 'and test them' is new
gate:spec is pending:
  - 'spec.md' changed: .director/spec.md:3: 'Modules.' is now 'Many modules.'
decompose is pending:
  - 'spec.md' changed: .director/spec.md:3: 'Modules.' is now 'Many modules.'
  - with it may change: slices and gate:plan
"""
LISTED = """\
task         likely cost      likely time     why
slices       –                TIME            'plan.json' changed: .director/plan.json:7: 'alpha': the spec: \
'Return it.' is now 'Return it, with a comment.'
tests:alpha  $0.0100          TIME            its part of the plan changed: .director/plan.json:7: the spec: \
'Return it.' is now 'Return it, with a comment.'
gate:plan    –                –               'plan.json' changed: .director/plan.json:7: 'alpha': the spec: \
'Return it.' is now 'Return it, with a comment.'
run:alpha    $0.0100          TIME            its part of the plan changed: .director/plan.json:7: the spec: \
'Return it.' is now 'Return it, with a comment.'
run:beta     at most $0.0100  at most TIME    may change with run:alpha
run:delta    at most $0.0100  at most TIME    may change with run:beta
integrate    –                TIME            may change with run:alpha, run:beta and run:delta
likely cost of all: $0.0400 ($0.0200–$0.0400); $0.0200 of it is sure to be asked for
likely time of all with -n 4: TIME
"""


@pytest.fixture
def chain(tmp_path: Path) -> Project:
    """A job of a chain of three nodes that is up to date."""
    nodes = [node("alpha", spec="Return it."), node("beta", needs=("alpha",)), node("delta", needs=("beta",))]
    project = Project.create(tmp_path / "repository", nodes)
    project.plan()
    assert project.director("run").code == 0
    return project


@pytest.fixture
def planned(project: Project) -> Project:
    """A job that is planned and not built."""
    project.plan()
    return project


def edit(project: Project, name: str, before: str, now: str) -> None:
    text = project.file(name).read_text()
    assert before in text
    project.file(name).write_text(text.replace(before, now))


def told(project: Project, *arguments: str) -> str:
    """What a command says, without what differs from run to run."""
    done = project.director(*arguments)
    assert done.code == 0, done.err
    text = re.sub(r"\b[0-9a-f]{8,40}\b", "COMMIT", done.out.replace(project.branch, "director/job-ID"))
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", text)
    return re.sub(r"[\d.]+ (s|min)( \([\d.]+–[\d.]+\))?(?= |\n)", "TIME", text)


def explained(project: Project, *tasks: str) -> str:
    return "".join(told(project, "explain", task) for task in tasks)


def test_a_change_is_told_to_the_line_from_the_plan_to_what_landed(chain: Project) -> None:
    done = explained(chain, "run:beta")
    edit(chain, "plan.json", "Return it.", "Return it, with a comment.")
    asked = chain.asked()
    edited = explained(chain, "tests:alpha", "run:alpha", "run:beta", "run:delta")
    listed = told(chain, "pending")
    assert chain.asked() == asked

    tests = unittest_of("alpha").replace("value", "it")
    chain.set_call("test_author", "tests:alpha", {"files": {"test_alpha.py": tests}})
    chain.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha") + "# The first.\n"}})
    chain.director("run", "tests:alpha")
    tested = explained(chain, "run:alpha")
    chain.director("run", "run:alpha", "--auto", "--no-critique")
    landed = told(chain, "explain")
    chain.file("doit.db").unlink()
    forgotten = json.loads(chain.director("pending", "--json").out)["pending"]

    assert done == DONE
    assert edited == EDITED
    assert re.sub(" {2,}", " ", listed) == re.sub(" {2,}", " ", LISTED)
    assert tested == TESTED
    assert landed == LANDED
    asks = {entry["task"]: entry["asks"] for entry in forgotten}
    assert [asks[f"tests:{name}"] for name in ("alpha", "beta", "delta")] == ["nobody"] * 3
    assert [asks[f"run:{name}"] for name in ("alpha", "beta", "delta")] == ["nobody", "maybe", "maybe"]


def test_a_change_of_a_document_is_told_to_the_line(planned: Project) -> None:
    with planned.file("task.md").open("a") as file:
        file.write("and test them\n")
    edit(planned, "spec.md", "Modules.", "Many modules.")

    assert explained(planned, "plan") == DOCUMENTS


def test_without_what_was_kept_a_change_is_told_in_fewer_words(planned: Project) -> None:
    for copy in planned.file("built").iterdir():
        copy.write_text("{}")
    edit(planned, "plan.json", "a function alpha()", "a function alpha(x)")

    assert explained(planned, "tests:alpha") == "tests:alpha is pending:\n  - its part of the plan changed\n"
    assert "\n  - 'plan.json' changed\n" in explained(planned, "slices")


def test_what_an_agent_put_into_a_lock_is_only_words(planned: Project) -> None:
    lock = planned.read("tests/alpha.json")
    lock["files"] = {"test_alpha.py": "--output=written", "\x1b[2Jx": "0" * 40}
    planned.file("tests/alpha.json").write_text(json.dumps(lock))

    said = planned.director("explain", "gate:plan").out

    assert "the locked tests of 'alpha' changed: test_alpha.py; '\\x1b[2Jx': is new\n" in said
    assert not list(planned.root.rglob("written"))


def test_a_job_that_was_put_aside_tells_what_a_new_one_is_likely_to_cost(planned: Project) -> None:
    planned.director("plan", "--new", "write other modules")

    found = json.loads(planned.director("pending", "--auto", "--json").out)

    by_task = {entry["task"]: entry for entry in found["pending"]}
    assert by_task["decompose"]["cost_usd"]["median"] == 0.01
    assert (by_task["gate:spec"]["asks"], by_task["slices"]["asks"]) == ("surely", "nobody")
    assert found["whole"]["unknown"][-1] == "how many nodes there will be: the plan is not made yet"


def test_a_tier_without_records_is_said_to_have_none(planned: Project) -> None:
    tier = "replay:./.director/cassette.yaml"
    edit(planned, "config.toml", 'executor = "replay:.director/cassette.yaml"', f'executor = "{tier}"')

    said = planned.director("pending").out

    assert f"not known: what a call of '{tier}' costs: there is no record of one\n" in said
    assert "likely cost" not in said.partition("\n")[2]
