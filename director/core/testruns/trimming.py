"""What of an output an agent is shown: its first failure and its last lines, without what says nothing."""

import re
from collections.abc import Iterator, Sequence

from director.core.testruns.counts import plain

LINE_CHARACTERS = 1000
"""A longer line is cut in its middle."""

_NOTE_ROOM = 60
"""Characters that a note on what was left out may take."""
_LINE_ROOM = 200
"""A cut is moved to the end of a line that is not further away than this."""
_PERIOD = 8
"""So many lines may repeat together, as the frames of a recursion do."""
_WORTH_FOLDING = 3
"""Repeated lines that are left standing, for a note would be no shorter."""

_ESCAPES = re.compile(r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|.?)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HEADING = re.compile(
    r"^(?:=+ (?:ERRORS|FAILURES) =+|(?:ERROR|FAIL): .*|FAIL \S.*|ImportError while .*"
    r"| *not ok .*| *✖ .*|⎯+ Failed .*| FAIL  .*|  ● .*| *--- FAIL: .*|failures:|---- .* stdout ----)$",
    re.MULTILINE,
)
"""How runners begin to tell of a failure."""
_COMPLAINT = re.compile(
    r"^(?:Traceback \(most recent call last\):|error(?:\[\w+\])?: .*|\S.*[Ee]rror: .*)$", re.MULTILINE
)
"""What tells of a failure where no runner does; before a runner's heading it may be what a program logs."""
_CAUSE = re.compile(
    r"^(?:E  +\S.*|thread .* panicked at .*|[\w.]*(?:Error|Exception)\b.*"
    r"| +(?:error|[Ee]xpected|[Rr]eceived|actual|left|right|AssertionError)\b.*)$",
    re.MULTILINE,
)
"""The line that says what was wrong; it may stand far below the heading of its failure."""


def trim_output(output: str, *, limit: int = 8000) -> str:
    """Return an output without colours and at most `limit` long: its first failure and its last lines.

    Lines that repeat are shown once, lines that were overwritten not at all.
    """
    text = "\n".join(_folded([_cut(line) for line in _readable(output).split("\n")]))
    room = limit - 3 * _NOTE_ROOM
    if len(text) <= limit:
        return text
    return _pieces(text, *_spans(text, room)) if room > 0 else text[len(text) - limit :]


def _readable(output: str) -> str:
    """Return what a terminal would show in the end."""
    text = _ESCAPES.sub("", plain(output))
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _CONTROL.sub("", text)


def _cut(line: str) -> str:
    left_out = len(line) - LINE_CHARACTERS
    if left_out <= 0:
        return line
    head, tail = LINE_CHARACTERS * 3 // 4, LINE_CHARACTERS // 4
    return f"{line[:head]}[... {left_out} characters left out ...]{line[-tail:]}"


def _folded(lines: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        period, more = _repetition(lines, at)
        yield from lines[at : at + period]
        if more:
            yield f"[the {'line' if period == 1 else f'{period} lines'} above {more} more time{'s' * (more > 1)}]"
        at += period * (more + 1)


def _repetition(lines: Sequence[str], at: int) -> tuple[int, int]:
    """Return how many lines from a place on repeat together, and how often again; 1 and 0 for none."""
    for period in range(1, _PERIOD + 1):
        end = at + period
        while end < len(lines) and lines[end] == lines[end - period]:
            end += 1
        more = (end - at) // period - 1
        if more * period >= _WORTH_FOLDING:
            return period, more
    return 1, 0


def _spans(text: str, room: int) -> list[tuple[int, int]]:
    """Return the parts to show: where the first failure begins, what was wrong there, and the last lines."""
    found = _HEADING.search(text) or _COMPLAINT.search(text)
    failure = found.start() if found else 0
    if len(text) - failure <= room:
        return [(_next_line(text, len(text) - room), len(text))]
    half = room // 2
    tail = _next_line(text, len(text) - half), len(text)
    cause = _CAUSE.search(text, failure)
    if not cause or not failure + half <= cause.end() < tail[0]:
        return [(failure, _this_line(text, failure + half)), tail]
    head = failure, _this_line(text, failure + half // 2)
    begin = max(head[1], cause.start())
    return [head, (begin, min(_this_line(text, begin + half // 2), tail[0])), tail]


def _pieces(text: str, *spans: tuple[int, int]) -> str:
    shown, end = "", 0
    for start, stop in (span for span in spans if span[0] < span[1]):
        shown += f"[... {start - end} characters left out ...]\n" if start > end else ""
        shown += text[start:stop]
        end = stop
    return shown


def _this_line(text: str, at: int) -> int:
    """Return where the line of a place starts, or the place itself in a line that is long."""
    return text.rfind("\n", max(at - _LINE_ROOM, 0), at) + 1 or at


def _next_line(text: str, at: int) -> int:
    """Return where the line after a place starts, or the place itself in a line that is long."""
    return text.find("\n", at - 1, at + _LINE_ROOM) + 1 or at
