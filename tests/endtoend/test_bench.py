"""director bench: one plan, several profiles, from the same tests; and nothing paid for twice."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from director.cli.main import main
from director.core.errors import ExitCode
from tests.benched import NODES, add_profile, asked, bench, bench_project, executors
from tests.project import Project, call, code_of
from tests.running import Running, wait_until

AUTHORS = ["test_author tests:alpha", "test_author tests:beta"]
PLANNED = ["brainstorm spec", "explorer recon", "planner decompose", *AUTHORS]
UNATTENDED = ("--auto", "--no-critique")
RUN = ["executor run:alpha", "executor run:beta"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return bench_project(tmp_path / "repository")


def summary(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = project.read("bench/summary.json")
    return found


def arms(project: Project) -> dict[str, dict[str, Any]]:
    return {f"{arm['profile']}:{arm['trial']}": arm for arm in summary(project)["arms"]}


def in_order(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {place: sorted(calls) for place, calls in found.items()}


def test_the_plan_is_made_once_and_run_under_each_profile(project: Project) -> None:
    code = bench(project)

    assert code == ExitCode.DONE
    assert in_order(asked(project)) == {"cheap/1": RUN, "full/1": RUN, "plan": PLANNED}
    cheap = summary(project)["profiles"][1]
    assert cheap["cost"]["median"] == 0.2
    assert cheap["against"]["reduction"]["median"] == 0.9
    assert summary(project)["planning"]["cost_usd"] == 0.05
    assert summary(project)["total"]["cost_usd"] == 2.25


def test_every_arm_starts_from_the_same_commit_with_the_same_tests_byte_for_byte(project: Project) -> None:
    bench(project)

    frozen = project.read("bench/frozen.json")
    tips = [arm["commit"] for arm in arms(project).values()]
    assert [project.git("merge-base", tip, frozen["commit"]) for tip in tips] == [frozen["commit"]] * 2
    assert {project.git("rev-parse", f"{tip}:test_alpha.py") for tip in tips} == {
        frozen["tests"]["alpha"]["test_alpha.py"]
    }
    assert {arm["tests"] for arm in arms(project).values()} == {summary(project)["tests"]}
    for name in ("plan.json", "spec.md", "tests/alpha.json", "tests/beta.json", "approved/plan.json"):
        same = {project.file(f"bench/{place}/{name}").read_bytes() for place in ("plan", "full/1", "cheap/1")}
        assert len(same) == 1, name


def test_the_users_configuration_branch_and_job_are_not_touched(project: Project) -> None:
    config, head = project.file("config.toml").read_bytes(), project.git("rev-parse", "HEAD")

    bench(project)

    assert project.file("config.toml").read_bytes() == config
    assert (project.git("rev-parse", "HEAD"), project.git("symbolic-ref", "HEAD")) == (head, "refs/heads/main")
    assert project.git("status", "--porcelain", "--", ":!.director") == ""
    assert not project.file("job.json").exists()
    assert not project.file("plan.json").exists()


def test_a_second_bench_asks_nobody(project: Project) -> None:
    bench(project)
    before = asked(project)

    code = bench(project)

    assert code == ExitCode.DONE
    assert asked(project) == before


def test_a_further_profile_and_a_further_trial_run_alone(project: Project) -> None:
    bench(project)
    before = asked(project)
    add_profile(project, "other", executors(0.5))

    bench(project, profiles="full,cheap,other")
    bench(project, "--trials", "2")

    assert in_order(asked(project)) == in_order(before | {"other/1": RUN, "full/2": RUN, "cheap/2": RUN})
    assert [profile["trials"] for profile in summary(project)["profiles"]] == [2, 2]


def test_a_played_trial_has_answers_of_its_own(project: Project) -> None:
    add_profile(project, "cheap", executors(0.1) + [entry | {"trial": 2} for entry in executors(0.3)])

    bench(project, "--trials", "2", profiles="cheap")

    assert {label: arm["total"]["cost_usd"] for label, arm in arms(project).items()} == {"cheap:1": 0.2, "cheap:2": 0.6}
    assert "report.html" in {path.name for path in project.file("bench").iterdir()}


def test_a_single_arm_is_run_by_the_name_of_its_task(project: Project) -> None:
    code = bench(project, "--only", "bench:cheap:*")

    assert code == ExitCode.DONE
    assert in_order(asked(project)) == {"cheap/1": RUN, "plan": PLANNED}
    assert [arm["is_done"] for arm in arms(project).values()] == [False, True]


def test_a_profile_whose_model_changed_begins_anew_and_the_old_arm_is_kept(project: Project) -> None:
    bench(project, profiles="cheap")
    add_profile(project, "cheap", executors(0.2), more="[limits]\nmax_attempts = 1\n")

    bench(project, profiles="cheap")

    assert arms(project)["cheap:1"]["total"]["cost_usd"] == 0.4
    assert len(list(project.file("bench/archive").glob("cheap-1-*/costs.jsonl"))) == 1


def test_a_red_arm_ran_to_its_end_and_is_not_tried_again(project: Project) -> None:
    wrong = {"files": {"beta.py": code_of("beta", "'wrong'")}}
    calls = [executors(0.1)[0], call("executor", "run:beta", **wrong), call("escalation", "run:beta", **wrong)]
    add_profile(project, "cheap", calls)

    code = bench(project)
    before = asked(project)
    again = bench(project)

    assert (code, again) == (ExitCode.DONE, ExitCode.DONE)
    assert asked(project) == before
    assert arms(project)["cheap:1"]["quality"] == 0.5
    assert arms(project)["cheap:1"]["integrated"] is False
    assert arms(project)["cheap:1"]["executor_completion"] == 0.5
    assert arms(project)["full:1"]["quality"] == 1.0


def test_a_profile_that_cannot_be_run_does_not_sink_the_rest(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    add_profile(project, "cheap", [call("executor", "run:somebody-else")])

    code = bench(project)

    assert code == ExitCode.FAILED
    assert "the arm 'cheap:1' could not be run: no entry of the cassette" in capsys.readouterr().out
    assert [arm["is_done"] for arm in arms(project).values()] == [True, False]

    add_profile(project, "cheap", executors(0.1))

    assert bench(project) == ExitCode.DONE
    assert in_order(asked(project))["full/1"] == RUN
    assert [arm["is_done"] for arm in arms(project).values()] == [True, True]


def test_a_backend_that_is_not_installed_sinks_only_its_arm(project: Project) -> None:
    project.file("profiles/cheap.toml").write_text('[tiers]\nplanner = "nobody:a/b"\nexecutor = "nobody:a/b"\n')

    code = bench(project)

    assert code == ExitCode.FAILED
    assert [arm["is_done"] for arm in arms(project).values()] == [True, False]


def test_a_cost_ceiling_of_an_arm_is_a_limit_and_a_higher_one_goes_on(project: Project) -> None:
    add_profile(project, "cheap", executors(0.1), more="[limits]\ncost_ceiling_usd = 0.1\n")

    code = bench(project)

    assert code == ExitCode.LIMIT
    assert asked(project)["cheap/1"] == RUN[:1]

    add_profile(project, "cheap", executors(0.1), more="[limits]\ncost_ceiling_usd = 5.0\n")

    assert bench(project) == ExitCode.DONE
    assert asked(project)["cheap/1"] == RUN


def test_arms_that_run_at_once_do_not_disturb_each_other(project: Project) -> None:
    code = bench(project, "--arms", "4", "--trials", "2")

    assert code == ExitCode.DONE
    assert [arm["quality"] for arm in arms(project).values()] == [1.0] * 4
    assert {place: len(calls) for place, calls in asked(project).items() if place != "plan"} == {
        "cheap/1": 2,
        "cheap/2": 2,
        "full/1": 2,
        "full/2": 2,
    }


def test_an_arm_that_was_judged_leaves_no_worktrees(project: Project, sealed: Path) -> None:
    bench(project, profiles="cheap")

    kept = {path.name for path in (sealed / ".cache" / "director").iterdir()}
    assert project.read("bench/cheap/1/job.json")["id"] not in kept


def test_a_profile_that_there_is_not_is_refused_before_anything_is_begun(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    code = bench(project, profiles="full,nobody")

    assert code == ExitCode.USAGE
    assert "there is no profile 'nobody'\nhint: the profiles are 'cheap', 'full'" in capsys.readouterr().err
    assert not project.file("bench").exists()


def test_one_agent_without_a_plan_is_judged_by_the_same_tests(project: Project) -> None:
    files = {f"{entry['id']}.py": code_of(entry["id"]) for entry in NODES}
    project.set_call("executor", "run:solo", {"files": files, "cost_usd": 0.7})

    code = bench(project, "--solo")

    solo = arms(project)["solo:1"]
    assert code == ExitCode.DONE
    assert asked(project)["solo/1"] == ["executor run:solo"]
    assert (solo["quality"], solo["total"]["cost_usd"], solo["executor_completion"]) == (1.0, 0.7, None)
    assert solo["tests"] == summary(project)["tests"]
    prompt = project.file("bench/solo/1/logs/run/solo/1/prompt.md").read_text()
    assert "Modules." in prompt
    assert "class Test" in prompt


def test_held_out_tests_judge_and_no_agent_is_told_of_them(project: Project) -> None:
    code = bench(project, "--holdout", "test -e alpha.py && test ! -e secret-of-the-holdout", profiles="cheap")

    assert code == ExitCode.DONE
    assert [arm["holdout"] for arm in arms(project).values()] == [True]
    prompts = list(project.file("bench").rglob("prompt.md"))
    assert len(prompts) == 7
    assert not any("secret-of-the-holdout" in prompt.read_text() for prompt in prompts)


def test_other_held_out_tests_judge_again_and_ask_nobody(project: Project) -> None:
    bench(project, profiles="cheap")
    before = asked(project)

    bench(project, "--holdout", "false", profiles="cheap")

    assert asked(project) == before
    assert [arm["holdout"] for arm in arms(project).values()] == [False]


def test_gates_of_the_plans_configuration_judge_every_arm(project: Project) -> None:
    config = project.file("config.toml")
    config.write_text(config.read_text() + '\n[gates]\nexists = "test -e alpha.py"\nred = "false"\n')

    code = bench(project)

    assert code == ExitCode.DONE
    assert [arm["gates"] for arm in arms(project).values()] == [{"exists": True, "red": False}] * 2
    assert [arm["integrated"] for arm in arms(project).values()] == [False, False]


def test_a_plan_that_exists_is_taken_and_only_its_tests_are_written(project: Project, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"nodes": NODES}))
    words = ["bench", "--plan", str(plan), "--profiles", "cheap", "--repo", str(project.root), "-q"]

    code = main(words)

    assert code == ExitCode.DONE
    assert in_order(asked(project)) == {"cheap/1": RUN, "plan": AUTHORS}
    assert [arm["quality"] for arm in arms(project).values()] == [1.0]


def test_another_task_wants_the_bench_put_aside(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    bench(project, profiles="full")
    other = [
        "bench",
        "something else",
        "--profiles",
        "full",
        "--repo",
        str(project.root),
        "--auto",
        "--no-critique",
        "-q",
    ]

    refused = main(other)

    assert refused == ExitCode.USAGE
    assert "has another task" in capsys.readouterr().err
    assert main([*other, "--new"]) == ExitCode.DONE
    assert len(list(project.file("bench/archive").glob("*/frozen.json"))) == 1


def test_a_plan_that_was_edited_after_it_was_frozen_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    bench(project, profiles="cheap")
    plan = project.file("bench/plan/plan.json")
    plan.write_text(plan.read_text().replace("Write alpha", "Write another alpha"))

    code = bench(project, profiles="cheap")

    assert code == ExitCode.USAGE
    assert "is not as it was frozen" in capsys.readouterr().err


def test_a_person_approves_the_plan_of_a_bench(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "write the modules", "--profiles", "full", "--repo", str(project.root), "-q"]

    codes = [main(words), main([*words, "--continue"]), main([*words, "--continue"])]

    assert codes == [ExitCode.WAITING, ExitCode.WAITING, ExitCode.DONE]
    assert "run the same command with --continue" in capsys.readouterr().out


def test_a_dry_run_prices_what_is_left_and_begins_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "bench",
        "write the modules",
        "--repo",
        str(project.root),
        "--auto",
        "--no-critique",
        "--dry-run",
        "--json",
    ]

    assert main([*words, "--profiles", "full,cheap"]) == ExitCode.DONE
    before = json.loads(capsys.readouterr().out)
    assert not project.file("bench").exists()
    bench(project)
    capsys.readouterr()
    assert main([*words, "--profiles", "full,cheap", "--trials", "3"]) == ExitCode.DONE
    after = json.loads(capsys.readouterr().out)

    assert (before["nodes"], before["arms"], before["known_usd"]) == (None, 2, 0)
    assert len(before["unknown"]) == 4
    assert (after["nodes"], after["arms"], after["known_usd"], after["unknown"]) == (2, 4, 4.4, [])


def test_the_table_and_what_can_be_said_are_shown(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    bench(project)

    lines = capsys.readouterr().out.splitlines()
    table = [line.split() for line in lines[:3]]
    assert table[0] == ["profile", "arms", "quality", "integrated", "cost", "reduction", "executor", "tier", "time"]
    assert table[1][:7] == ["full", "1/1", "100%", "100%", "$2.0000", "baseline", "100%"]
    assert table[2][:7] == ["cheap", "1/1", "100%", "100%", "$0.2000", "90%", "100%"]
    assert "cheap: costs 90% less than full; that reaches the target of 80%" in lines
    assert "planning, paid once and part of no arm: $0.0500 in 5 calls" in lines


def test_json_on_standard_output_is_the_summary_file(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    bench(project, "--json")

    assert json.loads(capsys.readouterr().out) == summary(project)


def test_the_status_of_an_arm_is_that_of_a_job_and_agrees_to_the_cent(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    bench(project, profiles="cheap")
    capsys.readouterr()

    main(["status", "--json", "--repo", str(project.root), "--dir", str(project.file("bench/cheap/1"))])

    status = json.loads(capsys.readouterr().out)
    assert status["cost_usd"] == arms(project)["cheap:1"]["total"]["cost_usd"]
    assert [node["state"] for node in status["nodes"]] == ["landed", "landed"]


def test_a_killed_bench_goes_on_and_repeats_no_call(project: Project) -> None:
    add_profile(project, "full", [entry | {"seconds": 0.4} for entry in executors(1.0)])
    wrong = {"files": {"beta.py": ""}, "seconds": 0.4}
    calls = [executors(0.1)[0], call("executor", "run:beta", **wrong), call("escalation", "run:beta", **wrong)]
    add_profile(project, "cheap", calls)
    words = ["bench", "write the modules", "--profiles", "full,cheap", *UNATTENDED]

    for place, calls_before in (("plan", 3), ("full/1", 1), ("cheap/1", 2)):
        running = Running.start(project, *words)
        wait_until(lambda: len(project.records(f"bench/{place}/costs.jsonl")) >= calls_before)  # noqa: B023
        os.kill(running.process.pid, signal.SIGKILL)
        running.ends()
    code = bench(project)

    attempts = ["escalation run:beta", "executor run:alpha", "executor run:beta", "executor run:beta"]
    assert code == ExitCode.DONE
    assert in_order(asked(project)) == {"cheap/1": attempts, "full/1": RUN, "plan": PLANNED}
    assert summary(project)["total"]["calls"] == 11
    assert [arm["quality"] for arm in arms(project).values()] == [1.0, 0.5]


def test_a_bench_that_is_asked_to_stop_ends_in_good_order_and_goes_on(project: Project) -> None:
    add_profile(project, "full", [entry | {"seconds": 30} for entry in executors(1.0)])
    running = Running.start(
        project, "bench", "write the modules", "--profiles", "full,cheap", "--auto", "--no-critique"
    )
    running.says("full:1 run:alpha executor, attempt 1")

    os.kill(running.process.pid, signal.SIGTERM)

    assert running.ends() == ExitCode.INTERRUPTED
    add_profile(project, "full", executors(1.0))
    assert bench(project) == ExitCode.DONE
    assert in_order(asked(project)) == {"cheap/1": RUN, "full/1": RUN, "plan": PLANNED}


def test_two_benches_do_not_run_at_once(project: Project) -> None:
    add_profile(project, "full", [entry | {"seconds": 30} for entry in executors(1.0)])
    running = Running.start(project, "bench", "write the modules", "--profiles", "full", *UNATTENDED)
    running.says("full:1 run:alpha executor, attempt 1")

    code = bench(project)

    assert code == ExitCode.LOCKED
    os.kill(running.process.pid, signal.SIGTERM)
    running.ends()
