"""What a bench says of what was measured."""

from director.core.bench.summary import BenchSummary, Comparison, ProfileSummary, conclusions
from director.core.roles import Role
from tests.core.bench.summaries import arm, summary_of


def second(summary: BenchSummary) -> tuple[ProfileSummary, Comparison]:
    found = summary.profiles[1]
    assert found.against
    return found, found.against


def test_the_reduction_is_against_the_baseline_trial_by_trial() -> None:
    arms = [arm("full", 1, 10.0), arm("cheap", 1, 1.0), arm("full", 2, 20.0), arm("cheap", 2, 8.0)]

    _, against = second(summary_of(*arms))

    assert against.reduction
    assert against.reduction.median == 0.75
    assert not against.reaches_reduction


def test_the_baseline_is_compared_with_nothing() -> None:
    assert summary_of(arm("full"), arm("cheap")).profiles[0].against is None


def test_an_arm_that_could_not_be_run_is_in_no_number() -> None:
    summary = summary_of(arm("full"), arm("cheap", 1, 0.0, is_done=False, quality=None, integrated=None))

    cheap, against = second(summary)
    assert (cheap.trials, cheap.done, cheap.cost, cheap.quality) == (1, 0, None, None)
    assert (against.cost, against.reduction, against.reaches_reduction) == (None, None, None)
    assert "cheap: 0 of 1 arms ran to their end; only those are compared" in summary.conclusions


def test_a_cost_that_is_not_all_known_is_no_reduction() -> None:
    summary = summary_of(arm("full", cost=10.0), arm("cheap", cost=0.1, unpriced=2))

    cheap, against = second(summary)
    assert (cheap.cost, cheap.unpriced_calls, against.reduction) == (None, 2, None)
    assert "cheap: 2 calls of unknown price: what it costs is not known" in summary.conclusions


def test_a_baseline_that_cost_nothing_cannot_be_undercut() -> None:
    _, against = second(summary_of(arm("full", cost=0.0), arm("cheap", cost=0.0)))

    assert against.reduction is None


def test_one_trial_is_said_to_tell_nothing() -> None:
    summary = summary_of(arm("full", cost=10.0), arm("cheap", cost=1.0))

    assert summary.conclusions == (
        "full: the executor tier did 100% of the nodes; that reaches the target of 70%",
        "cheap: the executor tier did 100% of the nodes; that reaches the target of 70%",
        "cheap: costs 90% less than full; that reaches the target of 80%",
        "cheap: 1 trial cannot tell its quality from that of full; 6 may",
        "cheap: 1 trial cannot tell its cost from that of full; 6 may",
        "cheap: 1 trial cannot tell its time from that of full; 6 may",
    )


def test_enough_trials_say_what_differs_and_what_does_not() -> None:
    costs = [1.0, 1.1, 0.9, 1.2, 1.0, 0.8]
    full = [arm("full", trial, 10.0, seconds=float(trial)) for trial in range(1, 7)]
    cheap = [arm("cheap", trial, cost, seconds=7.0 - trial) for trial, cost in enumerate(costs, 1)]

    summary = summary_of(*full, *cheap)

    assert summary.conclusions[2:] == (
        "cheap: costs 90% less than full; that reaches the target of 80%",
        "cheap: its quality is not distinguishable from that of full",
        "cheap: its cost is lower than that of full",
        "cheap: its time is not distinguishable from that of full",
    )


def test_a_dearer_profile_is_said_to_cost_more() -> None:
    summary = summary_of(arm("full", cost=1.0), arm("lavish", cost=3.0))

    assert "lavish: costs 200% more than full; that misses the target of 80%" in summary.conclusions


def test_shares_count_the_trials_that_ended() -> None:
    arms = [arm("full", 1, holdout=True), arm("full", 2, integrated=False, holdout=False, quality=0.5)]

    (full,) = summary_of(*arms).profiles

    assert (full.integrated, full.holdout) == (0.5, 0.5)
    assert full.quality
    assert (full.quality.low, full.quality.median, full.quality.high) == (0.5, 0.75, 1.0)


def test_a_reduction_at_lower_quality_is_not_called_the_same() -> None:
    summary = summary_of(arm("full", cost=10.0), arm("cheap", cost=1.0, quality=0.5))

    said = "cheap: costs 90% less than full; that reaches the target of 80%, but at lower quality"
    assert said in summary.conclusions


def test_a_profile_that_was_played_is_said_to_measure_no_model() -> None:
    played = {"tiers": dict.fromkeys(Role, "replay:.director/cheap.yaml")}
    summary = summary_of(arm("full"), arm("cheap"))

    profiles = [summary.profiles[0], summary.profiles[1].model_copy(update=played)]

    assert conclusions(profiles, "full") == [
        *summary.conclusions,
        "played from cassettes, which measure no model: cheap",
    ]
