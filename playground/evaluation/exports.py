"""What a window writes of a stored run: samples, by the code of ``playground sample``, and curves as a table."""

import csv
import io
import math
import shlex
from collections.abc import Mapping
from pathlib import Path

from playground import registry
from playground.core.errors import PlaygroundError, is_lack_of_memory
from playground.core.hyperparams import Value, to_dict
from playground.core.records import CurveOrder, Exported, SampleOrder
from playground.core.run_folder import RunFolder
from playground.core.whole_file import whole_file
from playground.evaluation import sampling


def carry_out(order: SampleOrder | CurveOrder) -> Exported:
    """Does it, and says in a sentence what was written or why not; it raises nothing."""
    try:
        return _samples(order) if isinstance(order, SampleOrder) else _curves(order)
    except PlaygroundError as error:
        return Exported(order, str(error), failed=True)
    except Exception as error:  # noqa: BLE001  (a file that cannot be written must not end the window)
        if is_lack_of_memory(error):
            return Exported(order, "Memory ran out. Nothing was written; ask for fewer samples.", failed=True)
        return Exported(order, f"Something broke: {type(error).__name__}: {error}. Nothing was written.", failed=True)


def _samples(order: SampleOrder) -> Exported:
    path = Path(order.path)
    sampling.check_file(path)
    run = registry.open_run(order.run, step=order.step)
    count = min(order.count, sampling.MOST_ANIMATED) if path.suffix.lower() == ".gif" else order.count
    sampling.draw(run, count, order.seed, order.label, order.settings, path.suffix.lower()).save(path)
    step = run.step if order.step is None else order.step
    words = f"Wrote {count:,} sample{'s' * (count > 1)} after {step:,} steps to {path}."
    again = command(order, count, to_dict(run.model.SampleSettings()))
    return Exported(order, words, details=f"The same file again, from a command line:\n{again}")


def command(order: SampleOrder, count: int, defaults: Mapping[str, Value]) -> str:
    """The command line that writes the same samples; settings at their `defaults` need no words."""
    words: list[object] = ["playground", "sample", order.run, "--out", order.path]
    words += ["--count", count, "--seed", order.seed]
    words += [] if order.label is None else ["--label", order.label]
    words += [] if order.step is None else ["--step", order.step]
    for name, value in order.settings.items():
        words += [] if value == defaults.get(name) else ["--opt", f"{name}={value}"]
    return shlex.join(map(str, words))


def _curves(order: CurveOrder) -> Exported:
    folder = RunFolder.open(registry.find_run(order.run))
    text = table(folder)
    steps = f"The curves of {folder.step:,} steps"
    if not order.path:
        return Exported(order, f"{steps} are in the clipboard, as a table and as a picture.", text=text)
    with whole_file(Path(order.path), "curves") as part:
        part.write_text(text, encoding="utf-8", newline="")
    return Exported(order, f"{steps} stand in {order.path}.", text=text)


def table(folder: RunFolder) -> str:
    """A run's log as CSV: one line a step, one column a term, held-out ones after those of training.

    A step's loss is that of the weights after so many steps. What was not measured there is left empty.
    """
    rows: dict[int, dict[str, float]] = {}
    training: dict[str, None] = {}
    held_out: dict[str, None] = {}
    for record in folder.records():
        for name, values in record.values.items():
            training[name] = None
            for offset, value in enumerate(values):
                rows.setdefault(record.first + offset, {})[name] = value
        for step, terms in record.held_out.items():
            for name, value in terms.items():
                held_out[f"{name} held-out"] = None
                rows.setdefault(step, {})[f"{name} held-out"] = value
    names = [*training, *held_out]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["step", *names])
    for step in sorted(rows):
        writer.writerow([step, *(_number(rows[step].get(name)) for name in names)])
    return out.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None else "nan" if math.isnan(value) else f"{value:.9g}"
