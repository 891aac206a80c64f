"""director bench: one plan under several profiles, compared."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from director.cli.benching import Contest, open_contest, price_contest, run_contest
from director.cli.opening import add_approval, add_directory, add_volume, positive
from director.cli.progress import progress_of
from director.cli.suite import add_suite, is_list_wanted, suite_tasks, with_suite
from director.cli.task import read_task
from director.cli.text import counted, dollars, duration, plain, say, show
from director.core.bench.forecast import Forecast
from director.core.bench.statistics import Estimate
from director.core.bench.summary import BenchSummary, ProfileSummary
from director.core.errors import ExitCode

EPILOG = """\
The task is planned once, by config.toml or by --plan-profile; then every profile, .director/profiles/NAME.toml, runs
the same plan against the same locked tests, from the same commit, on a branch of its own. Running the command again
goes on where it stopped; with a further profile or more trials it runs only those. Exit code 0: every arm ran to its
end, with whatever result; 1: one could not be run.

  director bench --suite timesheet
  director bench "add a --json option" --profiles all-frontier,cheap-cloud,local-first --auto --dry-run
  director bench "add a --json option" --profiles all-frontier,cheap-cloud,local-first --auto --trials 6 --solo
  director bench --plan .director/plan.json --profiles all-frontier,cheap-cloud --holdout "sh ~/held-out/run.sh"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("task", nargs="*", help="what the arms are to do, in quotes; '-' reads it from standard input")
    parser.add_argument("--file", metavar="FILE", help="read the task from a file; '-' for standard input")
    add_suite(parser.add_argument_group("a ready task"))
    _add_contest(parser.add_argument_group("what is compared"))
    _add_planning(parser.add_argument_group("the plan"))
    add_approval(parser)
    group = parser.add_argument_group("running")
    group.add_argument("-n", "--parallel", metavar="N", type=positive, default=4, help="agents at once in an arm [4]")
    group.add_argument(
        "--arms", metavar="N", type=positive, default=1, help="arms at once [1]; with more, times compare badly"
    )
    group.add_argument("--only", metavar="TASK", action="append", help="run only these arms, such as bench:PROFILE:1")
    group.add_argument("--dry-run", action="store_true", help="say what it may cost, by past calls; begin nothing")
    group.add_argument("--json", action="store_true", help="print JSON; progress goes to standard error")
    add_volume(group)
    add_directory(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Run a bench, or say what it may cost."""
    if is_list_wanted(args):
        _tell_suite()
        return ExitCode.DONE
    if args.suite:
        args = with_suite(args)
    task, contest = read_task(args.task, args.file, command="bench"), open_contest(args)
    if args.dry_run:
        _tell_forecast(price_contest(contest), args)
        return ExitCode.DONE
    progress = progress_of(args, output=Console(stderr=True, highlight=False) if args.json else None)
    code, summary = run_contest(contest, task, progress, parallel=args.parallel, arms_at_once=args.arms)
    if summary is None:
        _tell_unplanned(code, contest, args)
    elif args.json:
        print(json.dumps(summary.model_dump(mode="json"), indent=2))
    else:
        _tell_summary(summary, contest)
    return code


def _tell_suite() -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, line in suite_tasks().items():
        table.add_row(plain(name), plain(line))
    show(table)
    say("played from cassettes, with invented figures; to begin: director bench --suite NAME")


def _add_contest(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--profiles", metavar="A,B,…", help="the profiles, the baseline first")
    group.add_argument("--baseline", metavar="NAME", help="what the others are compared with [the first profile]")
    group.add_argument(
        "--trials", metavar="K", type=positive, help="runs of each profile [1; of a task of the suite 3]"
    )
    group.add_argument("--solo", action="store_true", help="also one agent of the planner's tier, without a plan")
    group.add_argument("--holdout", metavar="CMD", help="also judge by a command that no agent is told")


def _add_planning(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--plan-profile", metavar="NAME", help="plan with this profile [config.toml]")
    group.add_argument("--plan", metavar="FILE", type=Path, help="take this plan.json; only its tests are written")
    group.add_argument("--base", metavar="COMMIT", help="start from another commit than HEAD")
    group.add_argument("--new", action="store_true", help="put the bench that is here aside (nothing is deleted)")
    group.add_argument("--continue", dest="go_on", action="store_true", help="approve what waits, and go on")


def _tell_unplanned(code: ExitCode, contest: Contest, args: argparse.Namespace) -> None:
    if args.json:
        return
    if code is ExitCode.WAITING:
        say(f"the plan is made in {contest.place.planning.path}: read it, then run the same command with --continue")
    else:
        say("there is no plan yet that arms could run; the same command goes on from here")


def _tell_summary(summary: BenchSummary, contest: Contest) -> None:
    show(_table(summary))
    for line in summary.conclusions:
        say(line)
    planning = dollars(summary.planning.cost_usd, summary.planning.unpriced_calls)
    say(f"planning, paid once and part of no arm: {planning} in {counted(summary.planning.calls, 'call')}")
    total = dollars(summary.total.cost_usd, summary.total.unpriced_calls)
    say(f"all together {total}")
    say(f"  summary  {contest.place.summary}")
    say(f"  page     {contest.place.page}")


def _table(summary: BenchSummary) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    has_holdout = any(profile.holdout is not None for profile in summary.profiles)
    names = ["profile", "arms", "quality", "integrated", *(["held out"] if has_holdout else [])]
    for name in (*names, "cost", "reduction", "executor tier", "time"):
        table.add_column(name, justify="left" if name == "profile" else "right", no_wrap=True)
    for profile in summary.profiles:
        held_out = [_percent(profile.holdout)] if has_holdout else []
        table.add_row(
            plain(profile.profile),
            f"{profile.done}/{profile.trials}",
            _shares(profile.quality),
            _percent(profile.integrated),
            *held_out,
            _money(profile),
            _shares(profile.against.reduction) if profile.against else "baseline",
            _shares(profile.executor_completion),
            _between(profile.seconds, duration),
        )
    return table


def _tell_forecast(found: Forecast, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps(found.model_dump(mode="json"), indent=2))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("for", "role", "tier", "calls", "each", "together", "records"):
        table.add_column(name, justify="left" if name in ("for", "role", "tier") else "right", no_wrap=name != "tier")
    for line in found.lines:
        calls = "?" if line.calls is None else f"{line.calls:g}"
        prices = ("?" if usd is None else dollars(usd) for usd in (line.call_usd, line.usd))
        table.add_row(plain(line.what), str(line.role), plain(line.tier), calls, *prices, str(line.known))
    show(table)
    say(f"{counted(found.arms, 'arm')} to run; about {dollars(found.known_usd)}{' and more' if found.unknown else ''}")
    for unknown in found.unknown:
        say(f"not known: {unknown}")


def _money(profile: ProfileSummary) -> str:
    return _between(profile.cost, dollars) + ("+?" if profile.unpriced_calls else "")


def _shares(found: Estimate | None) -> str:
    return _between(found, _percent)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _between(found: Estimate | None, shown: Callable[[float], str]) -> str:
    return found.told(shown) if found else "–"
