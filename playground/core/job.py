"""What a worker works on, and how it is kept on disk while it is trained."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from playground.core.data import Dataset
from playground.core.data_facts import DataAnswers
from playground.core.experiment import Experiment
from playground.core.file_lock import FileLock
from playground.core.model import GenerativeModel
from playground.core.records import TrainRecord
from playground.core.run_files import LOCK
from playground.core.run_folder import RunFolder, Snapshot
from playground.core.trainer import Trainer, is_milestone

AUTOSAVE_SECONDS = 10.0
AUTOSAVE_SHARE = 0.05  # of the time that saving may take: on a slow disk it is done less often
LONGEST_INTERVAL = 120.0  # seconds between two saves, however slow the disk
_SAVES = 3  # the quickest of the last ones tells a slow disk from a moment's hiccup


class Helper(Protocol):
    """Answers questions about models on the job's data that a model cannot answer itself.

    Attributes:
        answers: methods that a `Query` may name. Each takes the model first, then its arguments by keyword, and gives a
            tensor, a dict of tensors, or an iterator that yields a `SampleStep` a piece of work, of which only the last
            is the answer: its `x` and its `views`.
    """

    answers: frozenset[str]


@dataclass
class Job:
    """What a worker works on.

    Attributes:
        trainer: None for a run that can only be sampled.
        folder: the run on disk, once there is one.
        path: where a fresh run will be kept.
        helpers: what a `Query` may have as its target beside the model and its data, by that name.
        notice: a sentence that whoever looks at the run should read, or "".
        lock: on the run's folder, for as long as this job may write to it.
        followed: whether somebody else trains it and what they save is to appear here.
    """

    experiment: Experiment
    dataset: Dataset
    model: GenerativeModel
    trainer: Trainer | None = None
    folder: RunFolder | None = None
    path: Path | None = None
    step: int = 0
    helpers: Mapping[str, Helper] = field(default_factory=dict)
    notice: str = ""
    lock: FileLock | None = None
    followed: bool = False

    def __post_init__(self) -> None:
        self.helpers = {"dataset": DataAnswers(self.dataset), **self.helpers}

    def claim(self, path: Path) -> bool:
        """Keeps everybody else from writing to a run's folder; False where somebody else does that already."""
        self.lock = FileLock.take(path / LOCK)
        return self.lock is not None

    def release(self) -> None:
        """Lets others write to it."""
        if self.lock is not None:
            self.lock.release()
            self.lock = None


@dataclass
class Recorder:
    """Saves a run: at its start, at milestones, every ten seconds, and when asked."""

    job: Job
    _unsaved: list[TrainRecord] = field(default_factory=list)
    _saved_at: float = 0.0
    _saved_step: int = -1
    _starting: bool = False
    _took: deque[float] = field(default_factory=lambda: deque(maxlen=_SAVES))

    def __post_init__(self) -> None:
        if self.job.folder is not None:
            self._saved_step = self.job.folder.step  # a run that is only looked at is not written to

    def save_first(self) -> None:
        """Before step 1, so that a run killed at any moment can be opened."""
        self._starting = True
        if self._agreed(self._saved_step < 0):
            self.save()

    def add(self, record: TrainRecord) -> None:
        """Takes a turn's record, and saves if it is time."""
        if self.job.trainer and self.job.trainer.ranks.first:  # the others write no log
            self._unsaved.append(record)
        due = time.monotonic() - self._saved_at > self.interval
        if self._agreed(due) or is_milestone(record.step):
            self.save()

    @property
    def interval(self) -> float:
        """Seconds between the saves that are made by time."""
        took = min(self._took) if len(self._took) == _SAVES else 0.0
        return max(AUTOSAVE_SECONDS, min(took / AUTOSAVE_SHARE, LONGEST_INTERVAL))

    def save(self) -> None:
        """Saves all that is new."""
        trainer = self.job.trainer
        if trainer is None or not trainer.sound:
            return  # a turn failed half-way: what was saved before is better
        if not self._agreed(self._has_news(trainer)):
            return
        began = time.monotonic()
        snapshot = trainer.snapshot()  # of all processes that train this together; the first one writes it
        if trainer.ranks.first:
            self._write(snapshot)
        self._saved_at, self._saved_step = time.monotonic(), trainer.step
        self._took.append(self._saved_at - began)

    def loss(self) -> str:
        """A sentence on what is gone if nothing more can be saved."""
        trainer, folder = self.job.trainer, self.job.folder
        steps = (trainer.step if trainer else 0) - (folder.step if folder else 0)
        lost = f"The {steps:,} steps after it are" if steps != 1 else "The step after it is"
        if folder is None:
            return f"All {steps:,} steps are lost; make room, and train again."
        return f"{lost} lost; make room, open the run again and train on."

    def _agreed(self, word: bool) -> bool:
        return self.job.trainer.ranks.lead(word) if self.job.trainer else word

    def _has_news(self, trainer: Trainer) -> bool:
        folder, path = self.job.folder, self.job.path
        if self._saved_step == trainer.step or (folder is None and path is None):
            return False
        # Where nothing was trained no empty run is left behind.
        return folder is not None or trainer.step > 0 or self._starting

    def _write(self, snapshot: Snapshot) -> None:
        job = self.job
        if job.folder is None:
            assert job.path is not None
            job.folder = RunFolder.create(job.path, snapshot)
            job.claim(job.path)
        else:
            job.folder.save(snapshot, self._unsaved)
            self._unsaved = []
