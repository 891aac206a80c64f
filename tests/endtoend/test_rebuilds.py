"""What is built again after what, and what a listing says about it."""

import json

from tests.project import Project, call, code_of, unittest_of


def edit_node(project: Project, name: str, **fields: object) -> None:
    plan = project.read("plan.json")
    for entry in plan["nodes"]:
        if entry["id"] == name:
            entry.update(fields)
    project.file("plan.json").write_text(json.dumps(plan))


def pending(project: Project) -> dict[str, str]:
    done = project.director("pending", "--json")
    assert done.code == 0, done.err
    entries = json.loads(done.out)["pending"]
    return {entry["task"]: "; ".join(entry["reasons"] or entry["needs"]) for entry in entries}


def test_pending_tells_what_is_missing_before_during_and_after(project: Project) -> None:
    project.director("plan", "write the modules")
    before = pending(project)
    project.director("approve", "--auto", "--no-critique")
    planned = pending(project)
    project.director("run:alpha")
    during = pending(project)
    project.director("run")

    assert {"gate:spec", "decompose"} <= set(before)
    assert "run:beta" in planned
    assert set(planned) == {"baseline", "run:alpha", "run:beta", "run:gamma", "integrate"}
    assert set(during) == {"baseline", "run:beta", "run:gamma", "integrate"}
    assert pending(project) == {}


def test_a_listing_runs_nothing(project: Project) -> None:
    project.plan()
    asked = project.asked()

    pending(project)
    project.director("status")
    project.director("explain", "run:alpha")
    project.director("list", "--all", "-s")

    assert project.asked() == asked
    assert not project.file("merged").exists()


def test_an_edited_spec_rebuilds_its_node_and_nothing_else_if_the_result_is_the_same(project: Project) -> None:
    project.plan()
    project.director("run")
    asked = project.asked()
    edit_node(project, "alpha", spec="Say it in other words.")
    waiting = pending(project)

    done = project.director("run", "--auto", "--no-critique")

    assert "its part of the plan changed: .director/plan.json:1: the spec: " in waiting["run:alpha"]
    assert waiting["tests:alpha"] == waiting["run:alpha"]
    assert waiting["run:gamma"] == "run:alpha"
    assert done.code == 0, done.out
    assert project.asked()[len(asked) :] == ["test_author tests:alpha 1", "executor run:alpha 1"]
    assert pending(project) == {}


def test_an_edited_spec_whose_result_changes_rebuilds_dependents_without_an_agent_while_they_stay_green(
    project: Project,
) -> None:
    project.plan()
    project.director("run")
    asked = project.asked()
    edit_node(project, "alpha", spec="It returns 'alpha', with a comment.")
    changed = {"files": {"alpha.py": "# better\n" + code_of("alpha")}}
    project.set_call("executor", "run:alpha", changed)

    done = project.director("run", "--auto", "--no-critique")

    assert done.code == 0, done.out
    assert project.asked()[len(asked) :] == ["test_author tests:alpha 1", "executor run:alpha 1"]
    outcomes = [(entry["node"], entry["outcome"]) for entry in project.measured()[3:]]
    assert sorted(outcomes) == [("alpha", "landed"), ("beta", "cutoff"), ("gamma", "cutoff")]


def test_an_edited_title_asks_no_agent(project: Project) -> None:
    project.plan()
    project.director("run")
    asked = project.asked()
    edit_node(project, "alpha", title="Another title")

    done = project.director("run", "--auto", "--no-critique")

    assert done.code == 0, done.out
    assert project.asked() == asked


def test_tests_written_anew_are_met_again(project: Project) -> None:
    project.plan()
    project.director("run")
    edit_node(project, "alpha", spec="It returns 'omega'.")
    project.set_call("test_author", "tests:alpha", {"files": {"test_alpha.py": unittest_of("alpha", "'omega'")}})
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha", "'omega'")}})

    done = project.director("run", "--auto", "--no-critique")

    assert done.code == 0, done.out
    assert "omega" in project.git("show", f"{project.branch}:alpha.py")


def test_losing_doits_database_costs_no_agent_call(project: Project) -> None:
    project.plan()
    project.director("run")
    asked = project.asked()
    project.file("doit.db").unlink()

    done = project.director("run")

    assert done.code == 0, done.out
    assert project.asked() == asked


def test_losing_markers_and_database_is_mended_from_the_branch(project: Project) -> None:
    project.plan()
    project.director("run")
    asked, before = project.asked(), project.read("merged/beta.json")
    project.file("doit.db").unlink()
    for marker in project.file("merged").iterdir():
        marker.unlink()
    project.file("tests/alpha.json").unlink()

    done = project.director("run")

    assert done.code == 0, done.out
    assert project.asked() == asked
    assert project.read("merged/beta.json") == before


def test_explain_says_why(project: Project) -> None:
    project.plan()
    project.director("run")
    up_to_date = project.director("explain", "run:beta")
    edit_node(project, "alpha", spec="Another.")

    stale = project.director("explain", "tests:alpha")

    assert "run:beta is up to date" in up_to_date.out
    assert "tests:alpha is pending" in stale.out
    assert "is now 'Another.'" in stale.out


def test_an_answer_that_arrived_before_a_kill_is_not_asked_for_again(project: Project) -> None:
    project.plan()
    project.director("run:alpha")
    asked = project.asked()
    project.file("merged/alpha.json").unlink()
    project.git("update-ref", f"refs/heads/{project.branch}", f"{project.branch}~1")
    project.file("logs/run/alpha/1/outcome.json").unlink()

    done = project.director("run:alpha")

    assert done.code == 0, done.out
    assert project.asked() == asked
    assert project.file("merged/alpha.json").exists()


def test_status_counts_what_the_records_say(project: Project) -> None:
    project.plan()
    project.director("run")

    status = json.loads(project.director("status", "--json").out)

    assert [entry["state"] for entry in status["nodes"]] == ["landed"] * 3
    assert status["cost_usd"] == round(0.01 * len(project.asked()), 6)
    assert status["executor_completion"] == 1.0
    assert status["pending"] == []


def test_a_new_node_by_hand_gets_its_tests_and_runs_and_nothing_else_does(project: Project) -> None:
    project.plan()
    project.director("run")
    asked = project.asked()
    plan = project.read("plan.json")
    text = json.dumps(plan["nodes"][0]).replace("alpha", "delta")
    plan["nodes"].append(json.loads(text))
    project.file("plan.json").write_text(json.dumps(plan))
    project.calls += [
        call("test_author", "tests:delta", files={"test_delta.py": unittest_of("delta")}),
        call("executor", "run:delta", files={"delta.py": code_of("delta")}),
    ]
    project.save()

    done = project.director("run", "--auto", "--no-critique")

    assert done.code == 0, done.out
    assert project.asked()[len(asked) :] == ["test_author tests:delta 1", "executor run:delta 1"]
