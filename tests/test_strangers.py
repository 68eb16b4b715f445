"""Files from strangers, changed at random: each is read, or refused by one printable sentence, and nothing is written
beside it. ``-m slow`` tries thousands of each kind."""

import hashlib
import io
import json
import random
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from playground import registry, runs
from playground.core import durable, untrusted
from playground.core.errors import PlaygroundError
from playground.core.experiment import Budget, Experiment
from playground.core.hyperparams import Empty
from playground.core.run_folder import RunFolder
from playground.data import _table
from playground.data._pictures import UnfitError, read
from playground.data.drawn import Source as Drawn
from playground.evaluation import exports
from tests.helpers import tiny
from tests.strange import damaged, mutated

counts = pytest.mark.parametrize("count", [200, pytest.param(5000, marks=pytest.mark.slow)])
of_run_folders = pytest.mark.parametrize("count", [25, pytest.param(1000, marks=pytest.mark.slow)])
FAMILIES = (("gan", "moons"), ("energy", "bumps"), ("classifier", "digits"), ("gaussian", "moons"))


def is_refused(use: Callable[[], object]) -> bool:
    """Whether a sentence came of it; any other error ends the test."""
    try:
        use()
    except PlaygroundError as error:
        sentence = str(error)
    else:
        return False
    assert sentence
    assert sentence.isprintable()
    return True


# -- single files ---------------------------------------------------------------------------------------------------


@counts
def test_json_that_was_changed(count):
    chance = random.Random(0)
    sound = json.dumps({"a": [1, 2.5, {"b": "ö\u2028", "c": [[[]]]}]}).encode()
    refused = [is_refused(lambda: untrusted.read_json(damaged(sound, chance))) for _ in range(count)]
    assert 0.5 * count < sum(refused) < count


@pytest.mark.parametrize("number", [b"1" * 400, b"-" + b"9" * 21, b"18446744073709551617"])
def test_whole_numbers_beyond_all_use_are_refused(number):
    with pytest.raises(PlaygroundError, match="too large"):
        untrusted.read_json(b'{"amount": ' + number + b"}")
    assert untrusted.read_json(b"[9223372036854775807, -5]") == [2**63 - 1, -5]


@counts
def test_experiments_that_were_changed(count, tmp_path):
    chance, file = random.Random(0), tmp_path / "a.json"
    sound = tiny("vae", "digits").to_json() | {"events": [{"step": 3, "set": {"train.lr": 1e-3}},
                                                          {"step": 4, "parts": ["model"], "count": 2}]}  # fmt: skip

    def use() -> None:
        experiment = registry.checked(Experiment.load(file))
        json.dumps([experiment.settings(), experiment.until(3).to_json()])

    refused = 0
    for _ in range(count):
        file.write_text(json.dumps(mutated(sound, chance)))
        refused += is_refused(use)
    assert 0.5 * count < refused < count


@counts
def test_headers_of_tensors_that_were_changed(count):
    chance = random.Random(0)
    sound = {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
             "b": {"dtype": "BOOL", "shape": [4], "data_offsets": [16, 20]}, "__metadata__": {"x": "y"}}  # fmt: skip
    shapes = ([0, 2**62], [2**62, 2**62], [2**63], [-1], [1.5], [True], "4", [4, *[1] * 70], [10**30])
    refused = 0
    for _ in range(count):
        header = mutated(sound, chance)
        for entry in header.values():
            if isinstance(entry, dict) and chance.random() < 0.2:
                entry[chance.choice(("shape", "data_offsets"))] = chance.choice(shapes)
        data = json.dumps(header).encode()
        refused += is_refused(lambda data=data: untrusted.read_tensors(struct.pack("<Q", len(data)) + data + bytes(20)))
    assert 0.5 * count < refused < count


@counts
def test_tables_that_were_changed(count, tmp_path):
    chance, text, array = random.Random(0), tmp_path / "a.csv", tmp_path / "a.npy"
    rows = "".join(f"{chance.uniform(-3, 3):.3f},{chance.uniform(-3, 3):.3f},{i % 3}\n" for i in range(40))
    odd = (
        b"1e308,-1e308,0",
        b"5e-324,0,0",
        b"nan,1,1",
        b"1,2",
        b",,",
        b"\0",
        b"\x1c,\x85,1",
        "１,２,٣".encode(),
        b"\xff",
    )
    packed = io.BytesIO()
    np.save(packed, np.linspace(-1, 1, 80, dtype=np.float32).reshape(40, 2))
    refused = 0
    for _ in range(count // 2):
        lines = damaged(b"x,y,label\n" + rows.encode(), chance).split(b"\n")
        if chance.random() < 0.5:
            lines[chance.randrange(len(lines))] = chance.choice(odd)
        text.write_bytes(b"\n".join(lines))
        array.write_bytes(damaged(packed.getvalue(), chance))
        refused += is_refused(lambda: Drawn.load(Empty(), text)) + is_refused(lambda: Drawn.load(Empty(), array))
    assert 0.3 * count < refused < count


def test_a_long_table_is_refused_before_it_takes_room(tmp_path, monkeypatch):
    monkeypatch.setattr(_table, "MOST", 30)
    monkeypatch.setattr(_table, "_MOST_LINES", 100)
    (tmp_path / "a.csv").write_text("1\n" * 1000)
    (tmp_path / "b.csv").write_text("\n" * 1000)
    np.save(tmp_path / "c.npy", np.zeros(31, dtype=np.int8))

    class NoFloats(np.ndarray):
        def astype(self, *_: object, **__: object) -> np.ndarray:
            raise AssertionError("it is refused before it becomes eight times as large")

    whole = untrusted.read_array
    monkeypatch.setattr(_table, "read_array", lambda path: whole(path).view(NoFloats))
    for name in ("a.csv", "b.csv", "c.npy"):
        with pytest.raises(PlaygroundError, match="keep"):
            _table.read_table(tmp_path / name)


def pictures() -> list[bytes]:
    """One of each sort that a decoder treats in its own way."""
    pixels = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    image, exif = Image.fromarray(pixels), Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    moving = {"save_all": True, "append_images": [image.rotate(90)] * 2}
    found = []
    for kind, picture, options in (
        ("PNG", image, {}), ("PNG", image.convert("P"), {"transparency": 0}), ("PNG", deep, {}),
        ("PNG", image.convert("LA"), {}), ("PNG", image.convert("1"), {}), ("PNG", image, moving),
        ("JPEG", image, {"exif": exif}), ("JPEG", image.convert("CMYK"), {}), ("JPEG", image, {"progressive": True}),
        ("WEBP", image.convert("RGBA"), {}), ("WEBP", image, moving), ("BMP", image, {}),
        ("BMP", image.convert("P"), {}),
    ):  # fmt: skip
        file = io.BytesIO()
        picture.save(file, kind, **options)
        found.append(file.getvalue())
    return found


@counts
@pytest.mark.filterwarnings("ignore")  # Pillow's, of odd headers: who reads a folder has them off
def test_pictures_that_were_changed(count, tmp_path):
    chance, file, sound, unfit = random.Random(0), tmp_path / "a.png", pictures(), 0
    for i in range(count + len(sound)):
        data = sound[i % len(sound)]
        file.write_bytes(data if i < len(sound) else damaged(data[: chance.choice((None, 300))], chance))
        try:
            assert read(file, 16, gray=bool(i % 2)).shape == (1 if i % 2 else 3, 16, 16)
        except UnfitError:
            assert i >= len(sound), f"picture {i} is sound"
            unfit += 1
    assert 0.3 * count < unfit < count


def png(width: int, height: int, kind: int = 2, data: bytes = b"") -> bytes:
    """A PNG by its header: eight bits of a channel, `kind` 0 for gray and 6 for colours and transparency."""
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


@pytest.mark.parametrize("sides", [(65000, 65000), (2**31 - 1, 2**31 - 1), (1, 2**25), (2**25, 1), (0, 10)])
def test_pictures_that_claim_to_be_huge_are_not_decoded(sides, tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(png(*sides))
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("it was decoded"))
    with pytest.raises(UnfitError):
        read(tmp_path / "a.png", 32, gray=False)


def test_a_very_large_picture_looks_as_if_all_of_it_had_been_looked_at(tmp_path, monkeypatch):
    rough = np.random.default_rng(0).integers(0, 255, (6, 8, 4), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    Image.fromarray(rough).resize((1000, 800), Image.Resampling.BICUBIC).save(tmp_path / "a.png", exif=exif)
    whole = read(tmp_path / "a.png", 16, gray=False).astype(int)
    monkeypatch.setattr("playground.data._pictures._DETAIL", 100_000)
    coarse = read(tmp_path / "a.png", 16, gray=False).astype(int)
    assert 0 < np.abs(coarse - whole).mean() < 3


# -- run folders ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A few small runs, each with five steps behind it."""
    place = tmp_path_factory.mktemp("runs")
    for model, data in FAMILIES:
        runs.train(runs.start(tiny(model, data), place / model), Budget("steps", 5))
    return place


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Files are not waited for: no test loses its power."""
    monkeypatch.setattr(durable, "_fsync", lambda handle: None)


class Forger:
    """Changes a copy of a run, and signs the changes as the program would."""

    def __init__(self, source: Path, path: Path) -> None:
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(source, path)
        self.path = path
        self.manifest = json.loads((path / "manifest.json").read_text())

    def sign(self, content: object) -> None:
        plain = {key: value for key, value in content.items() if key != "check"} if isinstance(content, dict) else {}
        plain["check"] = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
        (self.path / "manifest.json").write_text(json.dumps(plain))

    def put(self, name: str, data: bytes) -> None:
        entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        (self.path / name).unlink()  # other names of the same file keep what they have
        (self.path / name).write_bytes(data)
        self.manifest |= {"log": entry} if name == "log.jsonl" else {"files": self.manifest["files"] | {name: entry}}
        self.sign(self.manifest)

    def forge(self, chance: random.Random) -> None:
        """Changes one thing."""
        what = chance.choice(("manifest", "position", "experiment.json", "log.jsonl", "weights", "state", "bytes"))
        if what == "manifest":
            self.sign(mutated({key: value for key, value in self.manifest.items() if key != "check"}, chance))
        elif what == "position":
            self.sign(self.manifest | {"position": mutated(self.manifest["position"], chance)})
        elif what == "experiment.json":
            content = json.loads((self.path / what).read_text())
            self.put(what, json.dumps(mutated(content, chance)).encode())
        elif what == "log.jsonl":
            lines = (self.path / what).read_bytes().splitlines()
            place = chance.randrange(len(lines))
            lines[place] = json.dumps(mutated(json.loads(lines[place]), chance)).encode()
            self.put(what, b"\n".join(lines) + b"\n")
        elif what == "bytes":
            name = chance.choice([name for name in self.manifest["files"] if "/" not in name])
            self.put(name, damaged((self.path / name).read_bytes(), chance))
        else:
            name = f"{what}.safetensors"
            self.put(name, other_tensors((self.path / name).read_bytes(), chance))


def other_tensors(data: bytes, chance: random.Random) -> bytes:
    """A tensor gone, new, broken, of another shape or type, or full of something else."""
    tensors = safetensors.torch.load(data)
    name = chance.choice(sorted(tensors))
    tensor = tensors[name]
    changes: tuple[Callable[[], dict[str, torch.Tensor]], ...] = (
        dict,
        lambda: {name: tensor, f"{name}x": tensor.clone()},
        lambda: {name: torch.full_like(tensor, float("nan") if tensor.is_floating_point() else -1)},
        lambda: {name: tensor.flatten()[1:].clone()},
        lambda: {name: tensor[None].clone()},
        lambda: {name: tensor.double() if tensor.dtype != torch.float64 else tensor.int()},
        lambda: {name: torch.zeros(0)},
        lambda: {name: torch.full_like(tensor, 1)},
    )
    del tensors[name]
    return safetensors.torch.save(tensors | chance.choice(changes)())


def use(path: Path) -> None:
    """All that is read of a run: to look at it, to write its curves, to go on with it."""
    exports.table(RunFolder.open(path))
    registry.open_run(path)
    job = runs.go_on(path)
    runs.train(job, Budget("steps", job.step + 1))


@of_run_folders
@pytest.mark.parametrize("model", [model for model, _ in FAMILIES])
def test_run_folders_that_were_forged(model, count, trained, tmp_path):
    chance, refused = random.Random(model), 0
    for _ in range(count):
        forger = Forger(trained / model, tmp_path / "run")
        forger.forge(chance)
        refused += is_refused(lambda: use(tmp_path / "run"))
    assert 0.3 * count < refused < count
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]


def test_weights_that_are_no_numbers_are_refused(trained, tmp_path):
    forger = Forger(trained / "gan", tmp_path / "run")
    tensors = safetensors.torch.load_file(tmp_path / "run" / "weights.safetensors")
    name = max(tensors, key=lambda name: tensors[name].numel())
    tensors[name][0] = float("nan")
    forger.put("weights.safetensors", safetensors.torch.save(tensors))
    with pytest.raises(PlaygroundError, match=f"NaN or infinity .in {name}.*nothing was loaded"):
        registry.open_run(tmp_path / "run")


@pytest.mark.parametrize("name", ["optimizer/generator/0/exp_avg", "average/0", "raw/generator.head.bias"])
@pytest.mark.parametrize("change", ["gone", "shape", "nan"])
def test_a_state_that_does_not_fit_is_refused_before_a_step(name, change, trained, tmp_path):
    forger = Forger(trained / "gan", tmp_path / "run")
    tensors = safetensors.torch.load_file(tmp_path / "run" / "state.safetensors")
    name = name if name in tensors else next(other for other in sorted(tensors) if other.startswith("raw/generator"))
    old = tensors.pop(name)
    if change != "gone":
        tensors[name] = torch.full_like(old, float("nan")) if change == "nan" else torch.zeros(*old.shape, 2)
    forger.put("state.safetensors", safetensors.torch.save(tensors))
    with pytest.raises(PlaygroundError, match="cannot be resumed"):
        runs.go_on(tmp_path / "run")
    registry.open_run(tmp_path / "run")  # its weights are whole
