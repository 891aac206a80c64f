"""What doit asks of a task besides its files, as values that are true or not when doit looks at them.

doit would call a function, too, but to find out what one takes takes it longer than most claims.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from director.artifacts.files import read_remade
from director.core.model import Model


class _Claim:
    def __init__(self, holds: Callable[[], bool]) -> None:
        self._holds = holds

    def __bool__(self) -> bool:
        return self._holds()


Claim = tuple[_Claim]
"""A claim as doit takes what is neither a plain truth nor a function: in a tuple."""


def claim(holds: Callable[[], bool]) -> Claim:
    """Return a claim that is true while a function says so."""
    return (_Claim(holds),)


def are_sound(paths: Sequence[Path], model: type[Model]) -> Claim:
    """Return the claim that no artifact is spoiled."""
    return claim(lambda: all(read_remade(path, model) is not None for path in paths))
