"""Time to quality: how long each library trains until 95 % of the digits that it is asked for are labelled right.

Each goes by its own recipe (see `recipes`). All learn from the same data, are sampled by as many steps of DDIM, and are
judged by the same classifier, which learned from real digits alone. Only training counts, in seconds of the processor.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from playground import registry
from playground.bench import peers, recipes, training
from playground.bench.race import rounded
from playground.bench.recipes import Student
from playground.core.device import use_threads
from playground.core.errors import PlaygroundError
from playground.evaluation.features import Yardstick

FAMILY, DATA = "diffusion", "digits"
GOOD = 0.95
COUNT, CHUNK, STEPS = 200, 20, 25  # samples a look, drawn so many at a time, and the sampler's steps
FIRST, GROWTH = 4.0, 1.2  # seconds of training before the first look; as many times as many before each further one


@dataclass
class Score:
    """What a student has shown so far.

    Attributes:
        seconds, steps: of training.
        right: share of its digits that were labelled right at the newest look, which ends with the first CHUNK after
            which GOOD is out of reach.
    """

    seconds: float = 0.0
    steps: int = 0
    right: float = 0.0

    @property
    def good(self) -> bool:
        """Whether it is there."""
        return self.right >= GOOD

    def learn(self, student: Student, until: float) -> None:
        """Trains up to so many seconds in all."""
        while self.seconds < until:
            began = time.process_time()
            done = student.train()
            self.seconds += time.process_time() - began
            self.steps += 1 if done is None else done

    def to_json(self) -> dict[str, Any]:
        """When it was there, or until when it was not."""
        return {"seconds" if self.good else "not_in_seconds": rounded(self.seconds), "steps": self.steps,
                "right": rounded(self.right)}  # fmt: skip


def quality(seconds: float) -> dict[str, Any]:
    """Seconds of training to GOOD, of ours and of each peer, and how many times as many a peer takes: at least so many
    times, where it is not there after `seconds` of training. Looking at samples takes longer than training does."""
    use_threads(1)
    dataset = registry.load_data(DATA)
    judge = Yardstick.bundled(dataset.spec, "cpu")
    if judge is None:
        raise PlaygroundError(f"No classifier of {DATA} is bundled, and nothing else can judge.")
    classes, recognised = dataset.spec.classes[0], judge.labels
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # of the peers, which draw from the global generator
        students = {"playground": recipes.ours(FAMILY, DATA, dataset, STEPS)}
        for name in filter(peers.is_installed, (peers.DIFFUSERS, peers.LUCIDRAINS)):
            students[name] = recipes.peer(name, dataset.train, STEPS)
        scores = raced(students, lambda student: looked(student, recognised, classes), seconds)
    real = float((recognised(dataset.test.x) == dataset.test.labels).float().mean())
    return {
        **training.setting(),
        "data": DATA,
        "good": GOOD,
        "real_digits_right": rounded(real),
        "training": told(scores),
    }


def looked(student: Student, recognised: Callable[[Tensor], Tensor], classes: int) -> float:
    """The share of a student's digits that is labelled as it was asked for."""
    right = drawn = 0
    for asked in (torch.arange(COUNT) % classes).split(CHUNK):
        right += int((recognised(student.sample(asked))[:, 0] == asked).sum())
        drawn += len(asked)
        if COUNT - drawn + right < GOOD * COUNT:
            break
    return right / drawn


def raced(students: Mapping[str, Student], look: Callable[[Student], float], limit: float) -> dict[str, Score]:
    """Trains all in turn, so that whatever else a machine does falls on all alike, until each is good or had `limit`
    seconds."""
    scores = {name: Score() for name in students}
    until = min(FIRST, limit)
    while True:
        for name, student in students.items():
            if not scores[name].good:
                scores[name].learn(student, until)
                scores[name].right = look(student)
        if until >= limit or all(score.good for score in scores.values()):
            return scores
        until = min(until * GROWTH, limit)


def told(scores: Mapping[str, Score]) -> dict[str, Any]:
    """Each score, beside that of a peer the ratio to ours, and the least of these; no ratio where ours is not good."""
    ours = scores["playground"]
    found: dict[str, Any] = {"playground": ours.to_json()}
    ratios = []
    for name in (peers.DIFFUSERS, peers.LUCIDRAINS):
        if name not in scores:
            found[name] = peers.NOT_INSTALLED
            continue
        found[name] = scores[name].to_json()
        if ours.good:
            ratios.append(scores[name].seconds / ours.seconds)
            found[name]["ratio" if scores[name].good else "ratio_at_least"] = rounded(ratios[-1])
    return found | ({"least_ratio": rounded(min(ratios))} if ratios else {})
