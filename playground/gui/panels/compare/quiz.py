"""The rules of the quiz: columns shuffled by a seed, one of them real, and the score."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Quiz:
    """A game of several rounds. Candidate 0 is real, the others are models.

    Attributes:
        round: which one this is, from 1; it also is the seed of the shuffle and of the samples.
        order: the candidate that stands in each place.
        picked: the place that was chosen in this round, None before.
        right, asked: rounds that were won, and that were answered.
    """

    round: int = 0
    order: tuple[int, ...] = ()
    picked: int | None = None
    right: int = 0
    asked: int = 0

    def begin(self, candidates: int) -> None:
        """Shuffles for the next round. One that was not answered does not count."""
        self.round += 1
        order = np.random.default_rng(self.round).permutation(candidates)
        self.order, self.picked = tuple(int(candidate) for candidate in order), None

    @property
    def real_place(self) -> int:
        """Where the real data stands."""
        return self.order.index(0)

    def pick(self, place: int) -> bool:
        """Takes an answer; a second one in the same round is not counted. Returns whether it was right."""
        if not 0 <= place < len(self.order):
            raise ValueError(f"There is no place {place}")
        is_right = place == self.real_place
        if self.picked is None:
            self.picked = place
            self.asked += 1
            self.right += is_right
        return is_right


def real_examples(test: np.ndarray, n: int, seed: int, classes: np.ndarray | None = None) -> np.ndarray:
    """n held-out examples in an order of this seed, (n, *shape); fewer where there are fewer.

    With the `classes` of all, (N,), one of each class in turn, as models are asked: the order must tell nothing.
    """
    rows = np.random.default_rng([seed, 1]).permutation(len(test))
    if classes is None:
        return test[rows[:n]]
    queues = [[row for row in rows if classes[row] == each] for each in range(int(classes.max()) + 1)]
    in_turn = [queue[turn] for turn in range(len(test)) for queue in queues if turn < len(queue)]
    return test[in_turn[:n]]
