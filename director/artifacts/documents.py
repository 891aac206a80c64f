"""Documents that both director and the user write: recon.md, spec.md, plan.json.

A copy of what director wrote is kept, so that a hand edit is seen and never overwritten, and of what it was made from,
so that whoever makes it anew is told what changed.
"""

from collections.abc import Mapping
from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_bytes, read_text, write_text
from director.core.documents import difference


def is_hand_edited(directory: JobDirectory, document: Path) -> bool:
    """Tell whether a document exists and is not what director wrote."""
    ours = directory.generated(document)
    return read_bytes(document) not in (None, read_bytes(ours), read_bytes(_next(ours)))


def document_of_task(directory: JobDirectory, task: str) -> Path | None:
    """Return the document that a task writes; None for other tasks."""
    return {"recon": directory.recon, "spec": directory.spec, "decompose": directory.plan}.get(task)


def write_document(
    directory: JobDirectory, document: Path, text: str, *, sources: Mapping[Path, str] | None = None
) -> None:
    """Write a document and remember that these are our words, and what they were made from if that is new.

    The caller has looked for hand edits.
    """
    ours = directory.generated(document)
    write_text(_next(ours), text)  # until the document is in place, both are our words
    write_text(document, text)
    _next(ours).replace(ours)
    for source, content in (sources or {}).items():
        write_text(directory.made_from(document, source), content)


def changed_sources(directory: JobDirectory, document: Path, sources: Mapping[Path, str]) -> str:
    """Return how the texts differ from those that a document was made from, as far as these are known."""
    known = {source: read_text(directory.made_from(document, source)) for source in sources}
    found = (difference(source.name, known[source] or "", text) for source, text in sources.items() if known[source])
    return "\n\n".join(filter(None, found))


def _next(ours: Path) -> Path:
    return ours.with_name(f"{ours.name}.next")
