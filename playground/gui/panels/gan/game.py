"""The rules of playing the discriminator: items in a shuffled order, one answer each, and two scores."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Game:
    """One game: the learner and D say of the same items whether they are real.

    Attributes:
        items: (N, *shape), in the order in which they are shown.
        is_real: what they are, (N,).
        machine: what D says of them, (N,), before it is compared with `threshold`.
        threshold: above this D says "real".
        answers: what the learner has said so far.
    """

    items: np.ndarray
    is_real: np.ndarray
    machine: np.ndarray
    threshold: float
    answers: list[bool] = field(default_factory=list)

    @classmethod
    def dealt(
        cls, real: np.ndarray, fake: np.ndarray, says_real: np.ndarray, says_fake: np.ndarray, threshold: float,
        count: int, seed: int,
    ) -> "Game":  # fmt: skip
        """`count` items of both kinds together, each as likely real as not; `says_...` is D's answer to each."""
        rng = np.random.default_rng(seed)
        is_real = rng.random(count) < 0.5
        # None comes twice, unless there are fewer than that.
        rows = [rng.choice(len(kind), count, replace=len(kind) < count) for kind in (real, fake)]
        chosen = np.where(is_real, *rows)
        mask = is_real.reshape(-1, *[1] * (real.ndim - 1))
        items = np.where(mask, real[chosen % len(real)], fake[chosen % len(fake)])
        machine = np.where(is_real, says_real[chosen % len(real)], says_fake[chosen % len(fake)])
        return cls(items, is_real, machine, threshold)

    @property
    def place(self) -> int:
        """The item on show: the one after the last answer; the last one when all are answered."""
        return min(len(self.answers), len(self.items) - 1)

    @property
    def is_over(self) -> bool:
        """Whether every item is answered."""
        return len(self.answers) == len(self.items)

    def answer(self, says_real: bool) -> bool:
        """Takes the learner's word about the item on show; returns whether it is right."""
        assert not self.is_over
        place = self.place
        self.answers.append(says_real)
        return bool(self.is_real[place] == says_real)

    def machine_says_real(self, place: int) -> bool:
        """What D makes of an item."""
        return bool(self.machine[place] > self.threshold)

    def right(self) -> tuple[int, int]:
        """How many of the items answered so far the learner and D got right."""
        done = len(self.answers)
        truth = self.is_real[:done]
        machine = self.machine[:done] > self.threshold
        return int((np.array(self.answers, bool) == truth).sum()), int((machine == truth).sum())
