"""The worker: owns the live model and does one thing after another: commands, a turn of training, one piece of each
pending question. Everything happens on one thread, so nothing needs a lock, and no question waits for a long one."""

import queue
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from playground.core.answering import Answering, sentence
from playground.core.beside import Beside
from playground.core.data import Dataset
from playground.core.data_facts import data_facts
from playground.core.device import free_memory, is_warm, warm_up
from playground.core.errors import PlaygroundError
from playground.core.experiment import Budget, TrainSettings
from playground.core.following import EVERY, Following
from playground.core.hyperparams import params, params_on
from playground.core.job import Job, Recorder
from playground.core.messages import (
    Ask,
    Change,
    Changed,
    Close,
    Command,
    Failed,
    Message,
    Opened,
    Pause,
    Refused,
    Rested,
    RestState,
    Stored,
    Train,
    Trained,
    TrainSteps,
    Visit,
    Visited,
    Watch,
)
from playground.core.model import GenerativeModel
from playground.core.records import TrainRecord
from playground.core.trainer import Trainer
from playground.core.turns import FairShare, Seat
from playground.core.watching import Watching

OVER = object()
"""Among the commands, from the worker to itself: what went on beside is over."""
CALM = 0.3  # seconds without a command, after which nobody waits for a first picture
PATIENCE = 0.01  # seconds to wait for one's turn before looking at commands again
SHOWN_EXAMPLES = 2000  # of the test split, handed to the window


class Worker:
    """The loop. Everything here happens on one thread, so nothing needs a lock."""

    def __init__(
        self, open_job: Callable[[], Job], commands: "queue.SimpleQueue[Command]", say: Callable[[Message], None],
        seat: Seat | None = None, beside: bool = False,
    ) -> None:  # fmt: skip
        """`seat`: among other workers, with which it shares the time to train in. `beside`: answer questions during a
        long step, too; not in a window's own process, where a third thread makes it stutter."""
        self._open_job = open_job
        self._seat = seat or FairShare().seat()
        self._beside = Beside(lambda: self._commands.put(OVER)) if beside else None
        self._commands: queue.SimpleQueue[Any] = commands
        self._say = say
        self._goal: Budget | None = None
        self._single_steps: deque[tuple[str, ...]] = deque()  # the parts to train in each; () for all
        self._early: deque[Command] = deque()  # those that came in the middle of a step
        self._watching = Watching(say, self._hold)
        self._told: object = None  # the manifest that the window knows of
        self._closing = False

    def run(self) -> None:
        """Opens the run, then works until told to close. The one place where errors are caught."""
        try:
            self._job = self._open_job()
            self._recorder = Recorder(self._job)
            self._answering = Answering(self._job, self._say)
            self._following = Following(self._job) if self._job.followed else None
            self._say(self._opened())
            while not self._closing:
                self._obey()
                self._train()
                self._follow()
                self._say_stored()
                self._answer()
        except Exception as error:  # noqa: BLE001  (the worker's boundary: whatever breaks becomes words in the window)
            self._say(Failed(sentence(error), traceback.format_exc()))
        finally:
            self._seat.leave()
            if self._beside:
                self._beside.end()
            if job := vars(self).get("_job"):
                job.release()
            # Parts refer to each other: without this the model would stay until garbage is collected.
            vars(self).clear()

    # -- commands -------------------------------------------------------------------------------------------------

    def _obey(self) -> None:
        busy = self._goal is not None or bool(self._single_steps) or self._answering.busy
        visit: Visit | None = None  # of several in a row only the newest counts
        while True:
            try:
                command = self._early.popleft() if self._early else self._commands.get(block=False)
            except queue.Empty:
                if busy:
                    break
                try:
                    command = self._awaited()
                except queue.Empty:
                    break
            busy = True
            if isinstance(command, Ask):
                self._answering.ask(command)
            elif isinstance(command, Visit):
                visit = command
            elif isinstance(command, Watch):
                self._watching.follow(self._job.trainer.model if self._job.trainer else self._job.model, command)
            elif isinstance(command, Close):
                self._closing = True
                self._save_last()
                return
            else:
                if isinstance(command, Train | TrainSteps):
                    visit = Visit(None)
                self._obey_training(command)
        if visit:
            self._visit(visit.step)

    def _awaited(self) -> Command:
        """The next command, when there is nothing else to do. Raises queue.Empty after a while where something else may
        have come up: what somebody else trains, or time to load what training will need."""
        if is_warm():
            return self._commands.get(timeout=EVERY if self._following else None)
        try:
            return self._commands.get(timeout=CALM)
        except queue.Empty:
            if self._beside:
                self._beside.do(warm_up, self._answer_until_over, lambda _: 1)
            else:
                warm_up()
            raise

    def _save_last(self) -> None:
        """Whoever closes a run learns what of it is kept, and what is not."""
        try:
            self._recorder.save()
        except PlaygroundError as error:
            self._say(Failed(f"{error} {self._recorder.loss()}", traceback.format_exc()))

    def _visit(self, step: int | None) -> None:
        if step is not None and (self._goal is not None or self._single_steps):
            self._rest("paused")
        if step == self._answering.visiting:
            return
        try:
            self._answering.visit(step)
        except Exception as error:  # noqa: BLE001  (whatever is wrong with the file, the run itself is whole)
            self._say(Refused(sentence(error)))
        self._say(Visited(self._answering.visiting, step))

    def _obey_training(self, command: Train | Pause | TrainSteps | Change) -> None:
        trainer = self._job.trainer
        if trainer is None:
            reason = "This run can only be sampled: it was stored without its training state."
            refusal = (
                Refused(reason)
                if isinstance(command, Change)
                else Rested("idle", self._job.experiment, self._job.step, reason, "", self._folder())
            )
            self._say(refusal)
            return
        try:
            match command:
                case Train(budget):
                    self._recorder.save_first()
                    self._goal = budget
                    self._single_steps.clear()
                case TrainSteps(count, parts):
                    trainer.check_parts(parts)
                    self._recorder.save_first()
                    self._goal = None
                    self._single_steps.extend([parts] * count)
                case Change(changes):
                    trainer.change(changes)
                    self._say(Changed(trainer.experiment))
                case Pause() if self._goal is not None or self._single_steps:  # else it has just come to rest by itself
                    self._rest("paused")
        except PlaygroundError as error:
            if isinstance(command, Change):
                self._say(Refused(str(error), command.set))
            else:  # it could not begin: what was trained so far is as it was
                self._come_to_rest("paused" if trainer.step else "idle", str(error))

    # -- training -------------------------------------------------------------------------------------------------

    def _train(self) -> None:
        trainer = self._job.trainer
        if trainer is None or self._closing:
            return
        try:
            if self._single_steps:
                if parts := self._single_steps.popleft():
                    trainer.train_only(parts, 1)
                self._report(self._watched(trainer, steps=1))
                if not self._single_steps:
                    self._rest("paused")
            elif self._goal is not None:
                if not trainer.over(self._goal) and (record := self._turn(trainer, self._goal)):
                    self._report(record)
                if trainer.over(self._goal):
                    self._rest("done")
        except Exception as error:  # noqa: BLE001  (an update that broke leaves the window and the saved run whole)
            # A save that failed leaves the weights whole: training can go on once there is room.
            state: RestState = "paused" if trainer.sound and isinstance(error, PlaygroundError) else "failed"
            self._come_to_rest(state, sentence(error), traceback.format_exc())
            traceback.clear_frames(error.__traceback__)  # what the broken step still holds
            free_memory()

    def _turn(self, trainer: Trainer, goal: Budget) -> TrainRecord | None:
        """Some steps, if it is this session's turn or soon will be; until then commands and questions are served."""
        with self._seat.turn(PATIENCE) as turn:
            if turn is None:
                return None
            before = trainer.seconds
            record = self._watched(trainer, goal)
            turn.steps, turn.seconds = record.step - record.first, record.seconds - before
            return record

    def _answer(self) -> None:
        """A piece of each question, when nobody else is at work."""
        if self._answering.busy:
            with self._seat.errand(PATIENCE) as is_free:
                if is_free:
                    self._answering.answer()

    def _watched(self, trainer: Trainer, goal: Budget | None = None, steps: int | None = None) -> TrainRecord:
        """A turn, in slow motion if that is wanted; the time in which the model was held does not count."""
        if self._watching.slow:
            self._answering.refresh()  # in the middle of a step the weights are neither old nor new
        before = trainer.seconds
        self._watching.begin(trainer.step)
        record = self._turned(trainer, goal, steps)
        trainer.seconds = max(trainer.seconds - self._watching.waited, before)
        return replace(record, seconds=trainer.seconds)

    def _turned(self, trainer: Trainer, goal: Budget | None, steps: int | None) -> TrainRecord:
        """A turn, short if something else is to be done; where it is long for all that, questions are answered."""
        if self._beside is None or self._watching.slow:  # in slow motion they are answered at every stage
            return trainer.turn(goal, steps, called=lambda: not self._commands.empty())
        self._answering.refresh()
        self._answering.mid_step = True
        try:
            called = lambda: bool(self._early) or not self._commands.empty()  # noqa: E731
            turn = lambda: trainer.turn(goal, steps, called)  # noqa: E731
            return self._beside.do(turn, self._answer_until_over, lambda record: record.step - record.first)
        finally:
            self._answering.mid_step = False

    def _answer_until_over(self) -> None:
        """Answers questions until what goes on beside is over. All else has to wait, and what comes after it, too."""
        while True:
            try:
                command = self._commands.get(block=not self._answering.busy)
            except queue.Empty:
                self._answering.answer()
                continue
            if command is OVER:
                return
            if isinstance(command, Ask) and not self._early:
                self._answering.ask(command)
            else:
                self._early.append(command)

    def _hold(self, seconds: float) -> bool:
        """Passes time in the middle of a step, in which questions are answered; False as soon as there is something
        else to do."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self._serve(left):
                return False
        return True

    def _serve(self, patience: float) -> bool:
        """Takes one command, or waits for one where nothing is to be answered, and answers a piece; what is no question
        comes later, and then it gives False."""
        try:
            command = self._commands.get(timeout=0.0 if self._answering.busy else patience)
        except queue.Empty:
            command = None
        if command is not None and not isinstance(command, Ask):
            self._early.append(command)
            return False
        if command is not None:
            self._answering.ask(command)
        self._answering.answer()
        return True

    def _report(self, record: TrainRecord) -> None:
        assert self._job.trainer is not None
        self._job.step = record.step
        self._recorder.add(record)
        self._say(Trained(record))

    def _rest(self, state: Literal["paused", "done"]) -> None:
        message = ""
        try:
            self._recorder.save()
        except PlaygroundError as error:
            message = str(error)
        sound = self._job.trainer is None or self._job.trainer.sound
        self._come_to_rest(state if sound else "failed", message)

    def _come_to_rest(self, state: RestState, message: str = "", details: str = "") -> None:
        self._seat.leave()
        self._watching.rest()
        self._goal = None
        self._single_steps.clear()
        trainer = self._job.trainer
        assert trainer is not None
        self._say(Rested(state, trainer.experiment, trainer.step, message, details, self._folder()))

    def _follow(self) -> None:
        """Takes in what somebody else has saved."""
        if self._following and (records := self._following.look()):
            if self._answering.visiting is None:
                self._answering.visit(None)
            self._say(Changed(self._job.experiment))
            for record in records:
                self._say(Trained(record))

    def _folder(self) -> str:
        return str(self._job.folder.path) if self._job.folder else ""

    def _say_stored(self) -> None:
        """Says what is kept of the past, where a save has changed that."""
        if self._told is not (self._job.folder.manifest if self._job.folder else None):
            self._say(self._stored())

    def _stored(self) -> Stored:
        folder = self._job.folder
        self._told = folder.manifest if folder else None
        return Stored(tuple(folder.history()), tuple(folder.states())) if folder else Stored()

    def _opened(self) -> Opened:
        job, model = self._job, self._job.model
        records = tuple(job.folder.records()) if job.folder else ()
        seconds = job.trainer.seconds if job.trainer else float(job.folder.manifest["seconds"]) if job.folder else 0.0
        experiment = job.trainer.experiment if job.trainer else job.experiment
        told = {"notice": job.notice, "data_name": experiment.data, "followed": job.followed}
        facts, trains = describe(model, job.dataset) | told, job.trainer is not None
        folder = self._folder()
        place = folder or str(job.path or "")
        return Opened(experiment, job.step, seconds, facts, trains, folder, place, records, self._stored())


def describe(model: GenerativeModel, dataset: Dataset) -> dict[str, Any]:
    """What a window needs to know of a model and its data, as plain values and numpy arrays."""
    spec = dataset.spec
    floor = dataset.exact.entropy if dataset.exact and model.bounds_nll and not model.conditional else None
    return {
        "shape": spec.shape,
        "kind": spec.kind,
        "extent": spec.extent,
        "levels": spec.levels,
        "factors": tuple((factor.name, factor.values) for factor in spec.factors if factor.size),
        "measures": tuple(factor.name for factor in spec.continuous),
        "capabilities": model.capabilities(spec),
        "density_kind": model.density,
        "conditional": model.conditional,
        "latent_dim": model.latent_dim,
        "parts": model.parts,
        "parameters": model.learned_numbers,
        "floor": floor,
        "data_hash": dataset.hash,
        "data": data_facts(dataset),
        "test": dataset.test.x[:SHOWN_EXAMPLES].cpu().numpy(),
        "test_labels": dataset.test.labels[:SHOWN_EXAMPLES].cpu().numpy(),
        "config_fields": params_on(spec.kind, model.Config),
        "sample_fields": model.sampling_fields(),
        "train_fields": tuple(params(TrainSettings).values()),
    }
