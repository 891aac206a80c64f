"""A bench from the command line's words to its summary: what is compared, planned once, run and measured."""

import argparse
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from director.artifacts.bench import BenchDirectory
from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_text, write_model, write_text
from director.artifacts.plans import read_plan
from director.cli.opening import approvals_of, open_directory, open_repository
from director.cli.progress import Progress
from director.cli.text import moment
from director.core.bench.arms import SOLO, Arm, Frozen, arms_of, check_named, check_profiles, solo_config
from director.core.bench.forecast import Forecast, Past, forecast
from director.core.bench.summary import BenchSummary
from director.core.config.settings import Config
from director.core.errors import ConfigError, ExitCode
from director.core.plan.node import Plan
from director.core.plan.validation import parse_plan
from director.core.roles import Role
from director.git.removal import remove_tree
from director.git.repository import Repository
from director.job.configuration import load_config
from director.job.job import Approvals, Job
from director.job.lock import hold
from director.job.surroundings import check_surroundings
from director.job.work import stopping_on_signals
from director.report.bench import bench_summary, past_calls
from director.report.benchpage import bench_page
from director.stages.approval import approve_by_hand
from director.stages.bench.beginning import begin_bench
from director.stages.bench.freezing import freeze, read_frozen
from director.stages.bench.judging import yardstick_of
from director.tasks.bench import Bench, run_arms
from director.tasks.build import BuildOptions, build
from director.tasks.given import GivenPlan
from director.tasks.graph import Graph


@dataclass(frozen=True)
class Contest:
    """What is compared, and how."""

    repository: Repository
    directory: JobDirectory
    planner: Config
    """The configuration that plans, and whose gates all arms are judged by."""
    profiles: dict[str, Config]
    """In the order in which they are shown; the arm without decomposition last."""
    baseline: str
    trials: int
    holdout: str
    plan: Path | None
    """A plan to take instead of one that is made."""
    approvals: Approvals
    base: str
    new: bool
    go_on: bool
    """Approve what waits."""
    only: tuple[str, ...]
    """Tasks of arms that are to run; all if empty."""

    @property
    def place(self) -> BenchDirectory:
        """Where the bench is."""
        return BenchDirectory.of(self.directory)

    @cached_property
    def arms(self) -> list[Arm]:
        """Every arm, in order."""
        return arms_of(list(self.profiles), trials=self.trials)


def open_contest(args: argparse.Namespace) -> Contest:
    """Read what is to be compared. Raises ConfigError for names and files that cannot be used."""
    repository = open_repository(args)
    directory = open_directory(args, repository)
    names = [name.strip() for name in (args.profiles or "").split(",") if name.strip()]
    check_profiles(names, baseline=args.baseline)
    planner = load_config(repository.root, directory.path, profile=args.plan_profile)
    profiles = {name: load_config(repository.root, directory.path, profile=name) for name in names}
    if args.solo:
        profiles[SOLO] = solo_config(planner)
    check_named(args.only or (), arms_of(list(profiles), trials=args.trials or 1))
    return Contest(
        repository=repository,
        directory=directory,
        planner=planner,
        profiles=profiles,
        baseline=args.baseline or names[0],
        trials=args.trials or 1,
        holdout=args.holdout or "",
        plan=args.plan,
        approvals=approvals_of(args),
        base=args.base or "HEAD",
        new=args.new,
        go_on=args.go_on,
        only=tuple(args.only or ()),
    )


def run_contest(
    contest: Contest, task: str | None, progress: Progress, *, parallel: int, arms_at_once: int
) -> tuple[ExitCode, BenchSummary | None]:
    """Plan once, freeze, and run every arm that has not come to its end; one that cannot be run stops no other.

    Return the exit code and what was found, if the plan could be frozen. Raises JobLocked if another bench is at work
    here.
    """
    planning = Job(contest.repository, contest.place.planning, contest.planner, contest.approvals, tell=progress)
    check_surroundings(planning)
    with hold(JobDirectory(contest.place.path)), stopping_on_signals():
        begin_bench(
            contest.repository,
            contest.directory,
            contest.planner,
            task=task,
            plan=contest.plan,
            base=contest.base,
            new=contest.new,
        )
        frozen = read_frozen(contest.place)
        if frozen is None:
            code = _plan(contest, planning, progress, parallel=parallel)
            if code is not ExitCode.DONE:
                return code, None
            frozen = freeze(planning, contest.place)
            remove_tree(planning.cache)
        bench = _bench(contest, frozen, parallel=parallel)
        code = run_arms(bench, contest.only, reporter=progress, arms_at_once=arms_at_once)
        summary = _summary(contest, frozen)
        write_model(contest.place.summary, summary)
        write_text(contest.place.page, bench_page(summary, made=moment()))
    return code, summary


def price_contest(contest: Contest) -> Forecast:
    """Return what the rest of a bench may cost, by what calls cost in the past; nothing is begun."""
    frozen = None if contest.new else read_frozen(contest.place)
    plan = _known_plan(contest)
    left = dict.fromkeys(contest.profiles, contest.trials)
    if frozen:
        done = [arm for arm in _summary(contest, frozen).arms if arm.is_done]
        left = {name: count - sum(arm.profile == name for arm in done) for name, count in left.items()}
    nodes = len(plan.nodes) if plan else None
    critiques = 2 if contest.approvals is Approvals.CRITIQUE else 0
    planned = {Role.EXPLORER: 1.0, Role.BRAINSTORM: 1.0, Role.PLANNER: 1.0 + critiques} if plan is None else {}
    return forecast(
        Past(past_calls(contest.directory)),
        nodes=nodes,
        planner=_tiers(contest.planner),
        planning={} if frozen else {**planned, Role.TEST_AUTHOR: nodes},
        arms=left,
        tiers={name: _tiers(config) for name, config in contest.profiles.items()},
        single=frozenset({SOLO}),
    )


def _plan(contest: Contest, job: Job, progress: Progress, *, parallel: int) -> ExitCode:
    options = BuildOptions(parallel=parallel)
    if contest.plan is not None:
        return build(GivenPlan(job, kept={"tests"}), ["tests"], reporter=progress, options=options)
    if contest.go_on:
        with hold(job.directory):
            approve_by_hand(job)
    return build(Graph(job), ["plan"], reporter=progress, options=options)


def _bench(contest: Contest, frozen: Frozen, *, parallel: int) -> Bench:
    return Bench(
        repository=contest.repository,
        place=contest.place,
        frozen=frozen,
        plan=read_plan(contest.place.planning.plan),
        arms=contest.arms,
        profiles=contest.profiles,
        yardstick=yardstick_of(contest.planner, holdout=contest.holdout),
        judging=contest.planner,
        parallel=parallel,
    )


def _summary(contest: Contest, frozen: Frozen) -> BenchSummary:
    return bench_summary(
        contest.place,
        frozen,
        contest.arms,
        contest.profiles,
        baseline=contest.baseline,
        yardstick=yardstick_of(contest.planner, holdout=contest.holdout),
    )


def _known_plan(contest: Contest) -> Plan | None:
    """Return the plan that arms will run, as far as there is one."""
    if contest.plan is not None:
        text = read_text(contest.plan)
        if text is None:
            raise ConfigError(f"there is no plan at '{contest.plan}'", hint="--plan names a plan.json")
        return parse_plan(text, source=f"'{contest.plan}'")
    made = contest.place.planning.plan
    return read_plan(made) if made.exists() and not contest.new else None


def _tiers(config: Config) -> dict[Role, str]:
    return {role: str(config.tier(role)) for role in Role}
