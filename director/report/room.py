"""How much of what was said is shown: a report is opened on a telephone, and a job can hold gigabytes of it."""

from pathlib import Path

from director.artifacts.files import read_ends

TEXT_CHARACTERS = 40_000
"""More than this of one text is cut in its middle."""
ALL_CHARACTERS = 12_000_000
"""What all texts together may take; after that only little of each is shown."""
LEAST_CHARACTERS = 1_500


class Room:
    """What is left for further texts."""

    def __init__(self, characters: int = ALL_CHARACTERS) -> None:
        self._left = characters

    @property
    def limit(self) -> int:
        """How long the next text may be."""
        return max(LEAST_CHARACTERS, min(TEXT_CHARACTERS, self._left))

    def shown(self, text: str) -> str:
        """Return a text as far as there is room; both its ends, and between them how much was left out."""
        half, left_out = self.limit // 2, len(text) - self.limit
        if left_out > 0:
            text = f"{text[:half]}\n[… {left_out} characters left out …]\n{text[-half:]}"
        self._left -= len(text)
        return text

    def read(self, path: Path) -> str:
        """Return a file as far as there is room; nothing if there is no regular file."""
        if path.is_symlink() or not path.is_file():
            return ""
        return self.shown(read_ends(path, limit=4 * self.limit))
