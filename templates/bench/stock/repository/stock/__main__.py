"""The command line."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from stock.items import read_items


def main(arguments: Sequence[str] | None = None) -> int:
    """List what is in the store."""
    parser = argparse.ArgumentParser(prog="stock", description="List what is in the store.")
    parser.add_argument("file", type=Path)
    args = parser.parse_args(arguments)
    for item in read_items(args.file.read_text(encoding="utf-8")):
        print(f"{item.name}: {item.count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
