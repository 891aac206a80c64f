"""The page of a bench: what is on it, and that nothing in it is more than text."""

from pathlib import Path

from director.core.bench.summary import BenchSummary
from director.core.roles import Role
from director.report.benchpage import bench_page
from tests.core.bench.summaries import arm, summary_of
from tests.report.browser import browse
from tests.report.reports import HOSTILE
from tests.report.test_html import Page

ARMS = (
    arm("full", 1, 10.0),
    arm("full", 2, 12.0),
    arm("cheap", 1, 1.0, integrated=False, quality=0.5),
    arm("cheap", 2),
)


def page_of(summary: BenchSummary) -> Page:
    return Page(bench_page(summary, made="today"))


def hostile() -> BenchSummary:
    """A summary in which all that can be text is hostile."""
    summary = summary_of(*ARMS)
    tiers = dict.fromkeys(Role, HOSTILE)
    profiles = tuple(
        profile.model_copy(update={"profile": f"{number}{HOSTILE}", "tiers": tiers})
        for number, profile in enumerate(summary.profiles)
    )
    names = dict(zip(("full", "cheap"), (profile.profile for profile in profiles), strict=True))
    arms = tuple(
        found.model_copy(update={"profile": names[found.profile], "branch": HOSTILE}) for found in summary.arms
    )
    said = {"task": HOSTILE, "job": HOSTILE, "baseline": HOSTILE, "conclusions": (HOSTILE,) * len(summary.conclusions)}
    return summary.model_copy(update={"profiles": profiles, "arms": arms, **said})


def test_the_pictures_say_their_numbers_in_words_and_the_tables_have_them_too() -> None:
    page = page_of(summary_of(*ARMS))

    titles = [attributes for tag, attributes in page.tags if tag == "svg" and attributes.get("role") == "img"]
    assert len(titles) == 3
    assert "Cost by profile: full $11.0000 [$10.0000, $12.0000]; cheap $1.0000" in page.text
    assert "full: median cost $11.0000 [$10.0000, $12.0000], median quality 100%" in page.text
    for text in ("What can be said", "2 trials cannot tell its cost", "full:1", "✓ green", "✗ red", "baseline"):
        assert text in " ".join(page.text.split()), text


def test_a_state_is_a_word_and_a_sign_and_a_profile_has_a_shape_of_its_own() -> None:
    page = page_of(summary_of(arm("full"), arm("cheap"), arm("gone", is_done=False, quality=None)))

    assert "○ not run to its end" in " ".join(page.text.split())
    legend = [attributes["d"] for tag, attributes in page.tags if tag == "path"][:3]
    assert len(set(legend)) == 3


def test_nothing_of_a_bench_becomes_markup() -> None:
    tame, found = page_of(summary_of(*ARMS)), page_of(hostile())

    assert {tag for tag, _ in found.tags} == {tag for tag, _ in tame.tags}
    assert [tag for tag, _ in found.tags if tag in {"script", "img"}] == []
    assert found.wrong == []
    assert found.open == []
    assert found.text.count("<script>alert(1)</script>") > 5


def test_the_page_loads_nothing_and_lets_no_script_run() -> None:
    page = page_of(summary_of(*ARMS))

    policy = next(attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv"))
    assert policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert [link for name in ("href", "src") for link in page.all(name) if not link.startswith("#")] == []


def test_figures_that_were_played_are_said_to_measure_no_model() -> None:
    summary = summary_of(*ARMS)
    played = summary.profiles[1].model_copy(update={"tiers": dict.fromkeys(Role, "replay:a.yaml")})

    page = page_of(summary.model_copy(update={"profiles": (summary.profiles[0], played)}))

    assert "Played from cassettes: cheap. No model was asked" in page.text
    assert "Played from cassettes" not in page_of(summary).text


def test_a_browser_shows_the_page_and_has_nothing_to_complain_of(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(bench_page(hostile(), made="today"), encoding="utf-8")

    shown = browse(file, tmp_path / "home")

    assert shown.said == ()
    assert "Cost against quality" in shown.page
