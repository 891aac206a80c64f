import pytest

from director.core.attempts import (
    BRIEF_CHARACTERS,
    FEEDBACK_CHARACTERS,
    Attempt,
    Outcome,
    Rung,
    current_ladder,
    next_rung,
)
from director.core.requests import FileRequest
from director.core.roles import Role

ROLES = (Role.EXECUTOR, Role.EXECUTOR, Role.ESCALATION)


def failed(number: int, inputs: str = "now") -> Attempt:
    return Attempt(
        inputs=inputs,
        number=number,
        role=ROLES[number - 1],
        outcome=Outcome.FAILED,
        feedback=f"why {number} failed",
        tree_ref=f"refs/{number}",
    )


def passed(number: int, inputs: str = "now") -> Attempt:
    return Attempt(inputs=inputs, number=number, role=ROLES[number - 1], outcome=Outcome.PASSED)


@pytest.mark.parametrize(
    ("ladder", "rung"),
    [
        ([], Rung(number=1, role=Role.EXECUTOR)),
        ([failed(1)], Rung(number=2, role=Role.EXECUTOR, feedback="why 1 failed", tree_ref="refs/1")),
        (
            [failed(1), failed(2)],
            Rung(
                number=3,
                role=Role.ESCALATION,
                feedback="why 2 failed",
                earlier=("attempt 1, executor: why 1 failed",),
                tree_ref="refs/2",
            ),
        ),
        ([failed(1), failed(2), failed(3)], None),
    ],
)
def test_each_attempt_is_made_by_the_next_role_and_told_why_the_last_one_failed(
    ladder: list[Attempt], rung: Rung | None
) -> None:
    assert next_rung(ladder, ROLES) == rung


def test_of_a_long_reason_the_beginning_is_told() -> None:
    long = failed(1).model_copy(update={"feedback": "x" * (FEEDBACK_CHARACTERS + 5)})

    rung = next_rung([long], ROLES)

    assert rung
    assert rung.feedback == "x" * FEEDBACK_CHARACTERS + "\n[... 5 characters left out ...]"


def test_without_roles_there_is_no_attempt() -> None:
    assert next_rung([], []) is None


@pytest.mark.parametrize(
    ("history", "ladder"),
    [
        pytest.param([], [], id="nothing was tried"),
        pytest.param([failed(1)], [failed(1)], id="a stopped ladder goes on"),
        pytest.param([failed(1), failed(2)], [failed(1), failed(2)], id="up to its last rung"),
        pytest.param([failed(1), failed(2), failed(3)], [], id="after its end a new one begins"),
        pytest.param([failed(1), failed(2), failed(3), failed(1)], [failed(1)], id="the new one is climbed alone"),
        pytest.param([failed(1), passed(2)], [], id="an attempt that passed ends it"),
        pytest.param([passed(1), failed(1)], [failed(1)], id="what passed before does not count"),
        pytest.param([failed(1, "before")], [], id="other inputs do not count"),
        pytest.param([failed(1, "before"), failed(1)], [failed(1)], id="the inputs changed"),
        pytest.param([failed(1), failed(1, "between")], [], id="the inputs changed back"),
        pytest.param([failed(1), failed(1, "between"), failed(1)], [failed(1)], id="and it begins at the first rung"),
    ],
)
def test_the_ladder_that_is_being_climbed(history: list[Attempt], ladder: list[Attempt]) -> None:
    assert current_ladder(history, inputs="now", roles=ROLES) == ladder


def test_a_ladder_longer_than_the_roles_that_are_left_has_ended() -> None:
    history = [failed(1), failed(2)]

    assert current_ladder(history, inputs="now", roles=[Role.EXECUTOR]) == []


def test_a_ladder_goes_on_where_roles_were_added() -> None:
    history = [failed(1), failed(2), failed(3)]
    longer = [Role.EXECUTOR, Role.EXECUTOR, Role.EXECUTOR, Role.ESCALATION]

    ladder = current_ladder(history, inputs="now", roles=longer)

    rung = next_rung(ladder, longer)
    assert rung
    assert (rung.number, rung.role, rung.feedback) == (4, Role.ESCALATION, "why 3 failed")
    assert rung.earlier == ("attempt 1, executor: why 1 failed", "attempt 2, executor: why 2 failed")


def test_of_an_earlier_attempt_the_first_line_and_what_matters_most_are_told() -> None:
    noise = "".join(f"frame {number}\n" for number in range(500))
    long = failed(1).model_copy(update={"feedback": f"`make` failed\n{noise}E   assert 1 == 2\n{noise}1 failed\n"})

    rung = next_rung([long, failed(2)], ROLES)

    assert rung
    assert rung.earlier[0].startswith("attempt 1, executor: `make` failed\n")
    assert rung.earlier[0].endswith("\n1 failed")
    assert len(rung.earlier[0]) < 2 * BRIEF_CHARACTERS


def test_an_attempt_that_asks_for_files_is_the_last_of_its_ladder() -> None:
    request = FileRequest(path="a.py", reason="x")
    asking = failed(1).model_copy(update={"requests": (request,)})

    assert next_rung([asking], ROLES) is None
    assert current_ladder([asking], inputs="now", roles=ROLES) == []
    assert current_ladder([asking, failed(1)], inputs="now", roles=ROLES) == [failed(1)]
