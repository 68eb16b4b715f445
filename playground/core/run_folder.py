"""A run on disk: all it takes to sample, to resume and to go back in time, and no moment at which it is half written.

A save writes each changed file X beside the old one as X.new and waits for the disk, then replaces the manifest, which
holds the new hashes: that is the commit. Then each X.new is renamed to X. Whoever opens the folder takes X, or X.new,
whichever has the hash that the manifest says, and nothing else; so a save that fails anywhere leaves the old run or
the new one.
"""

import hashlib
import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import safetensors.torch
import torch
from torch import Tensor

from playground.core import durable, manifest, run_log
from playground.core.errors import PlaygroundError, UsageError
from playground.core.experiment import Experiment
from playground.core.manifest import EXPERIMENT, HISTORY, LOG, MANIFEST, STATE, WEIGHTS
from playground.core.records import TrainRecord
from playground.core.run_files import all_files, is_free, new_name, place, verified
from playground.core.untrusted import read_bytes, read_json, read_tensors

_ATTEMPTS = 3  # at opening a folder to which another process may be saving just now


@dataclass(frozen=True)
class Snapshot:
    """What a trainer hands over to be saved; all tensors are on the CPU and nobody changes them any more.

    Attributes:
        experiment: as of this step, events included.
        step, seconds: training done so far.
        weights: those that sample: EMA where there is one.
        state: what else it takes to resume, by flat names: "raw/...", "optimizer/<part>/<i>/<key>",
            "generator/<name>", "training/...".
        position: small facts for resuming that JSON can hold (finite numbers, words, lists, objects).
        score: the held-out loss at this step; the lowest is the best.
        finished: whether the model has nothing left to learn.
        data_hash: of the training data, see `Dataset.hash`.
    """

    experiment: Experiment
    step: int
    seconds: float
    weights: Mapping[str, Tensor]
    state: Mapping[str, Tensor]
    position: Mapping[str, object]
    score: float | None = None
    finished: bool = False
    data_hash: str = ""


class RunFolder:
    """One run folder. Use it from one thread at a time, and write to it from one process.

    Attributes:
        path: the folder.
        experiment: as last saved.
        manifest: see `playground.core.manifest`.
    """

    def __init__(self, path: Path, experiment: Experiment, content: dict[str, Any], log: Any) -> None:
        self.path = path
        self.experiment = experiment
        self.manifest = content
        self._log = log  # the running hash of the part of the log that counts
        self._settled = False  # whether the disk is known to hold what `manifest` says, and no leftovers

    # -- opening ----------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, snapshot: Snapshot) -> Self:
        """The first save.

        Raises UsageError where the folder holds anything but leftovers of a first save that failed, PlaygroundError
        where it cannot be written.
        """
        folder = cls._prepared(path, snapshot.experiment)
        folder._guarded(folder._save, snapshot, ())
        return folder

    @classmethod
    def open(cls, path: Path, for_writing: bool = False) -> Self:
        """Opens a run after checking every byte of it; `for_writing` also completes and tidies what a crash left.

        Raises PlaygroundError where the folder is missing, damaged or from a newer version.
        """
        for attempt in range(_ATTEMPTS):
            try:
                content = manifest.read(path)
                places, log = verified(path, content)
                experiment = Experiment.from_json(read_json(places[EXPERIMENT]))
            except PlaygroundError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        folder = cls(path, experiment, content, log)
        if for_writing:
            folder._guarded(folder._settle, [name for name, place in places.items() if place != path / name])
        return folder

    @property
    def step(self) -> int:
        """The step of the last save."""
        return int(self.manifest["step"])

    # -- reading ----------------------------------------------------------------------------------------------------

    def history(self) -> list[int]:
        """The steps whose weights are stored, in order; the last save's is always among them."""
        return sorted({*manifest.history_steps(self.manifest["files"], "weights"), self.step})

    def states(self) -> list[int]:
        """The steps whose full state is stored, in order: training can go on from them."""
        newest = {self.step} if STATE in self.manifest["files"] else set()
        return sorted({*map(int, self.manifest["states"]), *newest})

    def load_weights(self, step: int | None = None) -> dict[str, Tensor]:
        """The weights that sample, of the last save or of a step in `history`."""
        name = WEIGHTS if step is None or step == self.step else manifest.history_name("weights", step)
        return read_tensors(self._bytes(name), str(self.path / name))

    def load_state(self, step: int | None = None) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """`Snapshot.state` and `Snapshot.position`, of the last save or of a step in ``manifest["states"]``."""
        name, facts = self._state_at(self.step if step is None else step)
        return read_tensors(self._bytes(name), str(self.path / name)), facts["position"]

    def records(self, since: int = 0) -> Iterator[TrainRecord]:
        """The log of all turns up to the last save; without its first `since` bytes."""
        for number, line in enumerate(self._log_bytes()[since:].splitlines(keepends=True), start=1):
            if line.endswith(b"\n"):
                yield run_log.decode(line, f"Line {number} of {self.path / LOG}")

    # -- writing ----------------------------------------------------------------------------------------------------

    def save(self, snapshot: Snapshot, records: Sequence[TrainRecord]) -> None:
        """Saves a snapshot, and those of `records` that lie between the last save and this one.

        Raises PlaygroundError where that fails. Then the last save is intact, and handing the same records over once
        more with a later snapshot loses and doubles none.
        """
        self._guarded(self._save, snapshot, records)

    def export(self, destination: Path, halved: Collection[str] = ()) -> "RunFolder":
        """A copy to look at and to sample from: without state and history, its log joined into few lines. The weights
        named in `halved` are rounded to half precision, which takes half the room."""
        weights = {name: t.half() if name in halved else t for name, t in self.load_weights().items()}
        files = {EXPERIMENT: self._bytes(EXPERIMENT), WEIGHTS: _pack(weights)}
        facts = {"position": {}, "states": {}, "files": {name: manifest.entry(data) for name, data in files.items()}}
        other = RunFolder._prepared(destination, self.experiment)
        log = b"".join(run_log.encode(record) for record in run_log.joined(self.records()))
        other._guarded(other._commit, files, self.manifest | facts, log)
        return other

    def fork(self, destination: Path, step: int, experiment: Experiment) -> None:
        """A run of its own that stands where this one stood at a step in `states`: that state, and the log and the
        weights up to there. `experiment` describes it. Raises PlaygroundError where it cannot be read or written."""
        state, facts = self._state_at(step)
        weights = manifest.history_name("weights", step)
        past = [s for s in manifest.history_steps(self.manifest["files"], "weights") if s < step]
        text = json.dumps(experiment.to_json(), indent=2) + "\n"
        files = {EXPERIMENT: text.encode(), STATE: self._bytes(state),
                 WEIGHTS: self._bytes(WEIGHTS if step == self.step else weights)}  # fmt: skip
        files |= {manifest.history_name("weights", s): self._bytes(manifest.history_name("weights", s)) for s in past}
        files |= {weights: files[WEIGHTS], manifest.history_name("state", step): files[STATE]}
        before = [record for record in self.records() if record.step <= step]
        content = self.manifest | facts | {
            "step": step,
            "seconds": before[-1].seconds if before else 0.0,
            "finished": bool(facts["position"].get("finished", False)),
            "states": {str(step): facts},
            "files": {name: manifest.entry(data) for name, data in files.items()},
        }  # fmt: skip
        other = RunFolder._prepared(destination, experiment)
        other._guarded(other._commit, files, content, b"".join(map(run_log.encode, before)))

    @classmethod
    def _prepared(cls, path: Path, experiment: Experiment) -> Self:
        """An empty folder that is not a run before its first commit."""
        nothing: dict[str, Any] = {"step": 0, "files": {}, "states": {}, "log": {"bytes": 0}}
        folder = cls(path, experiment, nothing, hashlib.sha256())
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is a file; a run needs a folder of its own.")
        folder._guarded(folder._claim)
        return folder

    def _claim(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        if not is_free(self.path):
            raise UsageError(f"{self.path} is not empty; a new run needs a folder of its own.")
        self._tidy()
        durable.sync_folder(self.path.parent)
        self._settled = True

    def _save(self, snapshot: Snapshot, records: Sequence[TrainRecord]) -> None:
        if not self._settled:
            fresh = RunFolder.open(self.path, for_writing=True)
            self.experiment, self.manifest, self._log = fresh.experiment, fresh.manifest, fresh._log
        if snapshot.step < self.step:
            raise UsageError(f"{self.path} has already been saved at step {self.step}; use a new folder to go back.")
        step, content = snapshot.step, _facts(snapshot)
        content["states"] = self.manifest["states"] | {
            str(step): {"score": content["score"], "position": content["position"]}
        }
        text = json.dumps(snapshot.experiment.to_json(), indent=2) + "\n"
        files = {EXPERIMENT: text.encode(), WEIGHTS: _pack(snapshot.weights), STATE: _pack(snapshot.state)}
        entries = {name: manifest.entry(data) for name, data in files.items()}
        for kind, name in (("weights", WEIGHTS), ("state", STATE)):
            files[manifest.history_name(kind, step)] = files[name]
            entries[manifest.history_name(kind, step)] = entries[name]
        content["files"] = self.manifest["files"] | entries
        manifest.thin(content)
        lines = b"".join(run_log.encode(record) for record in records if self.step < record.step <= step)
        self._commit({name: data for name, data in files.items() if name in content["files"]}, content, lines)
        self.experiment = snapshot.experiment

    def _commit(self, files: Mapping[str, bytes], content: Mapping[str, Any], lines: bytes) -> None:
        """The protocol of the module's first lines; `files` are all those of `content` that may be new."""
        self._settled = False
        log = self._log.copy()
        log.update(lines)
        size = self.manifest["log"]["bytes"]
        data = manifest.to_bytes({**content, "log": {"sha256": log.hexdigest(), "bytes": size + len(lines)}})
        changed = [name for name in files if self.manifest["files"].get(name) != content["files"][name]]
        durable.check_space(self.path, len(data) + len(lines) + sum(len(files[name]) for name in changed))

        durable.append(self.path / LOG, size, lines)
        if any(name.startswith(HISTORY) for name in changed):
            (self.path / HISTORY).mkdir(exist_ok=True)
        written: dict[int, Path] = {}
        for name in changed:
            target, same = new_name(self.path / name), written.get(id(files[name]))
            if same is None or not durable.link(same, target):
                durable.write(target, files[name])
                written[id(files[name])] = target
        self._sync()
        durable.write(new_name(self.path / MANIFEST), data)
        durable.replace(new_name(self.path / MANIFEST), self.path / MANIFEST)  # the commit point
        self.manifest, self._log = json.loads(data), log
        self._sync()
        self._settle(changed)

    def _settle(self, unfinished: Sequence[str]) -> None:
        """After a commit: gives files their final names, cuts the log back, removes what is not in the manifest."""
        for name in unfinished:
            durable.replace(new_name(self.path / name), self.path / name)
        size = self.manifest["log"]["bytes"]
        if (self.path / LOG).exists() and (self.path / LOG).stat().st_size != size:
            durable.append(self.path / LOG, size, b"")
        self._sync()
        self._tidy()
        self._settled = True

    def _sync(self) -> None:
        if (self.path / HISTORY).is_dir():
            durable.sync_folder(self.path / HISTORY)
        durable.sync_folder(self.path)

    def _tidy(self) -> None:
        """Removes past weights and states that were thinned out, and what failed saves left; nobody else's files."""
        for file in all_files(self.path):
            name = file.relative_to(self.path).as_posix()
            own = name.removesuffix(".new")
            if name != MANIFEST and name not in self.manifest["files"] and (own == MANIFEST or manifest.is_own(own)):
                durable.remove(file)

    def _guarded(self, work: Callable[..., None], *arguments: Any) -> None:
        """Turns a failure of the disk into a sentence that names the file, the cause and what was kept."""
        try:
            work(*arguments)
        except OSError as error:
            kept = f"its last save, at step {self.step}, is intact" if self.manifest["files"] else "nothing was kept"
            raise PlaygroundError(
                f"The run could not be saved ({error.filename or self.path}: {error.strerror or error}); {kept}."
            ) from error

    def _state_at(self, step: int) -> tuple[str, dict[str, Any]]:
        """The file of a step's full state, and its position and score."""
        if step == self.step:
            return STATE, {key: self.manifest[key] for key in ("position", "score")}
        facts: dict[str, Any] = self.manifest["states"].get(str(step), {"position": {}, "score": None})
        return manifest.history_name("state", step), facts

    def _bytes(self, name: str) -> bytes:
        entry = self.manifest["files"].get(name)
        if entry is None:
            raise PlaygroundError(
                f"{self.path} has no {name}: a bundled run has no state, and old steps are thinned out."
            )
        return read_bytes(place(self.path, name, entry), entry["bytes"])

    def _log_bytes(self) -> bytes:
        size = self.manifest["log"]["bytes"]
        return read_bytes(self.path / LOG, manifest.LOG_BYTES)[:size] if size else b""


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    """What the manifest says of a snapshot."""
    score = snapshot.score
    return {
        "format_version": manifest.FORMAT_VERSION,
        "versions": manifest.versions(),
        "step": snapshot.step,
        "seconds": snapshot.seconds,
        "device": snapshot.experiment.device,
        "threads": snapshot.experiment.threads,
        "finished": snapshot.finished,
        "score": score if score is not None and math.isfinite(score) else None,
        "data_hash": snapshot.data_hash,
        "position": dict(snapshot.position),
    }


def _pack(tensors: Mapping[str, Tensor]) -> bytes:
    """The safetensors file. The format knows neither strides nor shared memory, so each tensor gets its own."""
    plain = {name: t.detach().to("cpu").clone(memory_format=torch.contiguous_format) for name, t in tensors.items()}
    return safetensors.torch.save(plain)
