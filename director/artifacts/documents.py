"""Documents that both director and the user write: recon.md, spec.md, plan.json.

A copy of what director wrote is kept, so that a hand edit is seen and never overwritten.
"""

from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_bytes, write_text


def is_hand_edited(directory: JobDirectory, document: Path) -> bool:
    """Tell whether a document exists and is not what director wrote."""
    current = read_bytes(document)
    return current is not None and current != read_bytes(directory.generated(document))


def write_document(directory: JobDirectory, document: Path, text: str) -> None:
    """Write a document and remember that these are our words. The caller has looked for hand edits."""
    write_text(directory.generated(document), text)
    write_text(document, text)
