"""Follows a run that somebody else trains, on this machine or on another: what they save appears here."""

import os
import time
from dataclasses import replace

from playground.core import restoring
from playground.core.errors import PlaygroundError
from playground.core.job import Job
from playground.core.manifest import MANIFEST
from playground.core.records import TrainRecord
from playground.core.run_folder import RunFolder

EVERY = 1.0  # seconds between two looks


class Following:
    """Looks at a job's folder again and again."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._seen: tuple[int, ...] = ()  # when and how the manifest was written that was read last
        self._looked_at = time.monotonic()

    def look(self) -> list[TrainRecord]:
        """Where more was saved since: the turns up to there; the job's folder, step and weights are those, then. Empty
        where there is nothing new, or nothing that can be read yet."""
        now = time.monotonic()
        if now - self._looked_at < EVERY or self._job.folder is None:
            return []
        self._looked_at = now
        try:
            return self._newer(self._job.folder)
        except (PlaygroundError, ValueError, RuntimeError, OSError):  # a save is on its way, or the folder is gone
            return []

    def _newer(self, known: RunFolder) -> list[TrainRecord]:
        job, facts = self._job, os.stat(known.path / MANIFEST)
        written = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        if written == self._seen:
            return []
        folder = RunFolder.open(known.path)
        if folder.step > job.step:
            weights = folder.load_weights()
            restoring.check_finite(weights)
            records = list(folder.records(since=known.manifest["log"]["bytes"]))
            job.model.load_state_dict(weights)
            job.folder, job.step = folder, folder.step
            job.experiment = replace(folder.experiment, device=job.experiment.device)
        else:
            records = []
        self._seen = written
        return records
