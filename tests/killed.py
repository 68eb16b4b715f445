"""A training run that is there to be killed: ``python -m tests.killed MODEL DATA FOLDER PROGRESS SECONDS``.

It trains until it dies, saves every so many SECONDS, and keeps in the file PROGRESS how far it is: training seconds and
step, in memory that outlives it.
"""

import mmap
import struct
import sys
from pathlib import Path

from playground import runs
from playground.core import job
from playground.core.experiment import Budget
from playground.core.records import TrainRecord
from tests.helpers import tiny

FORM = "<dq"
SIZE = struct.calcsize(FORM)


def main(model: str, data: str, folder: str, progress: str, seconds: str) -> None:
    """Never returns."""
    job.AUTOSAVE_SECONDS = float(seconds)
    job.AUTOSAVE_SHARE = 1e9  # however long it takes
    with open(progress, "r+b") as file:
        memory = mmap.mmap(file.fileno(), SIZE)

    def watch(record: TrainRecord) -> None:
        memory[:] = struct.pack(FORM, record.seconds, record.step)

    runs.train(runs.fresh(tiny(model, data), Path(folder)), Budget("steps", 1e8), watch)


if __name__ == "__main__":
    main(*sys.argv[1:])
