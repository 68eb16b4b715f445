"""Workers that take turns: fair, never blocked by one that does not train, and with the losses each has alone."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from playground.core.turns import FairShare, Seat

SOON = 5.0  # seconds within which a thread must have had its turn, or the test fails


def take(seat: Seat, steps: int = 1, seconds: float = 1.0) -> bool:
    """One turn that costs this much, if it can be had at once."""
    with seat.turn(patience=0.0) as turn:
        if turn is not None:
            turn.steps, turn.seconds = steps, seconds
        return turn is not None


class Racer(threading.Thread):
    """Takes turns of a fixed cost, each as long as the others need to queue up, until all have taken enough."""

    def __init__(self, share: FairShare, cost: float, taken: list["Racer"], enough: int, rivals: int) -> None:
        super().__init__()
        self.share, self.seat, self.cost = share, share.seat(), cost
        self.taken, self.enough, self.rivals = taken, enough, rivals

    def run(self) -> None:
        while len(self.taken) < self.enough:
            with self.seat.turn(SOON) as turn:
                assert turn is not None, "nobody may wait this long"
                turn.steps, turn.seconds = 1, self.cost
                self.taken.append(self)
                queue_up(self.share._waiting, self.rivals, unless=lambda: len(self.taken) >= self.enough)
        self.seat.leave()


def queue_up(line: list[Seat], count: int, unless: Callable[[], bool] = lambda: False) -> None:
    """Until so many wait for their turn."""
    deadline = time.monotonic() + SOON
    while len(line) < count and not unless():
        assert time.monotonic() < deadline
        time.sleep(0)  # lets another thread run


def race(share: FairShare, costs: list[float], enough: int) -> list[int]:
    """Turns taken by racers of different costs."""
    taken: list[Racer] = []
    racers = [Racer(share, cost, taken, enough, len(costs) - 1) for cost in costs]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(SOON)
        assert not racer.is_alive()
    counts = Counter(taken[:enough])  # what follows is the end of the race
    return [counts[racer] for racer in racers]


def test_alone_every_turn_is_ones_own():
    seat = FairShare().seat()
    assert all(take(seat) for _ in range(3))


def test_while_one_trains_no_other_does():
    share = FairShare()
    first, second = share.seat(), share.seat()
    with first.turn(0.0) as turn:
        assert turn is not None
        assert not take(second)
    assert take(second)


def test_whoever_had_least_is_next():
    share = FairShare()
    seats = {name: share.seat() for name in "abc"}
    costs = {"a": 3.0, "b": 1.0, "c": 2.0}
    for name, seat in seats.items():  # all join, with what they had
        take(seat, seconds=costs[name])
    order: list[str] = []
    threads = []
    with seats["a"].turn(0.0) as turn:
        assert turn is not None
        for name in "bc":

            def wait(name: str = name) -> None:
                with seats[name].turn(SOON) as theirs:
                    assert theirs is not None
                    order.append(name)

            threads.append(threading.Thread(target=wait))
            threads[-1].start()
        queue_up(share._waiting, 2)
    for thread in threads:
        thread.join(SOON)
    assert order == ["b", "c"]


@pytest.mark.parametrize("costs", [[1.0, 1.0], [1.0, 4.0], [1.0, 2.0, 3.0, 6.0]])
def test_seconds_are_shared_whatever_a_turn_costs(costs):
    turns = race(FairShare("seconds"), costs, enough=72)
    seconds = [count * cost for count, cost in zip(turns, costs, strict=True)]
    assert max(seconds) - min(seconds) <= max(costs)


def test_steps_are_shared_whatever_they_cost():
    turns = race(FairShare("steps"), [1.0, 5.0, 0.1], enough=72)
    assert max(turns) - min(turns) <= 1


def test_one_that_pauses_does_not_hold_the_others_up():
    share = FairShare()
    paused, going = share.seat(), share.seat()
    take(paused, seconds=0.0)
    take(going, seconds=100.0)
    assert take(going)  # the other had less, but does not ask
    paused.leave()
    assert take(going)


def test_one_that_comes_back_neither_catches_up_nor_pays():
    share = FairShare()
    early, late = share.seat(), share.seat()
    for _ in range(50):
        take(early, seconds=1.0)
    take(late, seconds=0.0)
    assert late.had == early.had
    late.leave()
    take(early, seconds=9.0)
    take(late, seconds=0.0)
    assert late.had == early.had


def test_a_turn_ends_with_its_block_even_if_it_breaks():
    share = FairShare()
    first, second = share.seat(), share.seat()
    with pytest.raises(RuntimeError, match="broke"), first.turn(0.0):
        raise RuntimeError("broke")
    assert take(second)


def test_one_that_leaves_in_the_middle_frees_the_next():
    share = FairShare()
    first, second = share.seat(), share.seat()
    done = threading.Event()

    def wait() -> None:
        with second.turn(SOON) as turn:
            if turn is not None:
                done.set()

    with first.turn(0.0):
        thread = threading.Thread(target=wait)
        thread.start()
        first.leave()
    assert done.wait(SOON)
    thread.join(SOON)


def test_an_errand_is_done_alone_and_counts_for_nobody():
    share = FairShare()
    first, second = share.seat(), share.seat()
    with first.errand(0.0) as is_free:
        assert is_free
        assert not take(second)
        with second.errand(0.0) as also:
            assert not also
    assert take(second, seconds=2.0)
    with second.errand(0.0) as is_free:
        assert is_free
    assert (first.had, second.had) == (0.0, 2.0)


def test_turns_and_errands_alternate_where_both_are_wanted():
    share = FairShare()
    done: list[str] = []

    def keep_going(what: str) -> None:
        seat = share.seat()
        while len(done) < 20:
            with seat.turn(SOON) if what == "turn" else seat.errand(SOON) as begun:
                assert begun
                done.append(what)
                other = share._errands if what == "turn" else share._waiting
                queue_up(other, 1, unless=lambda: len(done) >= 20)

    threads = [threading.Thread(target=keep_going, args=(what,)) for what in ("turn", "errand")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
        assert not thread.is_alive()
    assert done[:20] == [done[0], *["errand" if what == "turn" else "turn" for what in done[:19]]]


def test_another_unit_counts_from_when_it_is_chosen():
    share = FairShare("seconds")
    first, second = share.seat(), share.seat()
    take(first, steps=1000, seconds=1.0)
    take(second, steps=1, seconds=1.0)
    share.share_by("steps")
    assert (share.unit, first.had, second.had) == ("steps", 0.0, 0.0)
    take(first, steps=3)
    assert first.had == 3
