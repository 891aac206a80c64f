import pytest

from director.core.attempts import FEEDBACK_CHARACTERS, Attempt, Outcome, Rung, current_ladder, next_rung
from director.core.roles import Role

ROLES = (Role.EXECUTOR, Role.EXECUTOR, Role.ESCALATION)


def failed(number: int, inputs: str = "now") -> Attempt:
    return Attempt(
        inputs=inputs,
        number=number,
        role=ROLES[number - 1],
        outcome=Outcome.FAILED,
        feedback=f"why {number} failed",
    )


def passed(number: int, inputs: str = "now") -> Attempt:
    return Attempt(inputs=inputs, number=number, role=ROLES[number - 1], outcome=Outcome.PASSED)


@pytest.mark.parametrize(
    ("ladder", "rung"),
    [
        ([], Rung(number=1, role=Role.EXECUTOR)),
        ([failed(1)], Rung(number=2, role=Role.EXECUTOR, feedback="why 1 failed")),
        ([failed(1), failed(2)], Rung(number=3, role=Role.ESCALATION, feedback="why 2 failed")),
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

    assert next_rung(ladder, longer) == Rung(number=4, role=Role.ESCALATION, feedback="why 3 failed")
