"""Where the shipped files are: inside the installed package, or beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def template_path(name: str) -> Path:
    """Return the path of a shipped file or directory, such as `roles` or `config.toml`."""
    installed = _PACKAGE / "templates"
    return (installed if installed.is_dir() else _PACKAGE.parent / "templates") / name
