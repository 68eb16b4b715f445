"""Watchers that say when a training goes wrong, why, by which number, and what mends it.

They know no family by name: they read a run's own records, small looks at its samples and codes (see
`evaluation.alarms`), and what is known against its settings (see `core.known_bad`). Each rule stands beside the reason
for its threshold; `tests/test_alarms.py` holds them against runs that are well and runs that are not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np

from playground.core.hyperparams import Value
from playground.core.known_bad import Advice
from playground.core.records import TrainRecord

DIVERGED = "Training diverged"  # begins the sentence of a loss that is no number
RECENT = 50  # steps over which a loss is judged: a single one says little
KEPT = 4000  # steps that are remembered
LOOKS = 8  # looks that are remembered
IN_A_ROW = 3  # looks that must agree

RUNS_AWAY = 20.0  # nats between the scores of data and of samples; where all is well they differ by less than three
WORSE = 0.5  # of what was gained at best, above the untrained model
FORGOTTEN = 0.1  # of what was gained on held-out data that is lost again; noise and EMA cost far less
SILENT = 0.1  # nats an example in the code; one yes or no is 0.69
# Of the distance between two real examples, a sample from the same noise moves from look to look. Where all is well at
# most 0.25, or samples are good all the while (style GANs move by 0.4 for a thousand steps); where the players circle
# each other 0.43 and more.
SWINGS = 0.33
VARIED = 0.7  # of the spread of real examples; players that circle each other make a third of it, or a hundred times
SETTLED = 500  # steps after the start or a change in which samples may still move far and miss modes
GOOD = 0.3  # share of samples that lie among real ones, below which they are bad rather than alike
ALIKE = 0.1  # of the spread of real examples


@dataclass(frozen=True)
class Alarm:
    """Something that goes wrong.

    Attributes:
        name, title: of the watcher: "mode-collapse", "Mode collapse".
        diagnosis: one sentence, with its numbers.
        repair: settings that mend it; empty where those of the preset do.
        afresh: whether what was learned so far cannot be saved, so that the repair needs a fresh model.
        looks, steps: after a change how many it takes to say that it is over.
    """

    name: str
    title: str
    diagnosis: str
    repair: Mapping[str, Value] = field(default_factory=dict)
    afresh: bool = False
    looks: int = 0
    steps: int = 2 * RECENT


@dataclass(frozen=True)
class Look:
    """What samples and codes said after some step: see `evaluation.alarms.AlarmWatch.look`."""

    step: int
    numbers: Mapping[str, float]
    x: np.ndarray = field(default_factory=lambda: np.empty(0))

    def moved_from(self, before: "Look") -> float:
        """How far a sample has moved since another look at the same noise, over the mean distance of two real examples;
        NaN where that cannot be said."""
        if self.x.shape != before.x.shape or not self.x.size or not self.numbers.get("distance"):
            return float("nan")
        way = np.linalg.norm((self.x - before.x).reshape(len(self.x), -1), axis=1)
        return float(way.mean() / self.numbers["distance"])


class Evidence:
    """What a run has shown since it began, or since a setting of it was changed.

    Attributes:
        step: done so far.
        terms: each loss term's newest values, a number a step, the loss first.
        first: what the loss was in the first steps.
        held_out: (step, loss on validation data).
        looks: the newest looks.
        advice: what is known against the settings.
        warm_up: steps in which the loss is not yet what is trained for, so that it may rise.
        broke: the sentence with which training ended, or "".
    """

    def __init__(self) -> None:
        self.step = 0
        self.began = 0
        self.warm_up = 0
        self.first = float("nan")
        self.terms: dict[str, list[float]] = {}
        self.held_out: list[tuple[int, float]] = []
        self.looks: list[Look] = []
        self.advice: Sequence[Advice] = ()
        self.broke = ""

    def add(self, records: Sequence[TrainRecord]) -> None:
        """Training went on."""
        for record in records:
            self.step = record.step
            for name, values in record.values.items():
                column = self.terms.setdefault(name, [])
                column.extend(values)
                del column[:-KEPT]
            for step, terms in record.held_out.items():
                if terms:
                    self.held_out.append((step, next(iter(terms.values()))))
        if self.terms and not np.isfinite(self.first):
            self.first = float(np.mean(next(iter(self.terms.values()))[:5]))

    def look(self, look: Look) -> None:
        """Samples and codes were looked at."""
        self.looks = [*self.looks, look][-LOOKS:]

    def heed(self, settings: Mapping[str, Value]) -> None:
        """Learns from the settings how long the warm-up is (of β, of the learning rate)."""
        lengths = [int(value) for key, value in settings.items() if key.endswith("warmup")]
        self.warm_up = max(lengths, default=0)

    def forget(self) -> None:
        """A setting was changed: what the run does from now on is judged by itself."""
        self.terms, self.held_out, self.looks, self.broke, self.began = {}, [], [], "", self.step

    @property
    def loss(self) -> np.ndarray:
        """The loss at the newest steps."""
        return np.array(next(iter(self.terms.values()), []))

    def recent(self, name: str, count: int = RECENT) -> float:
        """The median of a term over the newest steps; NaN where there are not so many yet."""
        values = self.terms.get(name, [])
        return float(np.median(values[-count:])) if len(values) >= count else float("nan")

    @property
    def settled(self) -> list[Look]:
        """The looks after the first unrest."""
        return [look for look in self.looks if look.step >= self.began + SETTLED]

    def moves(self, count: int) -> float:
        """How far samples moved from look to look, the median of the newest; NaN where there are not so many."""
        newest = self.settled[-count - 1 :]
        if len(newest) <= count:
            return float("nan")
        return float(np.median([after.moved_from(before) for before, after in pairwise(newest)]))

    def median(self, name: str, count: int) -> float:
        """Of a number of the newest looks; NaN where they do not have it."""
        return float(np.median([look.numbers.get(name, np.nan) for look in self.settled[-count:]]))

    def speaks_against(self, alarm: Alarm) -> bool:
        """Whether enough was seen since the last change that an alarm which is not raised is over."""
        looks = self.settled if alarm.steps >= SETTLED else self.looks
        return len(looks) >= alarm.looks and self.step - self.began >= alarm.steps and not self.broke

    def alarms(self) -> list[Alarm]:
        """All that goes wrong just now, causes before their effects."""
        return [alarm for rule in RULES for alarm in rule(self)]


# -- the rules ------------------------------------------------------------------------------------------------------


def broken(run: Evidence) -> Iterator[Alarm]:
    """A loss that is no number any more; the trainer has stopped."""
    if run.broke:
        yield Alarm("nan", "Not a number", run.broke, afresh=True)


def settings(run: Evidence) -> Iterator[Alarm]:
    """What is wrong before the first step."""
    for each in run.advice:
        if each.alarm:
            yield Alarm(each.alarm.lower().replace(" ", "-"), each.alarm, each.why, each.repair, steps=0)


def blow_up(run: Evidence) -> Iterator[Alarm]:
    """Scores that run away: what an energy, or a critic, says of data and of samples must stay comparable."""
    for what, words in (("E", "energy"), ("D", "critic's score")):
        gap = run.recent(f"{what}(data)") - run.recent(f"{what}({'model' if what == 'E' else 'samples'})")
        if abs(gap) > RUNS_AWAY:
            yield Alarm("blow-up", "Energy blow-up" if what == "E" else "Runaway critic",
                        f"The {words} of data and of samples differ by {abs(gap):,.0f}, where a few are usual: nothing "
                        "holds them, and they run away from each other.", afresh=True)  # fmt: skip


def diverging(run: Evidence) -> Iterator[Alarm]:
    """A loss above that of the untrained model. Only where the loss is one, that is also measured on held-out data."""
    if len(run.loss) < 2 * RECENT or not run.held_out or run.step < run.warm_up + 2 * RECENT:
        return
    now = float(np.median(run.loss[-RECENT:]))
    best = min(float(np.median(run.loss[i : i + RECENT])) for i in range(0, len(run.loss) - RECENT + 1, RECENT))
    gained = max(run.first - best, 0.1 * abs(run.first))
    if now > run.first + WORSE * gained:
        yield Alarm("diverging", "Divergence",
                    f"The loss is {now:.4g}, and was {run.first:.4g} before anything was learned: the steps are too "
                    "long.", afresh=True)  # fmt: skip


def overfit(run: Evidence) -> Iterator[Alarm]:
    """Better and better on what it has seen, worse and worse on what it has not."""
    judged = [each for each in run.held_out if each[0] >= run.warm_up]
    if len(judged) < 2 + IN_A_ROW:
        return
    steps, losses = (np.array(column) for column in zip(*judged, strict=True))
    place = int(np.argmin(losses))
    newest = losses[-IN_A_ROW:]
    since = run.step - int(steps[place])
    if place > len(losses) - 1 - IN_A_ROW or len(run.loss) < max(since, 2 * RECENT):
        return
    then, now = float(np.median(run.loss[-since - RECENT // 2 :][:RECENT])), float(np.median(run.loss[-RECENT:]))
    lost = float(newest.min() - losses[place])
    if lost > FORGOTTEN * max(run.held_out[0][1] - losses[place], losses[0] - losses[place]) and now < then:
        yield Alarm("overfit", "Overfitting",
                    f"On held-out data the loss rose from {losses[place]:.4g} at step {int(steps[place]):,} to "
                    f"{newest[-1]:.4g}, while on the training data it fell: the model learns them by heart.",
                    afresh=True, steps=6 * RECENT)  # fmt: skip


def posterior_collapse(run: Evidence) -> Iterator[Alarm]:
    """Codes that say nothing of their example."""
    if _agree(run.looks, lambda look: look.get("KL", 1.0) < SILENT):
        last = run.looks[-1].numbers
        yield Alarm("posterior-collapse", "Posterior collapse",
                    f"All codes together say {last['KL']:.2g} nats, and {last['axes']:.0f} of "
                    f"{last['latent_dim']:.0f} numbers of z say anything: the decoder does without them.",
                    {"beta": 1.0}, looks=IN_A_ROW)  # fmt: skip


def oscillation(run: Evidence) -> Iterator[Alarm]:
    """Two players that follow each other in circles. Only for games: chains and pixels may jump by nature. Samples that
    at each look are good, and as different as real examples, are on their way."""
    moved = run.moves(IN_A_ROW + 1)
    if "D(samples)" not in run.terms or not moved > SWINGS:
        return
    spread, precision = (run.median(name, IN_A_ROW + 2) for name in ("spread", "precision"))
    if not (VARIED < spread < 1 / VARIED and precision > GOOD):
        yield Alarm("oscillation", "Oscillation",
                    f"From look to look a sample of the same noise moves by {moved:.2g} of the distance between two "
                    "real examples: the two players circle each other.", afresh=True,
                    looks=IN_A_ROW + 2, steps=SETTLED)  # fmt: skip


def mode_collapse(run: Evidence) -> Iterator[Alarm]:
    """Samples that are good, and all alike; those that jump about are another matter."""
    looks = run.settled
    if "D(samples)" in run.terms and run.moves(IN_A_ROW - 1) > SWINGS:
        return
    for whole, part, words in (("modes", "modes_hit", "modes"), ("classes", "classes_hit", "classes")):
        if _agree(looks, partial(_misses_half, whole=whole, part=part)):
            last = looks[-1].numbers
            if _mean(looks, "on_data", "precision") > GOOD:
                yield Alarm("mode-collapse", "Mode collapse",
                            f"Samples reach {last[part]:.0f} of {last[whole]:.0f} {words}: the others are not made "
                            "any more.", afresh=True, looks=IN_A_ROW, steps=SETTLED)  # fmt: skip
                return
    if _agree(looks, lambda look: look.get("spread", 1.0) < ALIKE):
        yield Alarm("mode-collapse", "Mode collapse",
                    f"Two samples differ by {looks[-1].numbers['spread']:.2g} of what two real examples do: all "
                    "are alike.", afresh=True, looks=IN_A_ROW, steps=SETTLED)  # fmt: skip


def _agree(looks: Sequence[Look], is_so: Callable[[Mapping[str, float]], bool]) -> bool:
    """Whether the newest looks all are like that: one alone may be chance."""
    newest = looks[-IN_A_ROW:]
    return len(newest) == IN_A_ROW and all(is_so(look.numbers) for look in newest)


def _mean(looks: Sequence[Look], *names: str) -> float:
    """The mean over the newest looks of the first of these numbers that they have; 0 where they have none."""
    name = next((name for name in names if name in looks[-1].numbers), "")
    return float(np.mean([look.numbers.get(name, 0.0) for look in looks[-IN_A_ROW:]])) if name else 0.0


def _misses_half(look: Mapping[str, float], whole: str, part: str) -> bool:
    return whole in look and look[part] <= look[whole] / 2


RULES = (broken, settings, blow_up, diverging, overfit, posterior_collapse, oscillation, mode_collapse)
