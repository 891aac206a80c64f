"""director doctor: is all there that a job needs, and do the agents answer?"""

import argparse
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

from director.agents.protocol import Standing
from director.cli.checks import Check, Place, check_place
from director.cli.opening import add_place, open_directory
from director.cli.text import counted, dollars, duration, plain, say, show
from director.core.calls import End, Reply
from director.core.config.settings import Config
from director.core.errors import AgentError, DirectorError, ExitCode, Interrupted
from director.core.money import cost_of_reply
from director.core.printed import CheckResult, Diagnosis, RolePlayer, TrialAnswer
from director.core.roles import Role
from director.core.tiers import Tier
from director.job.examining import Examiner, examining
from director.job.prices import known_price

EPILOG = """\
Looks at git, the configuration and the gates, and for each role at the program that would play it: where it is, its
version, and by what it logs in, as far as that can be told without asking a model. Nothing is written or paid.

With --live each tier is asked once for one word, all of them at the same time, as a role that only reads, in an empty
repository. What that cost is said, and is not counted as the job's.

Exit code 0 if nothing is missing, 2 if something is. 'director models' lists what a program offers.
"""
_SHOWN = 30


@dataclass(frozen=True)
class Patient:
    """A tier with the roles that it plays, and what was found out about it."""

    tier: Tier
    roles: tuple[Role, ...]
    standing: Standing = field(default_factory=Standing)
    reply: Reply | None = None
    cost: float | None = None
    problem: DirectorError | None = None

    @property
    def answer(self) -> str:
        """What it answered, and how quickly."""
        if self.reply is None:
            return "" if self.standing.is_model else "not asked"
        said = " ".join(self.reply.text.split())[:_SHOWN] if self.reply.end is End.DONE else str(self.reply.end)
        return f"{said}, {duration(self.reply.seconds)}"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.epilog = EPILOG
    parser.add_argument("--live", action="store_true", help="ask each tier for one word; that costs a little")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_place(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Say what is there and what is missing, with the remedy."""
    place = check_place(
        args.repo.resolve(), lambda repository: open_directory(args, repository).path, profile=args.profile
    )
    patients = _examine(place.config, place.root, live=args.live) if place.config else []
    if args.json:
        print(json.dumps(_diagnosis(place, patients).model_dump(mode="json"), indent=2))
    else:
        _show(place, patients, live=args.live)
    return ExitCode.USAGE if _problems(place.checks, patients) else ExitCode.DONE


def _examine(config: Config, root: Path, *, live: bool) -> list[Patient]:
    """Look at every tier, side by side."""
    roles: dict[Tier, list[Role]] = {}
    for role in Role:
        roles.setdefault(config.tier(role), []).append(role)
    with examining(config.backends, list(roles), repository=root) as examiner, ThreadPoolExecutor(len(roles)) as pool:
        waiting = [Patient(tier, tuple(names)) for tier, names in roles.items()]
        return list(pool.map(lambda patient: _look(examiner, patient, config, live=live), waiting))


def _look(examiner: Examiner, patient: Patient, config: Config, *, live: bool) -> Patient:
    tier, roles = patient.tier, patient.roles
    try:
        standing = examiner.examine(tier)
        reply = examiner.try_out(tier) if live and standing.is_model else None
    except Interrupted:
        raise
    except DirectorError as error:
        return Patient(tier, roles, problem=error)
    cost = cost_of_reply(reply, known_price(config, tier)).usd if reply else None
    return Patient(tier, roles, standing, reply, cost, _unanswered(reply) if reply else None)


def _unanswered(reply: Reply) -> DirectorError | None:
    if reply.end is End.DONE and reply.text.strip():
        return None
    said = reply.detail or "it does not say why"
    hint = "check the login of the program, the model's name, and your rights to it"
    return AgentError(f"it gave no answer ({reply.end}): {said}", hint=hint)


def _problems(checks: Iterable[Check], patients: Iterable[Patient]) -> list[tuple[str, DirectorError]]:
    """Return what is missing, and where."""
    around = [(check.name, check.problem) for check in checks if check.problem]
    return around + [(str(patient.tier), patient.problem) for patient in patients if patient.problem]


def _show(place: Place, patients: list[Patient], *, live: bool) -> None:
    show(_checks_table(place.checks))
    if patients:
        say("")
        show(_roles_table(patients, live=live))
    for name, problem in (problems := _problems(place.checks, patients)):
        say(f"\nmissing: {name}: {problem.message}" + (f"\nhint: {problem.hint}" if problem.hint else ""))
    for check in place.checks:
        if check.advice:
            say(f"\nadvice: {check.name}: {check.advice}")
    say("")
    if live and patients:
        say(_bill([patient for patient in patients if patient.reply]))
    say(f"{counted(len(problems), 'thing')} missing" if problems else "nothing is missing")


def _bill(asked: list[Patient]) -> str:
    """Say what the answers cost."""
    if not asked:
        return "there was nobody to ask"
    unpriced = sum(patient.cost is None for patient in asked)
    unknown = f", {unpriced} of unknown price" if unpriced else ""
    return f"asked {counted(len(asked), 'tier')}: {dollars(sum(patient.cost or 0.0 for patient in asked))}{unknown}"


def _checks_table(checks: Iterable[Check]) -> Table:
    table = Table.grid(padding=(0, 2))
    for check in checks:
        said = plain("missing", "red") if check.problem else plain(check.said)
        table.add_row(plain(check.name, "bold"), said)
    return table


def _roles_table(patients: list[Patient], *, live: bool) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("role", "tier", "program", "version", "login", *(["answer"] if live else [])):
        table.add_column(name)
    found = {role: patient for patient in patients for role in patient.roles}
    for role in Role:
        patient = found[role]
        standing = patient.standing
        program = plain("see below", "red") if patient.problem and not standing.program else plain(standing.program)
        cells = [plain(str(patient.tier)), program, plain(standing.version)]
        answer = [plain(patient.answer, "red" if patient.problem else "")] if live else []
        table.add_row(plain(role), *cells, plain(standing.login), *answer)
    return table


def _diagnosis(place: Place, patients: list[Patient]) -> Diagnosis:
    found = {role: patient for patient in patients for role in patient.roles}
    return Diagnosis(
        fine=not _problems(place.checks, patients),
        checks=tuple(
            CheckResult(name=check.name, said=check.said, advice=check.advice, **_trouble(check.problem))
            for check in place.checks
        ),
        roles=tuple(_player(role, found[role]) for role in Role if found),
        cost_usd=sum(patient.cost or 0.0 for patient in patients),
        unpriced_calls=sum(patient.reply is not None and patient.cost is None for patient in patients),
    )


def _player(role: Role, patient: Patient) -> RolePlayer:
    standing, reply = patient.standing, patient.reply
    return RolePlayer(
        role=role,
        tier=str(patient.tier),
        backend=patient.tier.backend,
        program=standing.program,
        version=standing.version,
        login=standing.login,
        answer=TrialAnswer(end=reply.end, text=reply.text, seconds=reply.seconds, cost_usd=patient.cost)
        if reply
        else None,
        **_trouble(patient.problem),
    )


def _trouble(problem: DirectorError | None) -> dict[str, str]:
    return {"missing": problem.message if problem else "", "remedy": problem.hint if problem else ""}
