"""What the worktrees of a pool hold besides their commits, remembered from run to run."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from director.core.model import Model
from director.git.provision import Provision
from director.git.removal import remove_tree
from director.git.stock import Stock
from director.shell.contents import Stamp


class Record(Model):
    """NAME.json: what a worktree holds. File names need be no text: their bytes are written, as Latin-1."""

    version: Literal[1] = 1
    digest: str
    files: dict[str, Stamp]
    directories: tuple[str, ...]
    kept: dict[str, Stamp]


class Provisions:
    """The provisions by the names of worktrees, their records, and their stocks.

    Agents can write here. What is in memory counts while a run goes on, and is written down at its end. After a run
    that was killed, the records are believed as to names only: each worktree is set up again.
    """

    def __init__(self, directory: Path) -> None:
        """Read what the last run wrote; to be called while no agent works."""
        self._directory = directory
        self._mark = directory / "in-use"
        is_believed = not self._mark.exists()
        found = {path.stem: self._read(path, is_believed) for path in directory.glob("*.json")}
        self._provisions = {name: provision for name, provision in found.items() if provision}
        directory.mkdir(parents=True, exist_ok=True)
        self._mark.touch()

    def of(self, name: str) -> Provision:
        """Return what the worktree of a name holds."""
        return self._provisions.get(name) or Provision(Stock(self._directory / name))

    def forget(self, name: str) -> Provision:
        """Forget what a worktree holds, for it is set up again; return an empty provision."""
        self._provisions.pop(name, None)
        self._file(name).unlink(missing_ok=True)
        provision = self.of(name)
        provision.stock.clear()
        return provision

    def keep(self, name: str, provision: Provision) -> None:
        """Write down what a worktree holds."""
        self._provisions[name] = provision
        record = Record(
            digest=provision.digest,
            files=_written(provision.files),
            directories=tuple(_written(dict.fromkeys(provision.directories, (0, 0, 0)))),
            kept=_written(provision.stock.kept),
        )
        scratch = self._file(name).with_suffix(".new")
        remove_tree(scratch)
        scratch.write_text(json.dumps(record.model_dump()), encoding="utf-8")
        scratch.replace(self._file(name))

    def close(self) -> None:
        """Write down everything, for the next run to believe; to be called when no agent works any more."""
        for name, provision in self._provisions.items():
            self.keep(name, provision)
        self._mark.unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self._directory / f"{name}.json"

    def _read(self, path: Path, is_believed: bool) -> Provision | None:
        try:
            record = Record.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None
        stock = Stock(self._directory / path.stem, _read(record.kept))
        digest = record.digest if is_believed else ""
        return Provision(stock, digest, _read(record.files), {_name(text) for text in record.directories})


def _written(stamps: Mapping[str, Stamp]) -> dict[str, Stamp]:
    return {os.fsencode(name).decode("latin-1"): stamp for name, stamp in stamps.items()}


def _read(stamps: Mapping[str, Stamp]) -> dict[str, Stamp]:
    return {_name(text): stamp for text, stamp in stamps.items()}


def _name(text: str) -> str:
    return os.fsdecode(text.encode("latin-1", "replace"))
