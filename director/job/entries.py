"""Make the entry of a cassette from a call that has ended and from what its agent left in its worktree."""

import base64
import os
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from director.artifacts.files import read_text
from director.core.artifacts import Asked
from director.core.calls import End, Reply
from director.core.cassette import Binary, Content, Entry, Link, Origin, Prompt, is_git_own
from director.core.masking import Mask
from director.core.money import cost_of_reply
from director.core.words import listed, quoted
from director.job.capture import changed_files
from director.job.job import Job
from director.job.prices import known_price
from director.shell import environment

FILES_BYTES = 8 * 1024 * 1024
"""What the files of one call may take; what is more is left out."""
PROMPT_CHARACTERS = 400_000
"""A longer prompt is recorded by its digest alone."""


def record_call(job: Job, asked: Asked, reply: Reply) -> None:
    """Record a call that has ended, if calls are recorded. Its worktree is as the agent left it."""
    if job.recording is None or reply.end is End.INTERRUPTED:
        return
    mask = Mask(environment.secrets())
    entry = mask.entry(_entry_of(job, asked, reply))
    for what, names in {"masked secrets in": entry.masked, "left out": entry.left_out}.items():
        if names:
            job.note(f"the recording {what} {listed([quoted(name) for name in names])}", task=asked.key.task)
    job.recording.take(entry, lambda: _origin(job, mask))


def _origin(job: Job, mask: Mask) -> Origin:
    config = job.config.model_dump(mode="json", exclude={"backends", "pricing"}, exclude_defaults=True)
    task = mask(read_text(job.directory.task) or "")
    return Origin.model_validate(
        {"id": job.identity.id, "base": job.identity.base, "task": task, "config": mask.everywhere(config)}
    )


def _entry_of(job: Job, asked: Asked, reply: Reply) -> Entry:
    files, left_out = _files_of(job, asked)
    prompt = read_text(job.directory.path / asked.log / "prompt.md") or ""
    shown = job.timeless(prompt)
    return Entry(
        id=asked.id,
        role=asked.key.role,
        task=asked.key.task,
        attempt=asked.key.attempt,
        end=reply.end,
        detail=reply.detail,
        retry_after=reply.retry_after,
        usage=reply.usage,
        cost_usd=cost_of_reply(reply, known_price(job.config, asked.tier)).usd,
        took=round(reply.seconds, 3),
        events=reply.events,
        text=reply.text,
        files={path: content for path, (content, _) in files.items()},
        executable=tuple(path for path, (_, executable) in files.items() if executable) if files else None,
        left_out=tuple(left_out),
        prompt=Prompt(
            sha256=asked.prompt or job.prompt_digest(prompt), text=shown if len(shown) <= PROMPT_CHARACTERS else ""
        ),
    )


def _files_of(job: Job, asked: Asked) -> tuple[dict[str, tuple[Content, bool]], list[str]]:
    """Return what an agent left, each content with whether it is executable, and the files that have to be left out."""
    if asked.scope is None:
        return {}, []
    slot = job.pool.named(asked.scope.slot, asked.scope.base)
    if not slot.is_whole():
        return {}, []
    files, left_out = _read_files(slot.tree, changed_files(job, slot, asked.scope))
    return files, [*left_out, *slot.altered(slot.given(asked.scope.allowed))]


def _read_files(tree: Path, paths: Iterable[str]) -> tuple[dict[str, tuple[Content, bool]], list[str]]:
    files: dict[str, tuple[Content, bool]] = {}
    left_out, room = [], FILES_BYTES
    for path in paths:
        size = os.lstat(tree / path).st_size if os.path.lexists(tree / path) else 0
        if size > room or is_git_own(PurePosixPath(path)):
            left_out.append(path)
            continue
        try:
            files[path] = _content(tree / path)
            room -= size
        except OSError:
            left_out.append(path)
    return files, left_out


def _content(path: Path) -> tuple[Content, bool]:
    """Read what stands at a path, whatever an agent put there. Raises OSError for what is not ours to read.

    Where a directory is, or nothing, there is no file.
    """
    if not os.path.lexists(path) or (path.is_dir() and not path.is_symlink()):
        return None, False
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return Link(link=str(path.readlink())), False
    if not stat.S_ISREG(mode):
        raise OSError("no regular file")
    return _text_or_binary(path.read_bytes()), bool(mode & stat.S_IXUSR)


def _text_or_binary(data: bytes) -> Content:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    return Binary(base64=base64.b64encode(data).decode()) if "\0" in text else text
