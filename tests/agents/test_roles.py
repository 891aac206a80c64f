"""Roles as their files define them."""

from pathlib import Path

import pytest

from director.core.errors import ConfigError
from director.core.roles import Output, Permission, Role
from director.prompts.roles import load_roles

READERS = (Role.EXPLORER, Role.BRAINSTORM, Role.PLANNER, Role.REVIEWER)
WRITERS = (Role.TEST_AUTHOR, Role.EXECUTOR, Role.ESCALATION)
OWN = "---\ndescription: Ours\npermissions: [read]\ntemperature: 0.5\n---\n\nRead it.\n"


@pytest.mark.parametrize("role", Role)
def test_every_role_is_shipped(role: Role) -> None:
    definition = load_roles()[role]

    assert definition.name is role
    assert definition.description
    assert len(definition.instructions) > 500


@pytest.mark.parametrize("role", READERS)
def test_a_role_that_judges_may_only_read(role: Role) -> None:
    assert load_roles()[role].permissions == {Permission.READ}


@pytest.mark.parametrize("role", WRITERS)
def test_a_role_that_builds_may_read_edit_and_run(role: Role) -> None:
    assert load_roles()[role].permissions == set(Permission)


def test_who_plans_criticises_or_reviews_answers_in_a_form() -> None:
    roles = load_roles()

    assert roles[Role.PLANNER].output_of("decompose") is Output.PLAN
    assert roles[Role.PLANNER].output_of("gate:spec") is Output.CRITIQUE
    assert roles[Role.REVIEWER].output_of("run:parser") is Output.REVIEW
    assert roles[Role.EXECUTOR].output_of("run:parser") is None


def test_no_shipped_role_sets_a_temperature_for_some_models_refuse_one() -> None:
    assert {definition.temperature for definition in load_roles().values()} == {None}


def test_a_file_of_the_users_goes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "reviewer.md").write_text(OWN)

    roles = load_roles(tmp_path)

    assert (roles[Role.REVIEWER].description, roles[Role.REVIEWER].instructions) == ("Ours", "Read it.")
    assert roles[Role.REVIEWER].temperature == 0.5
    assert roles[Role.EXECUTOR] == load_roles()[Role.EXECUTOR]


def test_a_directory_that_is_not_there_overrides_nothing(tmp_path: Path) -> None:
    assert load_roles(tmp_path / "absent") == load_roles()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no front matter"),
        ("Just words.\n", "it has no front matter"),
        ("---\ndescription: x\n", "it has no front matter"),
        ("---\ndescription: x\npermissions: [read]\n---\n \n", "it has no instructions"),
        ("---\n[read\n---\nx\n", "its front matter is not YAML: "),
        ("---\nn: !!int ''\n---\nx\n", "its front matter is not YAML: "),
        ("---\n- read\n---\nx\n", "its front matter does not consist of keys and values"),
        ("---\n\n---\nx\n", "its front matter does not consist of keys and values"),
        ("---\npermissions: [read]\n---\nx\n", "description: this key is missing"),
        ("---\ndescription: x\n---\nx\n", "permissions: this key is missing"),
        ("---\ndescription: x\npermissions: [fly]\n---\nx\n", "permissions[0]: "),
        ("---\ndescription: x\npermissions: [read]\nmodel: y\n---\nx\n", "model: this key is not known"),
        ("---\ndescription: x\npermissions: [read]\nname: planner\n---\nx\n", "name: this key is not known"),
        ("---\ndescription: x\npermissions: [read]\n1: y\n---\nx\n", "1: this key is not known"),
    ],
)
def test_a_broken_file_is_named_with_its_problem(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "executor.md"
    path.write_text(text)

    with pytest.raises(ConfigError) as caught:
        load_roles(tmp_path)

    assert caught.value.message.startswith(f"'{path}' does not define a role: {problem}")
    assert caught.value.hint.startswith("begin with '---'")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "executor.md").write_bytes(b"---\n\xff\n---\nx")

    with pytest.raises(ConfigError, match="it cannot be read"):
        load_roles(tmp_path)


def test_a_file_may_begin_with_a_byte_order_mark_and_hold_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "executor.md").write_bytes(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode())

    assert load_roles(tmp_path)[Role.EXECUTOR].instructions == "Read it."
