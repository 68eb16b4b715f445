"""Finds models, data sets, presets and bundled runs by name, without importing what it does not need.

Each model and data file begins with a literal ``CARD = {...}``, read here from the syntax tree, so that listing costs
no import of torch. A file that does not import becomes an entry that shows its error and breaks nothing else.
"""

import ast
import importlib
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from playground import paths
from playground.core.errors import PlaygroundError, UsageError, unknown

if TYPE_CHECKING:
    from playground.core.data import Dataset
    from playground.core.experiment import Experiment
    from playground.core.known_bad import KnownBad
    from playground.core.model import GenerativeModel
    from playground.core.run_folder import RunFolder

_PACKAGE = Path(__file__).resolve().parent
# Python 3.11 parses in one thread at a time only: in two at once it raises a SystemError now and then.
_ONE_PARSES = threading.Lock()
_log = logging.getLogger("playground")


@dataclass(frozen=True)
class Card:
    """A model's or data set's first lines.

    Attributes:
        name, title: the name to type and the name to read.
        group: its place in the rail ("Diffusion") or its kind of data ("plane", "images").
        slides: of the lecture, as words ("32-36").
        order: within the rail or the list.
        about: one sentence.
        error: why the file cannot be used, if it cannot.
        extra: whatever else the CARD says.
    """

    name: str
    title: str
    group: str
    slides: str = ""
    order: float = 99.0
    about: str = ""
    error: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def models() -> dict[str, Card]:
    """All families by name, in the lecture's order."""
    return _cards("models")


def data() -> dict[str, Card]:
    """All data sets by name."""
    return _cards("data")


def model_class(name: str) -> "type[GenerativeModel]":
    """A family's class: the `GenerativeModel` that its file defines."""
    from playground.core.model import GenerativeModel

    module = _module("models", name)
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, GenerativeModel) and value.__module__ == module.__name__
    ]
    if len(own) != 1:
        raise PlaygroundError(f"models/{name}.py must define exactly one GenerativeModel; it defines {len(own)}.")
    return own[0]


def known_bad(model: str) -> "tuple[KnownBad, ...]":
    """What is known not to work: of any family, then of this one."""
    from playground.core.known_bad import GENERAL

    name = f"playground.models.known_bad.{model}"
    return GENERAL + (importlib.import_module(name).KNOWN_BAD if find_spec(name) else ())


def source(model: str) -> str:
    """The code of a family's own file. Raises UsageError for an unknown family."""
    if model not in models():
        raise unknown("model", model, list(models()))
    return _file("models", model).read_text(encoding="utf-8")


def parse(code: str) -> ast.Module:
    """The tree of some code, whatever other threads parse meanwhile. Raises SyntaxError."""
    with _ONE_PARSES:
        return ast.parse(code)


def data_source(name: str) -> Any:
    """A data set's ``Source`` class; `name` may hold a path (``folder:PATH``)."""
    return _module("data", name.partition(":")[0].replace("-", "_")).Source


def data_options(name: str, values: Mapping[str, object] | None = None) -> Any:
    """The options of a data set, its own and those that all have, as one frozen dataclass; every value is checked."""
    from playground.core.hyperparams import from_dict

    return from_dict(_options_class(data_source(name).Options), values or {})


@lru_cache(maxsize=64)
def _options_class(own: type[Any]) -> type[Any]:
    from playground.core.data_edits import Edits

    if clash := {f.name for f in fields(own)} & {f.name for f in fields(Edits)}:
        raise PlaygroundError(f"{own.__module__} has an option '{min(clash)}', which is the name of one that all have.")
    return dataclass(frozen=True)(type("Options", (Edits, own), {"__module__": own.__module__}))


def load_data(name: str, options: Mapping[str, object] | None = None) -> "Dataset":
    """A data set under some options; equal requests share one copy in memory, until the file they name changes."""
    path = Path(name.partition(":")[2])
    changed_at = path.stat().st_mtime_ns if ":" in name and path.exists() else 0
    return _loaded(name, data_options(name, options), changed_at)


@lru_cache(maxsize=8)
def _loaded(name: str, options: Any, changed_at: int) -> "Dataset":
    from playground.core.data_edits import Edits, edited, edits_of

    untouched = replace(options, **{f.name: f.default for f in fields(Edits)})
    if options == untouched:
        _, colon, path = name.partition(":")
        dataset: Dataset = data_source(name).load(options, *([Path(path)] if colon else []))
        return replace(dataset, options=options)
    return replace(edited(_loaded(name, untouched, changed_at), edits_of(options)), options=options)


def presets(model: str, data_name: str) -> list[str]:
    """Names of the presets for a pair; "" is the unnamed one."""
    data_name = data_name.partition(":")[0]
    folder = paths.resources() / "presets" / model
    found = []
    for file in sorted(folder.glob(f"{data_name}*.json")):
        stem = file.name[: -len(".json")]
        if stem == data_name or stem.startswith(data_name + "."):
            found.append(stem[len(data_name) + 1 :])
    return found


def preset(model: str, data_name: str, name: str = "") -> dict[str, Any]:
    """A preset's content: ``config``, ``train``, ``data_options``, ``budget`` and ``receipt``, each optional. A data
    set of one's own, for which nothing can be tuned, borrows from the one that its CARD names as ``tuned_as``."""
    data_name = data_name.partition(":")[0]
    file = paths.resources() / "presets" / model / (f"{data_name}.{name}.json" if name else f"{data_name}.json")
    if not file.is_file():
        if name:
            raise unknown(f"preset for {model} on {data_name}", name, [p for p in presets(model, data_name) if p])
        other = data()[data_name].extra.get("tuned_as", "") if data_name in data() else ""
        borrowed = preset(model, other) if other else {}
        return {key: value for key, value in borrowed.items() if key in ("config", "train", "budget")}
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def experiment(
    model: str, data_name: str, preset_name: str = "", assignments: dict[str, object] | None = None, **facts: Any
) -> "Experiment":
    """An Experiment from defaults, then the preset, then `assignments` (``latent_dim``, ``data.size``, ``train.lr``).

    Raises UsageError for an unknown name or key, a value out of range, or a pair that does not go together.
    """
    from playground.core.data_edits import described
    from playground.core.experiment import Budget, Experiment, TrainSettings
    from playground.core.hyperparams import changed, from_dict, to_dict

    _check_names(model, data_name)
    data_name = _absolute(data_name)
    tuned = preset(model, data_name, preset_name)
    groups: dict[str, dict[str, object]] = {"config": {}, "data": {}, "train": {}}
    for key, value in (assignments or {}).items():
        group, dot, rest = key.partition(".")
        if dot and group not in ("data", "train"):
            raise UsageError(f"'{key}': settings are KEY, data.KEY or train.KEY.")
        groups[group if dot else "config"][rest if dot else key] = value
    config = changed(from_dict(model_class(model).Config, tuned.get("config", {})), groups["config"])
    options = changed(data_options(data_name, tuned.get("data_options", {})), groups["data"])
    train = changed(from_dict(TrainSettings, tuned.get("train", {})), groups["train"])
    if "budget" in tuned and facts.get("budget") is None:
        facts["budget"] = Budget(**tuned["budget"])
    facts = {key: value for key, value in facts.items() if value is not None}
    return Experiment(model, data_name, to_dict(config), described(options), train, **facts)


def checked(experiment_: "Experiment") -> "Experiment":
    """An experiment from a file, after every name and value in it was looked up. What it leaves out is the default,
    never a preset's: an experiment describes a run completely."""
    from playground.core.data_edits import described
    from playground.core.hyperparams import from_dict, to_dict

    _check_names(experiment_.model, experiment_.data)
    config = from_dict(model_class(experiment_.model).Config, experiment_.config)
    options = data_options(experiment_.data, experiment_.data_options)
    return replace(experiment_, config=to_dict(config), data_options=described(options))


def _check_names(model: str, data_name: str) -> None:
    if model not in models():
        raise unknown("model", model, list(models()))
    name, colon, path = data_name.partition(":")
    if name not in data():
        raise unknown("data set", name, list(data()))
    takes = data()[name].extra.get("takes", "")
    if takes and not path.strip():
        raise UsageError(f"'{name}' needs {takes}: name it as {name}:PATH.")
    if colon and not takes:
        raise UsageError(f"'{name}' takes no path; leave out ':{path}'.")


def _absolute(data_name: str) -> str:
    """The same name with an absolute path in it, so that a run finds its data from anywhere."""
    name, colon, path = data_name.partition(":")
    return f"{name}:{Path(path).expanduser().resolve()}" if colon else data_name


def pretrained() -> dict[str, Path]:
    """The bundled runs by name."""
    folder = paths.pretrained()
    return {path.parent.name: path.parent for path in sorted(folder.glob("*/manifest.json"))}


def lessons() -> dict[str, Path]:
    """The folders of all lessons by name: the bundled ones, then a person's own in the data folder."""
    folders: dict[str, Path] = {}
    for place in (paths.resources() / "lessons", paths.user_data() / "lessons"):
        for folder in sorted(place.glob("*/")):
            if any(folder.glob("*.md")):
                folders.setdefault(folder.name, folder)
    return folders


def find_run(name: str) -> Path:
    """The folder of a run: a path, or a bundled run's name."""
    if not name.strip():  # as a path it would be the current folder
        raise UsageError("Which run? Name a run folder or a bundled run; 'playground list' shows those.")
    if (Path(name) / "manifest.json").is_file():
        return Path(name)
    if name in pretrained():
        return pretrained()[name]
    if Path(name).exists():
        raise PlaygroundError(f"{name} is not a run folder: it has no manifest.json.")
    raise unknown("run", name, list(pretrained()))


def _module(part: str, name: str) -> ModuleType:
    """Imports one file on demand. Raises a sentence where the name is unknown or the file is broken."""
    kind = "model" if part == "models" else "data set"
    by_file = {card.extra["file"]: card for card in _cards(part).values()}
    if name not in by_file:
        raise unknown(kind, name, list(_cards(part)))
    card = by_file[name]
    if card.error:
        raise PlaygroundError(f"The {kind} '{card.name}' cannot be used: {card.error}.")
    try:
        return importlib.import_module(f"playground.{part}.{name}")
    except Exception as error:  # whatever a broken file raises becomes its own sentence
        raise PlaygroundError(f"The {kind} '{card.name}' cannot be loaded: {type(error).__name__}: {error}.") from error


def _file(part: str, stem: str) -> Path:
    package = importlib.import_module(f"playground.{part}")
    return next(file for folder in package.__path__ if (file := Path(folder) / f"{stem}.py").is_file())


def _cards(part: str) -> dict[str, Card]:
    package = importlib.import_module(f"playground.{part}")
    files = [file for folder in package.__path__ for file in sorted(Path(folder).glob("*.py"))]
    cards = [_read_card(file) for file in files if not file.name.startswith("_")]
    cards.sort(key=lambda card: (card.order, card.name))
    return {card.name: card for card in cards if card is not None}


def _read_card(file: Path) -> Card:
    known = {"name", "title", "group", "slides", "order", "about"}
    stat = file.stat()
    values = dict(_card_literal(file, stat.st_mtime_ns))
    error = values.pop("error", "")
    extra = {key: values.pop(key) for key in list(values) if key not in known} | {"file": file.stem}
    values = {"name": file.stem, "title": file.stem, "group": "More"} | values
    return Card(**values, error=error, extra=extra)


@lru_cache(maxsize=256)
def _card_literal(file: Path, _modified: int) -> dict[str, Any]:
    try:
        for node in parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "CARD" for t in node.targets):
                card: dict[str, Any] = ast.literal_eval(node.value)
                return card
    except (SyntaxError, ValueError, OSError) as error:
        return {"error": f"{file.name} does not parse: {error}"}
    return {"error": f"{file.name} has no CARD"}


@dataclass(frozen=True)
class OpenRun:
    """A run that was opened to be looked at: a model in eval mode, with the weights that sample."""

    path: Path
    experiment: "Experiment"
    model: "GenerativeModel"
    dataset: "Dataset"
    manifest: dict[str, Any]

    @property
    def step(self) -> int:
        """The training step of these weights."""
        return int(self.manifest["step"])


def open_run(name: str | Path, device: str = "cpu", step: int | None = None) -> OpenRun:
    """Opens a run folder or a bundled run; `step` takes older weights from its history.

    Raises PlaygroundError where the folder is damaged, newer than this program, or does not fit its own experiment.
    """
    from playground.core.run_folder import RunFolder

    folder = RunFolder.open(find_run(str(name)))
    experiment_ = folder.experiment
    dataset = load_data(experiment_.data, dict(experiment_.data_options))
    if change := data_change(folder, dataset):
        _log.warning("%s", change)
    model = empty_model(experiment_, dataset)
    weights = folder.load_weights(step)
    fill(model, weights, str(folder.path))
    model.to(device).eval()
    return OpenRun(folder.path, experiment_, model, dataset, folder.manifest)


def data_change(folder: "RunFolder", dataset: "Dataset") -> str:
    """What to say where a run was trained on other data than those that now have its data's name; "" where it was
    not, or where the run is older than the hash."""
    kept = folder.manifest.get("data_hash") or dataset.hash
    if kept == dataset.hash:
        return ""
    return (
        f"The data '{folder.experiment.data}' have changed since {folder.path} was trained on them: their hash was "
        f"{kept[:8]} and is {dataset.hash[:8]}. The run is kept as it was; bring the old data back to go on with it, "
        "or train a new run on the new ones."
    )


def empty_model(experiment_: "Experiment", dataset: "Dataset") -> "GenerativeModel":
    """The experiment's model on `meta`: shapes without memory or random draws."""
    import torch

    from playground.core.hyperparams import from_dict
    from playground.core.random import undrawn

    cls = model_class(experiment_.model)
    if reason := cls.supports(dataset.spec):
        raise UsageError(reason)
    with torch.device("meta"), undrawn():
        return cls.build(dataset.spec, from_dict(cls.Config, experiment_.config))


def fill(model: "GenerativeModel", weights: dict[str, Any], source: str) -> None:
    """Puts weights into a model built on `meta`, after comparing names and shapes."""
    from playground.core.restoring import not_finite

    own = model.state_dict()
    expected = {name: tuple(tensor.shape) for name, tensor in own.items()}
    found = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    if expected != found:
        wrong = sorted(name for name in {**expected, **found} if expected.get(name) != found.get(name))
        raise PlaygroundError(
            f"The weights in {source} do not fit its experiment (first difference: {wrong[0]}). "
            "Nothing was loaded; the folder was changed by hand or is damaged."
        )
    if broken := not_finite(weights):
        raise PlaygroundError(
            f"The weights in {source} hold NaN or infinity (in {broken}), so nothing was loaded; take an older save of "
            "the run, or train it again with a lower learning rate."
        )
    weights = {name: tensor.to(own[name].dtype) for name, tensor in weights.items()}  # bundled ones are half as long
    model.load_state_dict(weights, assign=True)
    model.requires_grad_(False)
