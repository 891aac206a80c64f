"""Read the arguments of a command: options anywhere, text that begins with a dash, mistakes told in our words."""

import argparse
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from director.core.errors import ConfigError

_SHIELD = "\0"


class Parser(argparse.ArgumentParser):
    """argparse's reading; what is wrong is raised as ConfigError."""

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return the values of arguments. Raises SystemExit after printing help."""
        args, rest = self.parse_known_intermixed_args(self._shielded(arguments))
        if rest:
            raise self._unknown([_bare(word) for word in rest])
        for name, value in vars(args).items():
            setattr(args, name, _bare(value))
        return args

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        said = re.sub(r"^argument (.+?):", r"'\1':", message.replace(_SHIELD, ""))
        raise ConfigError(said, hint=f"'{self.prog} --help' says what it takes")

    def _unknown(self, words: Sequence[str]) -> ConfigError:
        options = [word.partition("=")[0] for word in words if word.startswith("-")]
        if not options:
            return ConfigError(f"'{words[0]}' is one word too many", hint=f"'{self.prog} --help' says what it takes")
        near = get_close_matches(options[0], self._option_string_actions, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"'{self.prog} --help' lists its options"
        return ConfigError(f"'{self.prog}' has no option '{options[0]}'", hint=hint)

    def _shielded(self, arguments: Sequence[str]) -> list[str]:
        """Mark words that are text although they begin with a dash, so that they are not read as options.

        An option is one word; text has blanks or lines in it. `--name=some text` is an option all the same, and
        after `--` everything is text.
        """
        end = arguments.index("--") if "--" in arguments else len(arguments)
        known = tuple(f"{name}=" for name in self._option_string_actions if name.startswith("--"))
        before = [_SHIELD + word if _is_text(word, known) else word for word in arguments[:end]]
        return [*before, *(_SHIELD + word for word in arguments[end + 1 :])]


def _is_text(word: str, known: tuple[str, ...]) -> bool:
    return word.startswith("-") and len(word.split()) > 1 and not word.startswith(known)


def _bare(value: Any) -> Any:
    match value:
        case str():
            return value.removeprefix(_SHIELD)
        case Path():
            return Path(str(value).removeprefix(_SHIELD))
        case list():
            return [_bare(item) for item in value]
        case _:
            return value
