"""Where the nodes of a graph are drawn: longest-path layers, ordered by barycentres, placed near what they touch.

An edge over several layers passes each of them at a point of its own, so that it goes between the nodes. Edges that
others imply are left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from director.core.graph import dependents, topological_order

Needs = Mapping[str, Sequence[str]]
_SWEEPS = 8
_NODE, _PASSAGE = 1.0, 0.3
"""How much of a layer a node takes, and an edge that passes."""


@dataclass(frozen=True)
class Place:
    """Where something is: its layer, and where in it its middle is."""

    layer: int
    at: float


@dataclass(frozen=True)
class Layout:
    """A graph with everything in its place."""

    places: Mapping[str, Place]
    edges: Sequence[Sequence[Place]]
    """From what is needed to what needs it, over the points between them."""
    layers: int
    breadth: float


def lay_out(needs: Needs) -> Layout:
    """Place the nodes of a graph without cycles."""
    needs = _reduced(
        {name: [other for other in dict.fromkeys(needed) if other in needs] for name, needed in needs.items()}
    )
    layer_of = _layers(needs)
    chains = [_chain(source, target, layer_of) for target in needs for source in needs[target]]
    layers: list[list[str]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    links: dict[str, int] = dict(layer_of)
    for chain in chains:
        links |= {point: layer_of[chain[0]] + step for step, point in enumerate(chain)}
    for name, layer in links.items():
        layers[layer].append(name)
    before: dict[str, list[str]] = {name: [] for name in links}
    for chain in chains:
        for left, right in pairwise(chain):
            before[right].append(left)
    after = dependents(before)
    _order(layers, before, after)
    at = _positions(layers, before, after, nodes=needs.keys())
    places = {name: Place(links[name], at[name]) for name in links}
    return Layout(
        places={name: places[name] for name in layer_of},
        edges=[[places[point] for point in chain] for chain in chains],
        layers=len(layers),
        breadth=max((place.at for place in places.values()), default=0.0) + _NODE / 2,
    )


def _layers(needs: Needs) -> dict[str, int]:
    layer_of: dict[str, int] = {}
    for name in topological_order(needs):
        layer_of[name] = max((layer_of[other] + 1 for other in needs[name]), default=0)
    return layer_of


def _reduced(needs: Needs) -> dict[str, list[str]]:
    """Leave out what is needed by something else that is needed."""
    behind: dict[str, set[str]] = {}
    for name in topological_order(needs):
        behind[name] = set().union(*({other} | behind[other] for other in needs[name]))
    return {
        name: [one for one in needs[name] if not any(one in behind[other] for other in needs[name])] for name in behind
    }


def _chain(source: str, target: str, layer_of: Mapping[str, int]) -> list[str]:
    passages = range(layer_of[source] + 1, layer_of[target])
    return [source, *(f"{source}\0{target}\0{layer}" for layer in passages), target]


def _order(layers: list[list[str]], before: Needs, after: Needs) -> None:
    rank: dict[str, float] = {name: index for layer in layers for index, name in enumerate(layer)}
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        beside = before if forward else after
        for layer in layers if forward else reversed(layers):
            wanted = {
                name: fmean(rank[other] for other in beside[name]) if beside[name] else rank[name] for name in layer
            }
            layer.sort(key=wanted.__getitem__)
            rank |= {name: index for index, name in enumerate(layer)}


def _positions(
    layers: Sequence[Sequence[str]], before: Needs, after: Needs, *, nodes: Iterable[str]
) -> dict[str, float]:
    known = set(nodes)
    size = {name: _NODE if name in known else _PASSAGE for layer in layers for name in layer}
    at: dict[str, float] = {}
    for layer in layers:
        at |= dict(zip(layer, _spread([0.0] * len(layer), [size[name] for name in layer]), strict=True))
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            beside = [[*before[name], *after[name]] for name in layer]
            wanted = _filled([fmean(at[other] for other in near) if near else None for near in beside])
            at |= dict(zip(layer, _spread(wanted, [size[name] for name in layer]), strict=True))
    least = min((at[name] - size[name] / 2 for name in at), default=0.0)
    return {name: place - least for name, place in at.items()}


def _filled(wanted: Sequence[float | None]) -> list[float]:
    """Have what is drawn to nothing stay with what stands before it, or else after it."""
    last = next((place for place in wanted if place is not None), 0.0)
    return [last := last if place is None else place for place in wanted]


def _spread(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Return the places nearest to those wanted (least squares) that keep the order and do not overlap."""
    offsets, edge = [], 0.0
    for size in sizes:
        offsets.append(edge + size / 2)
        edge += size
    blocks: list[list[float]] = []
    for place, offset in zip(wanted, offsets, strict=True):
        blocks.append([place - offset])
        while len(blocks) > 1 and fmean(blocks[-2]) > fmean(blocks[-1]):
            blocks[-2].extend(blocks.pop())
    shifts = [fmean(block) for block in blocks for _ in block]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=True)]
