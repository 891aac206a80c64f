from hypothesis import given
from hypothesis import strategies as st

from director.core.plan.node import Plan, PlannedNode
from director.core.plan.replanning import keep_words

OLD = PlannedNode(
    id="parse",
    title="Parse",
    spec="Parse it.\n\nLike this:\n    parse(text)",
    files=("a.py", "b.py"),
    depends_on=("lex", "read"),
    test_cmd="pytest tests/test_parse.py",
    tests=("tests/test_parse.py",),
    estimated_difficulty="hard",
)


def plan_of(*nodes: PlannedNode) -> Plan:
    return Plan(nodes=nodes)


def test_an_order_and_blanks_that_moved_are_no_change() -> None:
    copied = OLD.model_copy(
        update={
            "spec": "Parse it.  \nLike this:\n\n    parse(text)\n",
            "files": ("b.py", "a.py"),
            "depends_on": ("read", "lex"),
            "title": " Parse",
        }
    )

    assert keep_words(plan_of(copied), plan_of(OLD)) == plan_of(OLD)


def test_an_indentation_is_a_change() -> None:
    changed = OLD.model_copy(update={"spec": "Parse it.\n\nLike this:\nparse(text)"})

    assert keep_words(plan_of(changed), plan_of(OLD)) == plan_of(changed)


def test_each_field_counts_for_itself() -> None:
    changed = OLD.model_copy(update={"spec": "Parse more.", "files": ("b.py", "a.py"), "depends_on": ("lex",)})

    kept = keep_words(plan_of(changed), plan_of(OLD)).nodes[0]

    assert (kept.spec, kept.files, kept.depends_on) == ("Parse more.", ("a.py", "b.py"), ("lex",))


def test_the_same_work_under_another_name_keeps_its_name_and_those_who_need_it_name_it_so() -> None:
    user = PlannedNode(id="use", spec="Use it.", depends_on=("parser",))
    renamed = OLD.model_copy(update={"id": "parser", "title": "The parser"})

    kept = keep_words(plan_of(renamed, user), plan_of(OLD))

    assert [node.id for node in kept.nodes] == ["parse", "use"]
    assert kept.nodes[0].title == "The parser"
    assert kept.nodes[1].depends_on == ("parse",)


def test_a_name_that_is_taken_is_not_given_back() -> None:
    renamed = OLD.model_copy(update={"id": "parser"})
    other = PlannedNode(id="Parse", spec="Something else.")

    kept = keep_words(plan_of(renamed, other), plan_of(OLD))

    assert [node.id for node in kept.nodes] == ["parser", "Parse"]


def test_nodes_that_come_and_go_are_left_as_they_are() -> None:
    added = PlannedNode(id="new", spec="New.")

    assert keep_words(plan_of(added), plan_of(OLD)) == plan_of(added)


TEXTS = st.text(alphabet="ab \n", max_size=8)
NODES = st.builds(
    PlannedNode,
    id=st.sampled_from("abc"),
    spec=TEXTS,
    title=TEXTS,
    files=st.lists(st.sampled_from("xyz"), max_size=3).map(tuple),
)
PLANS = st.lists(NODES, max_size=3, unique_by=lambda node: node.id).map(lambda nodes: Plan(nodes=tuple(nodes)))


@given(PLANS, PLANS)
def test_to_keep_words_twice_changes_nothing_more(plan: Plan, old: Plan) -> None:
    once = keep_words(plan, old)

    assert keep_words(once, old) == once
    assert keep_words(plan, once) == once


@given(PLANS)
def test_a_plan_over_itself_is_itself(plan: Plan) -> None:
    assert keep_words(plan, plan) == plan
