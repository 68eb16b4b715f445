"""A run as one plain torch script, which prints the run's own losses and does not import this package.

    >>> script_of(experiment).save(Path("vae.py"))

The script is the playground's own code, gathered by its syntax tree: the family's file and what it needs, the settings
as literal values, the loop of the trainer made flat. It is there to be read, changed and handed on.
"""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from playground import registry
from playground.core.data import Dataset
from playground.core.errors import UsageError
from playground.core.experiment import Experiment
from playground.core.hyperparams import params
from playground.core.model import GenerativeModel
from playground.core.whole_file import whole_file
from playground.script.bundle import Bundle, heading, source_of
from playground.script.fold import Facts, folded
from playground.script.program import docstring, loop, spec_lines
from playground.script.settings import with_values
from playground.script.text import SECTION, Text

__all__ = ["Script", "export_script", "script_of"]

CORE_MODEL, CORE_DATA, RANDOM = "playground.core.model", "playground.core.data", "playground.core.random"
LEFT_OUT = frozenset({"Config", "SampleSettings", "answers"})  # of the base class: a script has one family
GENERATED = frozenset({"line", "plane"})  # groups of data sets that a few lines generate
POINTS = "from playground.data._points import points_dataset"
SAID = frozenset(
    {"Config", "prepare", "configure_optimizers", "train_step", "parts", "finished", "take"}
)  # by the loop


@dataclass(frozen=True)
class Script:
    """What is written.

    Attributes:
        code: the script.
        arrays: the training data that belong beside it as an ``.npz`` of its name; empty where it generates them.
    """

    code: str
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def save(self, path: Path) -> list[Path]:
        """Writes the script, and its data beside it; returns the files. Raises PlaygroundError where it cannot."""
        data = path.with_suffix(".npz")
        if self.arrays:
            with whole_file(data, "training data") as part:
                np.savez_compressed(part, **dict[str, Any](self.arrays))
        with whole_file(path, "script") as part:
            part.write_text(self.code, encoding="utf-8", newline="\n")
        return [path, data] if self.arrays else [path]


def export_script(experiment: Experiment, path: Path) -> list[Path]:
    """Writes the script of a run, and where its data cannot be generated in a few lines those beside it."""
    if path.suffix != ".py":
        raise UsageError(f"{path.name} is not the name of a script; let it end in .py.")
    return script_of(experiment).save(path)


def script_of(experiment: Experiment) -> Script:
    """The script of a run; its steps are those of the budget, where that counts steps."""
    experiment = registry.checked(experiment)
    dataset = registry.load_data(experiment.data, dict(experiment.data_options))
    return _Writer(experiment, dataset, registry.empty_model(experiment, dataset)).script()


class _Writer:
    """Puts the script together."""

    def __init__(self, experiment: Experiment, dataset: Dataset, model: GenerativeModel) -> None:
        self.experiment, self.dataset, self.model = experiment, dataset, model
        self.cls = type(model)
        self.bundle = Bundle(self._read, {CORE_MODEL: LEFT_OUT | self._overridden()})

    def script(self) -> Script:
        experiment, name = self.experiment, self.cls.__name__
        data_lines, arrays = self._data()
        builds = "build" in vars(self.cls)
        said = SAID | set(_changed(experiment)) | ({"build"} if builds else set())
        said |= {"to"} if experiment.device != "cpu" else set()
        self.bundle.need({self.cls.__module__: (name,), RANDOM: ("stream",)}, frozenset(said))
        build = f"{name}{'.build' if builds else ''}(spec, config)"
        main = loop(experiment, name, build, full_batch=self.model.full_batch)
        code = self.bundle.code()
        extra = ["import sys", "import torch"]
        if arrays:
            extra += ["import numpy as np", "from pathlib import Path"]
        if any("replace(" in line for line in main):
            extra.append("from dataclasses import replace")
        title = registry.models()[experiment.model].title
        about = inspect.getdoc(inspect.getmodule(self.cls)) or ""
        lines = [
            *docstring(experiment, title, about, "beside this file" if arrays else ""), "", *self.bundle.imports(extra),
            *code, "", "", heading("the data"), "", *data_lines, "", heading("the run"), "", *main,
        ]  # fmt: skip
        return Script("\n".join(lines) + "\n", arrays)

    def _data(self) -> tuple[list[str], dict[str, np.ndarray]]:
        """The lines that get spec and training data, and what must lie in a file for that."""
        name = self.experiment.data.partition(":")[0]
        source = registry.data_source(self.experiment.data)
        if registry.data()[name].group in GENERATED and POINTS in source_of(source.__module__):
            self.bundle.need({source.__module__: ("Source",)}, frozenset({"load", "Options"}))
            return ["spec, train = Source.load(Source.Options())"], {}
        train, spec = self.dataset.train, self.dataset.spec
        self.bundle.need({CORE_DATA: ("Batch", "DataSpec", *(("Factor",) if spec.factors else ()))}, frozenset({"of"}))
        arrays = {"x": train.x.cpu().numpy(), "labels": train.labels.cpu().numpy()}
        if train.measures.shape[1]:
            arrays["measures"] = train.measures.cpu().numpy()
        read = ", ".join(f'torch.from_numpy(file["{key}"])' for key in arrays)
        lines = [
            'with np.load(Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:',
            f"    train = Batch.of({read})", *spec_lines(spec),
        ]  # fmt: skip
        return lines, arrays

    # -- the code of a file as the bundle gets it ----------------------------------------------------------------------

    def _read(self, module: str) -> str:
        code = source_of(module)
        if module == self.cls.__module__:
            known = params(self.cls.Config)
            code = with_values(code, self.cls.Config.__name__, known, self.experiment.config)
        elif module.startswith("playground.data."):
            options = registry.data_source(self.experiment.data).Options
            code = with_values(code, options.__name__, params(options), self.experiment.data_options)
            code = code.replace(POINTS, "from playground.script.points import points_dataset")
            code = code.replace("import Dataset, Factor", "import Batch, DataSpec, Factor")
            code = code.replace("-> Dataset:", "-> tuple[DataSpec, Batch]:").replace("the three splits", "the points")
        elif module == CORE_MODEL:
            code = _with_docstring(code, "GenerativeModel", "A network that says how it is trained.")
            code = "\n".join(line for line in code.splitlines() if not line.lstrip().startswith(SECTION)) + "\n"
        if module.startswith("playground.models."):
            code = folded(code, self._facts(module))
        return code

    def _facts(self, module: str) -> Facts:
        spec, values = self.dataset.spec, {"self.conditional": self.model.conditional}
        for name in ("kind", "levels", "classes", "continuous"):
            values |= {f"spec.{name}": getattr(spec, name), f"self.spec.{name}": getattr(spec, name)}
        if module == self.cls.__module__:
            fixed = {
                name: getattr(self.model.config, name) for name, p in params(self.cls.Config).items() if not p.live
            }
            values |= {f"{owner}.{name}": value for name, value in fixed.items() for owner in ("config", "self.config")}
        built: dict[str, list[nn.Module]] = {}
        for part in self.model.modules():
            if type(part).__module__ == module:
                built.setdefault(type(part).__name__, []).append(part)
        return Facts(values, built)

    def _overridden(self) -> frozenset[str]:
        """Members of the base class that the family replaces."""
        own = source_of(self.cls.__module__)
        return frozenset(
            name for name in vars(GenerativeModel).keys() & vars(self.cls).keys()
            if not name.startswith("__") and f"super().{name}(" not in own
        )  # fmt: skip


def _changed(experiment: Experiment) -> Iterator[str]:
    """The model's settings that are changed by hand mid-run."""
    for event in experiment.events:
        yield from (key for key in event.set if not key.startswith("train."))


def _with_docstring(code: str, class_name: str, words: str) -> str:
    """The code with another docstring in a class."""
    text = Text(code)
    for node in text.tree.body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            return text.edited([(*text.extent(node.body[0]), [f'    """{words}"""'])]).source
    return code
