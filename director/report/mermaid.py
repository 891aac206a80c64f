"""The plan as a drawing of Mermaid, which GitHub shows; what it would not draw is left out as a whole."""

import re

from director.core.amounts import dollars
from director.report.graph import MARKS
from director.report.model import Report
from director.report.text import visible

CHARACTERS, EDGES = 20_000, 450
"""Mermaid refuses more than 50,000 and 500."""
_SPECIAL = re.compile(r"[^\w .,…✓✗▸○$?+-]|\b(?=end\b)", re.IGNORECASE)
_CLASSES = """\
  classDef landed fill:#e4f2e9,stroke:#1a6b41,color:#123
  classDef failed fill:#faecea,stroke:#a8261c,color:#311
  classDef ready fill:#e6eef7,stroke:#14508c,color:#123
  classDef waiting fill:#f3f1ec,stroke:#8b867b,color:#222
"""


def mermaid_graph(report: Report) -> str:
    """Return the drawing; nothing if it would be too large, or there is no plan."""
    number = {node.node.id: index for index, node in enumerate(report.nodes)}
    boxes, edges = [], []
    for node in report.nodes:
        status, here = node.status, number[node.node.id]
        told = f"{MARKS[status.state]} {status.id}", f"{status.state} {dollars(status.cost_usd, status.unpriced_calls)}"
        boxes.append(f'  n{here}["{"<br/>".join(map(_literal, told))}"]:::{status.state}\n')
        edges += [f"  n{number[need]} --> n{here}\n" for need in node.node.depends_on if need in number]
    drawn = "".join(["flowchart LR\n", *boxes, *edges, _CLASSES])
    return drawn if boxes and len(drawn) <= CHARACTERS and len(edges) <= EDGES else ""


def _literal(text: str) -> str:
    """Return text that Mermaid shows as it is: everything else by its number."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};" if found[0] else "", visible(text))
