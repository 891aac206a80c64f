"""Configuration files: which goes before which, and what is said about one that cannot be used."""

from pathlib import Path

import pytest

from director.core.config.settings import Config
from director.core.errors import ConfigError
from director.core.roles import Role
from director.job.configuration import load_config
from director.report.reference import config_reference

ROOT = Path(__file__).resolve().parents[2]
TIERS = '[tiers]\nplanner = "a/strong"\nexecutor = "a/cheap"\n'


def write_config(repository: Path, text: str, name: str = "config.toml") -> None:
    path = repository / ".director" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_own(home: Path, text: str) -> Path:
    path = home / ".config" / "director" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(repository: Path, profile: str | None = None) -> Config:
    return load_config(repository, repository / ".director", profile=profile)


def failure(repository: Path, profile: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(repository, profile)
    return str(caught.value)


def test_the_smallest_configuration_names_two_tiers(tmp_path: Path) -> None:
    write_config(tmp_path, TIERS)

    config = load(tmp_path)

    assert config == Config.model_validate({"tiers": {"planner": "a/strong", "executor": "a/cheap"}})


def test_the_repository_goes_before_the_users_own_key_by_key(tmp_path: Path, sealed: Path) -> None:
    write_own(
        sealed, '[tiers]\nplanner = "own/strong"\nexecutor = "own/cheap"\n[limits]\nmax_attempts = 5\nflake_runs = 3'
    )
    write_config(tmp_path, '[tiers]\nplanner = "a/strong"\n[limits]\nmax_attempts = 1')

    config = load(tmp_path)

    assert (config.tiers.planner, config.tiers.executor) == ("a/strong", "own/cheap")
    assert (config.limits.max_attempts, config.limits.flake_runs) == (1, 3)


def test_nested_tables_are_merged_and_lists_are_replaced(tmp_path: Path, sealed: Path) -> None:
    write_own(sealed, '[backends.opencode]\nenv = ["A"]\nprovider.x.npm = "n"\nprovider.x.name = "own"')
    write_config(tmp_path, TIERS + '[backends.opencode]\nenv = ["B"]\nprovider.x.name = "repository"')

    options = load(tmp_path).backends["opencode"]

    assert options.env == ("B",)
    assert options.provider == {"x": {"npm": "n", "name": "repository"}}


def test_gates_keep_their_order(tmp_path: Path) -> None:
    write_config(tmp_path, TIERS + '[gates]\nz = "1"\na = "2"\nm = "3"')

    assert list(load(tmp_path).gates) == ["z", "a", "m"]


def test_keys_that_are_roles_and_tiers_are_read(tmp_path: Path) -> None:
    write_config(tmp_path, TIERS + '[sampling.planner]\ntemperature = 1\n[pricing."a/cheap"]\ninput = 1\noutput = 5.5')

    config = load(tmp_path)

    assert config.sampling[Role.PLANNER].temperature == 1.0
    assert config.pricing["a/cheap"].output == 5.5


def test_a_profile_stands_in_place_of_the_configuration(tmp_path: Path, sealed: Path) -> None:
    write_own(sealed, "[limits]\nflake_runs = 3")
    write_config(tmp_path, TIERS + "[limits]\nmax_attempts = 9")
    write_config(tmp_path, '[tiers]\nplanner = "b/strong"\nexecutor = "b/cheap"', "profiles/local-only.toml")

    config = load(tmp_path, "local-only")

    assert config.tiers.planner == "b/strong"
    assert (config.limits.max_attempts, config.limits.flake_runs) == (2, 3)


def test_a_profile_needs_no_configuration_beside_it(tmp_path: Path) -> None:
    write_config(tmp_path, TIERS, "profiles/only.toml")

    assert load(tmp_path, "only").tiers.planner == "a/strong"


def test_a_missing_configuration_is_an_error_that_says_how_to_get_one(tmp_path: Path) -> None:
    assert failure(tmp_path) == (
        "there is no configuration at '.director/config.toml'\nhint: write one with 'director init'"
    )


def test_a_profile_that_is_not_there_is_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    write_config(tmp_path, TIERS, "profiles/fast.toml")
    write_config(tmp_path, TIERS, "profiles/cheap.toml")

    assert failure(tmp_path, "fsat") == "there is no profile 'fsat'\nhint: the profiles are 'cheap', 'fast'"


@pytest.mark.parametrize("name", ["../config", "/etc/passwd", ".hidden", "", "a/b", "a\n"])
def test_a_profile_is_never_looked_for_elsewhere(tmp_path: Path, name: str) -> None:
    write_config(tmp_path, TIERS)
    write_config(tmp_path, TIERS, "profiles/.hidden.toml")

    assert failure(tmp_path, name).startswith(f"there is no profile '{name}'")


def test_every_problem_is_listed_with_its_file_and_a_remedy(tmp_path: Path, sealed: Path) -> None:
    own = write_own(sealed, '[gates]\ntest = "make"\n[limits]\nflake_runs = true\n[reviews]\nstage_two = false')
    write_config(
        tmp_path,
        """
[tiers]
planner = "opencode:"
planer = "a/b"
[limits]
max_attempts = 0
node_timeout_secs = "1h"
cost_ceiling_usd = -1.5
max_atempts = 3
[sampling.executer]
temperature = 1
[sampling.planner]
temperature = 3
[gates]
lint = ["ruff", "check"]
[backends.opencode]
env = [1]
[pricing."ollama/qwen3:30b"]
input = 1
[review]
stage_two = "yes"
[gatse]
""",
    )

    assert failure(tmp_path) == "\n".join(
        [
            "the configuration cannot be used:",
            f"  - {own}: 'gates' is only for a repository: move it into the repository's config.toml",
            "  - .director/config.toml: 'tiers.planner': 'opencode:' is not a tier: write backend:provider/model, as in"
            " 'opencode:anthropic/claude-sonnet-4-5'",
            "  - .director/config.toml: 'tiers.executor' is missing: add it, a string",
            "  - .director/config.toml: 'tiers.planer' is not known: did you mean 'planner'?",
            "  - .director/config.toml: 'backends.opencode.env[0]' is 1: make it a string",
            "  - .director/config.toml: 'sampling.executer' is not known: did you mean 'executor'?",
            "  - .director/config.toml: 'sampling.planner.temperature' is 3: make it a number at least 0 and at most 2",
            "  - .director/config.toml: 'gates.lint' is a list: make it a string",
            "  - .director/config.toml: 'pricing.\"ollama/qwen3:30b\".output' is missing: add it, a number at least 0",
            "  - .director/config.toml: 'limits.node_timeout_secs' is the string '1h': make it a number greater than 0",
            "  - .director/config.toml: 'limits.cost_ceiling_usd' is -1.5: make it a number greater than 0",
            "  - .director/config.toml: 'limits.max_attempts' is 0: make it a whole number greater than 0",
            f"  - {own}: 'limits.flake_runs' is true: make it a whole number greater than 0",
            "  - .director/config.toml: 'limits.max_atempts' is not known: did you mean 'max_attempts'?",
            "  - .director/config.toml: 'review.stage_two' is the string 'yes': make it true or false",
            f"  - {own}: 'reviews' is not known: did you mean 'review'?",
            "  - .director/config.toml: 'gatse' is not known: did you mean 'gates'?",
        ]
    )


def test_gates_of_the_users_own_are_an_error_even_if_all_else_is_well(tmp_path: Path, sealed: Path) -> None:
    own = write_own(sealed, '[gates]\ntest = "make"')
    write_config(tmp_path, TIERS)

    assert failure(tmp_path) == (
        "the configuration cannot be used:\n"
        f"  - {own}: 'gates' is only for a repository: move it into the repository's config.toml"
    )


def test_a_table_where_a_value_belongs_and_the_other_way_round_are_errors(tmp_path: Path) -> None:
    write_config(tmp_path, TIERS + "review = 3\n[limits.max_attempts]\nx = 1")

    assert failure(tmp_path) == "\n".join(
        [
            "the configuration cannot be used:",
            "  - .director/config.toml: 'tiers.review' is not known: did you mean 'reviewer'?",
            "  - .director/config.toml: 'limits.max_attempts' is a table: make it a whole number greater than 0",
        ]
    )


def test_a_date_is_no_string(tmp_path: Path) -> None:
    write_config(tmp_path, TIERS + "[gates]\nday = 2026-01-02")

    assert "'gates.day' is " in failure(tmp_path)


def test_a_key_like_no_other_gets_the_list_of_those_there_are(tmp_path: Path) -> None:
    write_config(tmp_path, TIERS + "[review]\nxyz = 1")

    assert failure(tmp_path) == (
        "the configuration cannot be used:\n"
        "  - .director/config.toml: 'review.xyz' is not known:"
        " one of stage_one_llm, stage_two, stage_two_file_threshold"
    )


def test_an_empty_configuration_lacks_its_tiers(tmp_path: Path) -> None:
    write_config(tmp_path, "")

    assert failure(tmp_path) == (
        "the configuration cannot be used:\n  - .director/config.toml: 'tiers' is missing: add it, a table"
    )


def test_what_is_not_toml_is_an_error_with_its_place(tmp_path: Path) -> None:
    write_config(tmp_path, "[tiers]\nplanner = a/strong\n")

    assert failure(tmp_path) == (
        "'.director/config.toml', line 2, column 11, is not TOML: invalid value\n"
        "hint: text wants quotes, a table a [header]; https://toml.io has the rules"
    )


def test_a_file_that_ends_too_soon_is_an_error_that_names_it(tmp_path: Path, sealed: Path) -> None:
    own = write_own(sealed, "[tiers")
    write_config(tmp_path, TIERS)

    assert failure(tmp_path).startswith(f"'{own}' is not TOML: ")


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    write_config(tmp_path, "")
    (tmp_path / ".director" / "config.toml").write_bytes(b"# caf\xe9\n")

    assert failure(tmp_path) == "'.director/config.toml' is not UTF-8 text\nhint: save it as UTF-8"


def test_the_reference_in_docs_is_what_the_models_say() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == config_reference()


def test_the_reference_explains_every_key() -> None:
    reference = config_reference()

    assert [name for name in _keys(Config.model_json_schema()) if f"`{name}`" not in reference] == []


def _keys(schema: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    return [name for table in schema["$defs"].values() for name in table.get("properties", ())]
