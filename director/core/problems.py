"""pydantic's errors in words."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails


def describe_problems(error: ValidationError) -> list[str]:
    """Return one line for each problem: the place, then what is wrong with it."""
    return [f"{_place(item['loc'])}: {_said(item)}" for item in error.errors()]


def other_version(error: ValidationError) -> str | None:
    """Return the version of a file that another version of director wrote, as far as that is what is wrong."""
    return next((repr(item["input"]) for item in error.errors() if _is_version(item)), None)


def _is_version(item: ErrorDetails) -> bool:
    return item["loc"] == ("version",) and item["type"] in {"literal_error", "extra_forbidden"}


def _place(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part if part.isprintable() else repr(part)}"
    return text.lstrip(".") or "the whole"


def _said(item: ErrorDetails) -> str:
    message = item["msg"]
    if _is_version(item):
        return f"{item['input']!r} is of another version of director; this one reads 1"
    match item["type"]:
        case "extra_forbidden":
            return "this key is not known"
        case "missing":
            return "this key is missing"
        case "value_error":
            return message.removeprefix("Value error, ")
        case _:
            return message[:1].lower() + message[1:]
