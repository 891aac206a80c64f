"""What a bench may cost, from what calls cost in the past; what is not known is said."""

from collections.abc import Mapping, Sequence
from typing import Literal

from director.core.forecast import UNPLANNED, Past, no_price
from director.core.model import Model
from director.core.roles import Role


class ForecastLine(Model):
    """The calls of a role that are to come."""

    what: str
    """The profile, or `planning`."""
    role: Role
    tier: str
    calls: float | None
    """How many are expected; None where nobody knows how many nodes there will be."""
    call_usd: float | None
    """Median of what such a call cost; None where none was recorded with a known price."""
    known: int
    """From how many records."""

    @property
    def usd(self) -> float | None:
        """What they may cost."""
        return None if self.calls is None or self.call_usd is None else self.calls * self.call_usd


class Forecast(Model):
    """What `director bench --dry-run --json` prints: what a bench may cost."""

    version: Literal[1] = 1
    nodes: int | None
    """None where there is no plan yet."""
    arms: int
    """Arms that are still to run."""
    lines: tuple[ForecastLine, ...]
    known_usd: float
    """What is known of it."""
    unknown: tuple[str, ...]
    """What is not."""


def forecast(
    past: Past,
    *,
    nodes: int | None,
    planner: Mapping[Role, str],
    planning: Mapping[Role, float | None],
    arms: Mapping[str, int],
    tiers: Mapping[str, Mapping[Role, str]],
    single: frozenset[str],
) -> Forecast:
    """Return what may be paid: the calls of `planning` that are to come, and how many arms of each profile.

    `single` names the profiles that do everything as one node.
    """
    lines = [_line(past, "planning", role, planner, calls) for role, calls in planning.items()]
    for profile, count in arms.items():
        lines += _arm_lines(past, profile, tiers[profile], nodes=1 if profile in single else nodes, arms=count)
    return Forecast(
        nodes=nodes,
        arms=sum(arms.values()),
        lines=tuple(lines),
        known_usd=round(sum(line.usd or 0.0 for line in lines), 6),
        unknown=tuple(_unknown(lines)),
    )


def _arm_lines(
    past: Past, profile: str, tiers: Mapping[Role, str], *, nodes: int | None, arms: int
) -> list[ForecastLine]:
    expected = {
        Role.EXECUTOR: past.calls_per_node(Role.EXECUTOR, least=1.0),
        Role.ESCALATION: past.calls_per_node(Role.ESCALATION),
        Role.REVIEWER: past.calls_per_node(Role.REVIEWER),
    }
    return [
        _line(past, profile, role, tiers, None if nodes is None else round(each * nodes * arms, 2))
        for role, each in expected.items()
        if each and arms
    ]


def _line(past: Past, what: str, role: Role, tiers: Mapping[Role, str], calls: float | None) -> ForecastLine:
    price, known = past.price(tiers[role], role)
    return ForecastLine(what=what, role=role, tier=tiers[role], calls=calls, call_usd=price, known=known)


def _unknown(lines: Sequence[ForecastLine]) -> list[str]:
    unpriced = dict.fromkeys(line.tier for line in lines if line.call_usd is None)
    said = [no_price(tier) for tier in unpriced]
    if any(line.calls is None for line in lines):
        said.append(UNPLANNED)
    return said
