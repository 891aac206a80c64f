"""How often Python looks for garbage: a large graph lives to the end, and each look goes through all of it."""

import atexit
import gc

_SELDOM, _OFTEN = 1_000_000, 50_000


def look_seldom() -> None:
    """For a command that is over soon: the looks take up to a third of its time."""
    gc.set_threshold(_SELDOM)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)  # what is there at the end goes with the process; Python would look at it once more


def look_often() -> None:
    """For what goes on for hours: what is left behind is not to pile up."""
    gc.set_threshold(_OFTEN)
