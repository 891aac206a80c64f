"""pydantic's errors in words."""

from pydantic import ValidationError


def describe_problems(error: ValidationError) -> list[str]:
    """Return one line for each problem: the place, then what is wrong with it."""
    return [f"{_place(item['loc'])}: {_said(item['type'], item['msg'])}" for item in error.errors()]


def _place(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part if part.isprintable() else repr(part)}"
    return text.lstrip(".") or "the whole"


def _said(kind: str, message: str) -> str:
    match kind:
        case "extra_forbidden":
            return "this key is not known"
        case "missing":
            return "this key is missing"
        case "value_error":
            return message.removeprefix("Value error, ")
        case _:
            return message[:1].lower() + message[1:]
