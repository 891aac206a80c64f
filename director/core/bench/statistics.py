"""Medians and how sure they are: a small bootstrap that says the same of the same values, whatever their order."""

import random
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from math import comb
from statistics import median

from director.core.model import Model

CONFIDENCE = 0.95
"""How often an interval is to hold what a great many trials would come to."""
RESAMPLES = 2000
FEWEST_TRIALS = 6
"""That n trials all point the same way has a chance of 2 · 0.5ⁿ where there is no difference at all: below six trials
that is more than 5 %, and no resampling makes more of them."""
_SEED = 1979
_DIGITS = 6


class Verdict(StrEnum):
    """What can be said of a difference."""

    HIGHER = "higher"
    LOWER = "lower"
    NOT_DISTINGUISHABLE = "not_distinguishable"
    """The interval of the difference holds 0, or its sign may well be chance."""
    TOO_FEW_TRIALS = "too_few_trials"
    """Whatever the difference is, so few trials cannot tell."""


class Estimate(Model):
    """What the trials came to."""

    trials: int
    median: float
    low: float | None = None
    """Where the interval begins; None for a single trial, which tells nothing of the others."""
    high: float | None = None

    def told(self, shown: Callable[[float], str]) -> str:
        """Return the median in words, with its interval where there is one."""
        if self.low is None or self.high is None:
            return shown(self.median)
        return f"{shown(self.median)} [{shown(self.low)}, {shown(self.high)}]"


class Difference(Estimate):
    """By how much the trials of one arm were above those of another, trial by trial."""

    verdict: Verdict


def estimate(values: Sequence[float]) -> Estimate | None:
    """Return the median of values and its interval; None of no values."""
    if not values:
        return None
    middle = round(median(values), _DIGITS)
    if len(values) == 1:
        return Estimate(trials=1, median=middle)
    low, high = _interval(sorted(values))
    return Estimate(trials=len(values), median=middle, low=round(low, _DIGITS), high=round(high, _DIGITS))


def difference(values: Mapping[int, float], baseline: Mapping[int, float]) -> Difference | None:
    """Compare what was measured by the number of the trial; a trial counts that both have."""
    found = [values[trial] - baseline[trial] for trial in sorted(values.keys() & baseline.keys())]
    estimated = estimate(found)
    return Difference(**estimated.model_dump(), verdict=_verdict(estimated, found)) if estimated else None


def _verdict(found: Estimate, differences: Sequence[float]) -> Verdict:
    if found.trials < FEWEST_TRIALS or found.low is None or found.high is None:
        return Verdict.TOO_FEW_TRIALS
    if found.low <= 0 <= found.high or sign_chance(differences) > 1 - CONFIDENCE:
        return Verdict.NOT_DISTINGUISHABLE
    return Verdict.HIGHER if found.low > 0 else Verdict.LOWER


def sign_chance(differences: Sequence[float]) -> float:
    """Return the chance that so many point the same way if either way is as likely (the sign test, both sides).

    The bootstrap alone is too sure of a few values: it knows nothing beyond them.
    """
    pointing = [value for value in differences if value]
    fewer = min(sum(value > 0 for value in pointing), sum(value < 0 for value in pointing))
    return min(1.0, 2 * sum(comb(len(pointing), count) for count in range(fewer + 1)) / (1 << len(pointing)))


def _interval(ordered: Sequence[float]) -> tuple[float, float]:
    """Return the percentiles of the medians of resamples."""
    source, size = random.Random(_SEED), len(ordered)
    medians = sorted(median(ordered[int(source.random() * size)] for _ in range(size)) for _ in range(RESAMPLES))
    outside = round((1 - CONFIDENCE) / 2 * RESAMPLES)
    return medians[outside], medians[-1 - outside]
