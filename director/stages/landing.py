"""Put commits onto the job branch: combined with what landed since, tested as combined, by compare and swap.

What waits to land at the same time lands as a train: each commit on the one before it, tested where the last one
stands (docs/decisions/0047). If that is red, its halves go one after the other.
"""

from collections.abc import Sequence

from director.core.errors import MergeConflict, Rejected, TipMoved
from director.core.spans import SpanKind
from director.core.words import listed, quoted
from director.git.repository import Change
from director.job.arrivals import Arrival, Ticket
from director.job.job import Job
from director.stages.combination import Coupled, check_train


def trailers(job: Job, *, task: str, inputs: str = "", work: str = "", undoes: Sequence[str] = ()) -> str:
    """Return the trailers by which a commit of ours is known again; earlier ones of what it undoes count no more."""
    said = {"Job": job.identity.id, "Task": task, "Inputs": inputs, "Work": work, "Undoes": " ".join(undoes)}
    return "".join(f"Director-{name}: {value}\n" for name, value in said.items() if value)


def land(job: Job, arrival: Arrival) -> str:
    """Move the job branch to a commit, or to its combination with the tip; return what landed.

    Whatever was done to the commit on the way, it changes nothing but allowed regular files. Raises Rejected if it must
    not land. Its `kept` ref goes when it is on the branch. Landings of one director wait for each other; a tip that
    somebody else moved meanwhile is read again.
    """
    with job.spans.within(SpanKind.LANDING, arrival.commit[:12]):
        return job.arrivals.land(arrival, lambda tickets: _land_all(job, tickets))


def _land_all(job: Job, tickets: Sequence[Ticket]) -> None:
    waiting = list(tickets)
    while waiting:
        tip = job.tip()
        train, waiting = _couple(job, tip, waiting)
        if train and not _land_train(job, tip, train):
            waiting = [*(ticket for ticket, _ in train), *waiting]


def _couple(job: Job, tip: str, tickets: Sequence[Ticket]) -> tuple["Train", list[Ticket]]:
    """Put the commits of tickets onto each other; one that goes ill with another waits for the next train."""
    train: Train = []
    left = []
    for ticket in tickets:
        before = train[-1][1].commit if train else tip
        try:
            train.append((ticket, _combine(job, ticket.arrival, before)))
        except Rejected as rejected:
            if before == tip:
                ticket.refusal = rejected
            else:
                left.append(ticket)
    return train, left


Train = list[tuple[Ticket, Coupled]]
"""Tickets, and the commits with which they would land, each on the one before it."""


def _combine(job: Job, arrival: Arrival, before: str) -> Coupled:
    commit = arrival.commit if before == arrival.base else _merge(job, arrival, before)
    changes = job.repository.changes(before, commit)
    _check_scope(changes, arrival)
    return Coupled(arrival, commit, adds_only=all(change.is_new for change in changes))


def _merge(job: Job, arrival: Arrival, before: str) -> str:
    try:
        tree = job.repository.combine(before, arrival.commit, base=arrival.base)
    except MergeConflict as conflict:
        raise Rejected(f"{conflict.message}\nThe worktree of the next attempt holds the new state.") from conflict
    return job.repository.commit_tree(tree, parent=before, message=arrival.message)


def _check_scope(changes: Sequence[Change], arrival: Arrival) -> None:
    strange = [change.path for change in changes if change.path not in arrival.allowed or not change.is_regular]
    if strange:
        raise Rejected(f"the commit changes what it may not: {listed([quoted(path) for path in strange])}")


def _land_train(job: Job, tip: str, train: Train) -> bool:
    """Test a train and move the branch to its end; return False if the tip was moved meanwhile.

    One that is red is no train any more: its halves land one after the other.
    """
    end = train[-1][1].commit
    job.repository.keep(_train_ref(job), end)  # a `git gc` of the user's may run while it is tested
    try:
        check_train(job, [coupled for _, coupled in train], tip=tip)
    except Rejected as rejected:
        _part(job, train, rejected)
        return True
    try:
        job.branch.move(end, old=tip)
    except TipMoved:
        return False
    for ticket, coupled in train:
        ticket.landed = coupled.commit
    for ref in filter(None, (*(ticket.arrival.kept for ticket, _ in train), _train_ref(job))):
        job.repository.drop(ref)
    return True


def _part(job: Job, train: Train, rejected: Rejected) -> None:
    if len(train) == 1:
        train[0][0].refusal = rejected
        return
    tickets = [ticket for ticket, _ in train]
    middle = len(tickets) // 2
    for half in (tickets[:middle], tickets[middle:]):
        _land_all(job, half)


def _train_ref(job: Job) -> str:
    return f"{job.identity.kept_refs}landing/combined"
