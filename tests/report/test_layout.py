"""Where nodes are drawn."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from director.report.layout import Layout, lay_out


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """A graph without cycles: each node needs some of those before it."""
    size = draw(st.integers(0, 12))
    return {f"n{at}": [f"n{other}" for other in range(at) if draw(st.booleans())] for at in range(size)}


@given(needs=graphs())
@settings(max_examples=60, deadline=None)
def test_a_node_is_right_of_what_it_needs_and_covers_no_other(needs: dict[str, list[str]]) -> None:
    layout = lay_out(needs)

    assert layout.places.keys() == needs.keys()
    assert all(layout.places[one].layer < layout.places[name].layer for name in needs for one in needs[name])
    assert overlapping(layout) == []
    assert all(0 <= place.at <= layout.breadth for place in layout.places.values())


@given(needs=graphs())
@settings(max_examples=40, deadline=None)
def test_an_edge_has_a_point_in_every_layer_that_it_passes(needs: dict[str, list[str]]) -> None:
    layout = lay_out(needs)

    for edge in layout.edges:
        assert [place.layer for place in edge] == list(range(edge[0].layer, edge[-1].layer + 1))


def test_what_others_imply_is_not_drawn() -> None:
    layout = lay_out({"a": [], "b": ["a"], "c": ["a", "b", "unknown"]})

    assert len(layout.edges) == 2
    assert layout.layers == 3


def test_a_chain_is_a_straight_line() -> None:
    layout = lay_out({"a": [], "b": ["a"], "c": ["b"]})

    assert len({place.at for place in layout.places.values()}) == 1


def test_two_chains_side_by_side_do_not_cross() -> None:
    layout = lay_out({"a": [], "b": [], "d": ["b"], "c": ["a"], "f": ["d"], "e": ["c"]})

    above = [layout.places[one].at < layout.places[other].at for one, other in ("ab", "cd", "ef")]
    assert len(set(above)) == 1


def test_hundreds_of_nodes_find_their_places() -> None:
    needs = {f"n{at}": [f"n{other}" for other in range(max(0, at - 9), at, 4)] for at in range(300)}

    layout = lay_out(needs)

    assert len(layout.places) == 300
    assert overlapping(layout) == []


def overlapping(layout: Layout) -> list[tuple[str, str]]:
    """The pairs of nodes that are drawn over each other."""
    return [
        (one, other)
        for (one, here), (other, there) in combinations(layout.places.items(), 2)
        if here.layer == there.layer and abs(here.at - there.at) < 1 - 1e-9
    ]
