"""Files that builds and test runs leave behind, in gitignore syntax: no gate minds them, and none of them lands."""

BYPRODUCTS = (
    "__pycache__/",
    "*.py[cod]",
    ".pytest_cache/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".hypothesis/",
    ".coverage",
    ".coverage.*",
    "*.egg-info/",
    ".venv/",
    "node_modules/",
    ".DS_Store",
)
