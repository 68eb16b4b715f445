"""MNIST, its kin and CIFAR-10, read from files of the real format that these tests write and serve themselves."""

import gzip
import hashlib
import io
import pickle
import struct
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from playground import cli, registry
from playground.core.errors import PlaygroundError
from playground.data import _torchvision
from tests.data.served import Site

LIKE_MNIST = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}
TRAIN, TEST, VALIDATION = 300, 50, 100


@dataclass(frozen=True)
class Written:
    """Images (N, C, H, W) and labels (N,) that a test wrote."""

    images: np.ndarray
    labels: np.ndarray


def drawn(n: int, shape: tuple[int, ...], seed: int) -> Written:
    """Random images; the first pixel says the label."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, n, dtype=np.uint8)
    images = generator.integers(0, 256, (n, *shape), dtype=np.uint8)
    images[:, 0, 0, 0] = labels
    return Written(images, labels)


def idx(array: np.ndarray) -> bytes:
    """The format of MNIST: 0, 0, type (8 is uint8), axes, their sizes, then the numbers; packed."""
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape) + array.tobytes())


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_torchvision, "VALIDATION", VALIDATION)


@pytest.fixture(params=LIKE_MNIST)
def like_mnist(request, site: Site, home: Path, monkeypatch) -> tuple[str, Written, Written]:
    """One of the sets, served with other images; its name and what was written."""
    cls = getattr(torchvision.datasets, LIKE_MNIST[request.param])
    train, test = drawn(TRAIN, (1, 28, 28), 0), drawn(TEST, (1, 28, 28), 1)
    for (name, _), array in zip(
        cls.resources, (train.images[:, 0], train.labels, test.images[:, 0], test.labels), strict=True
    ):
        site.files[name] = idx(array)
    monkeypatch.setattr(cls, "mirrors", [f"{site.address}missing.html?", site.address])
    monkeypatch.setattr(cls, "resources", [(name, md5(content)) for name, content in site.files.items()])
    return request.param, train, test


@pytest.fixture
def cifar(site: Site, home: Path, monkeypatch) -> tuple[Written, Written]:
    """CIFAR-10, served with other images."""
    cls = torchvision.datasets.CIFAR10
    train, test = drawn(TRAIN, (3, 32, 32), 0), drawn(TEST, (3, 32, 32), 1)
    batches = {"test_batch": (test.images, test.labels)}
    for i, rows in enumerate(np.arange(TRAIN).reshape(5, -1)):
        batches[f"data_batch_{i + 1}"] = (train.images[rows], train.labels[rows])
    contents = {"batches.meta": pickle.dumps({"label_names": list("abcdefghij")})}
    for name, (images, labels) in batches.items():
        contents[name] = pickle.dumps({"data": images.reshape(len(images), -1), "labels": labels.tolist()})
    site.files[cls.filename] = archive(contents)
    monkeypatch.setattr(cls, "url", site.address + cls.filename)
    monkeypatch.setattr(cls, "tgz_md5", md5(site.files[cls.filename]))
    monkeypatch.setattr(cls, "train_list", [[name, md5(contents[name])] for name in sorted(contents) if "data" in name])
    monkeypatch.setattr(cls, "test_list", [["test_batch", md5(contents["test_batch"])]])
    monkeypatch.setattr(cls, "meta", {**cls.meta, "md5": md5(contents["batches.meta"])})
    return train, test


def archive(contents: dict[str, bytes], folder: str = "cifar-10-batches-py/") -> bytes:
    """A packed archive of some files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(folder + name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def check_splits(name: str, train: Written, test: Written) -> None:
    """Test as written; of the training images the last of a shuffle as validation, the first as training."""
    dataset = registry.load_data(name, {"count": 150})
    assert (dataset.spec.name, dataset.spec.levels, dataset.spec.classes) == (name, 256, (10,))
    assert dataset.spec.shape == train.images.shape[1:]
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [150, VALIDATION, TEST]
    assert torch.equal(dataset.test.x, torch.from_numpy(test.images).float() / 255)
    assert dataset.test.labels[:, 0].tolist() == test.labels.tolist()
    written = {image.tobytes() for image in train.images}
    seen = torch.cat([dataset.train.x, dataset.validation.x])
    found = {image.tobytes() for image in (seen * 255).round().byte().numpy()}
    assert found <= written
    assert len(found) == 150 + VALIDATION  # no image in both
    for split in (dataset.train, dataset.validation):
        assert split.x.dtype == torch.float32
        assert split.x.is_contiguous()
        assert torch.equal((split.x[:, 0, 0, 0] * 255).round().long(), split.labels[:, 0])
    assert dataset.train.labels[:20, 0].tolist() != train.labels[:20].tolist()  # it is shuffled
    more = registry.load_data(name, {"count": 45000})
    assert len(more.train) == TRAIN - VALIDATION
    assert torch.equal(more.train.x[:150], dataset.train.x)
    assert torch.equal(more.validation.x, dataset.validation.x)


def test_a_set_like_mnist_is_fetched_once_and_split(like_mnist, site: Site, home: Path) -> None:
    name, train, test = like_mnist
    check_splits(name, train, test)
    fetched = [file for file, _ in site.asked if not file.startswith("missing")]
    assert sorted(fetched) == sorted(site.files)
    raw = home / "downloads" / LIKE_MNIST[name] / "raw"
    assert sorted(file.name for file in raw.iterdir()) == sorted(
        [*site.files, *(file.removesuffix(".gz") for file in site.files)]
    )


def test_a_damaged_packed_file_is_fetched_again(like_mnist, site: Site, home: Path) -> None:
    name, train, test = like_mnist
    registry.load_data(name)
    raw = home / "downloads" / LIKE_MNIST[name] / "raw"
    packed = next(raw.glob("t10k-images*.gz"))
    packed.write_bytes(b"damage")
    registry._loaded.cache_clear()
    check_splits(name, train, test)
    assert packed.read_bytes() == site.files[packed.name]


def test_a_damaged_unpacked_file_is_named_with_its_remedy(like_mnist, home: Path) -> None:
    name, train, test = like_mnist
    registry.load_data(name)
    raw = home / "downloads" / LIKE_MNIST[name] / "raw"
    images = raw / "train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:-1])
    registry._loaded.cache_clear()
    with pytest.raises(PlaygroundError, match=r"damaged after they were unpacked .*; delete that folder"):
        registry.load_data(name)
    for file in raw.iterdir():
        file.unlink()
    check_splits(name, train, test)


def test_cifar_is_fetched_once_and_split(cifar, site: Site, home: Path) -> None:
    check_splits("cifar10", *cifar)
    assert len(site.asked) == 1
    assert len(list((home / "downloads" / "cifar-10-batches-py").iterdir())) == 7


def test_a_changed_batch_is_unpacked_again_and_never_opened(cifar, site: Site, home: Path) -> None:
    registry.load_data("cifar10")
    batch = home / "downloads" / "cifar-10-batches-py" / "data_batch_2"
    trace = home / "opened"
    batch.write_bytes(pickle.dumps(Trap(str(trace))))
    registry._loaded.cache_clear()
    check_splits("cifar10", *cifar)
    assert not trace.exists()
    assert len(site.asked) == 1


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_an_archive_with_another_hash_is_neither_unpacked_nor_kept(cifar, site: Site, home: Path) -> None:
    name = torchvision.datasets.CIFAR10.filename
    site.files[name] = archive({"data_batch_1": pickle.dumps(Trap(str(home / "opened")))})
    with pytest.raises(PlaygroundError, match="the hash differs"):
        registry.load_data("cifar10")
    assert list((home / "downloads").iterdir()) == []


def test_nothing_in_the_archive_says_where_it_goes(cifar, site: Site, home: Path, monkeypatch) -> None:
    """Files beside the promised ones are left where they are."""
    cls = torchvision.datasets.CIFAR10
    with tarfile.open(fileobj=io.BytesIO(site.files[cls.filename])) as tar:
        contents = {member.name: content.read() for member in tar.getmembers() if (content := tar.extractfile(member))}
    site.files[cls.filename] = archive(contents | {"../../outside": b"x", "cifar-10-batches-py/more": b"x"}, "")
    monkeypatch.setattr(cls, "tgz_md5", md5(site.files[cls.filename]))
    check_splits("cifar10", *cifar)
    assert not list(home.parent.rglob("outside"))
    assert not (home / "downloads" / "cifar-10-batches-py" / "more").exists()


@pytest.mark.parametrize("what", [tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, None])
def test_an_archive_without_its_files_is_one_sentence(what, cifar, site: Site, home: Path, monkeypatch) -> None:
    """Even with the right hash: a link to elsewhere, a folder, a device, or nothing in the place of a batch."""
    cls, packed = torchvision.datasets.CIFAR10, io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        if what is not None:
            for name in (cls.meta["filename"], *(name for name, _ in cls.train_list + cls.test_list)):
                entry = tarfile.TarInfo(f"{cls.base_folder}/{name}")
                entry.type, entry.linkname = what, "/etc/passwd"
                tar.addfile(entry)
    site.files[cls.filename] = packed.getvalue()
    monkeypatch.setattr(cls, "tgz_md5", md5(packed.getvalue()))
    with pytest.raises(PlaygroundError, match=r"for cifar10 cannot be unpacked; delete .*cifar-10-batches-py"):
        registry.load_data("cifar10")
    assert list((home / "downloads" / cls.base_folder).iterdir()) == []


def test_nothing_is_unpacked_through_a_planted_link(cifar, home: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("mine")
    folder = home / "downloads" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name in ("data_batch_1", "data_batch_1.part"):
        (folder / name).symlink_to(own)
    check_splits("cifar10", *cifar)
    assert own.read_text() == "mine"


@pytest.mark.parametrize(
    "bad",
    [b"no gzip", gzip.compress(bytes(100))[:-20], idx(np.zeros((2, 2), np.uint8))],
    ids=("no gzip", "cut", "too small"),  # packed bytes hold the time, and each process has its own
)
def test_packed_files_that_are_none_are_one_sentence(bad, like_mnist, site: Site, home: Path, monkeypatch) -> None:
    """Even with the right hash."""
    name, cls = like_mnist[0], getattr(torchvision.datasets, LIKE_MNIST[like_mnist[0]])
    first = next(iter(site.files))
    site.files[first] = bad
    monkeypatch.setattr(cls, "resources", [(file, md5(content)) for file, content in site.files.items()])
    with pytest.raises(PlaygroundError, match=r"cannot be unpacked|were damaged") as caught:
        registry.load_data(name)
    assert str(home) in str(caught.value)


def test_a_disk_without_room_for_a_download_is_one_sentence(like_mnist, home: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("_download._transfer", "_mnist_like.unpack"):
        with monkeypatch.context() as patches:
            patches.setattr(f"playground.data.{name}", full)
            with pytest.raises(PlaygroundError, match=r"cannot be kept in .*No space left.*make room"):
                registry.load_data(like_mnist[0])
    check_splits(*like_mnist)


def test_offline_is_one_sentence_and_nothing_is_written(like_mnist, site: Site, home: Path, tmp_path, capsys) -> None:
    name, _, _ = like_mnist
    site.files.clear()
    assert cli.run(["train", "vae", "--data", name, "--out", str(tmp_path / "run")]) == 1
    *_, said = capsys.readouterr().err.strip().splitlines()
    assert said.startswith(f"{name} could not be downloaded (127.0.0.1: it answers 404")
    assert "put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-" in said
    assert said.endswith(f" into {home / 'downloads' / LIKE_MNIST[name] / 'raw'} yourself.")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("error", [ImportError("No module named 'torchvision'"),
                                   RuntimeError("operator torchvision::nms does not exist\nmore")])  # fmt: skip
@pytest.mark.parametrize("name", [*LIKE_MNIST, "cifar10"])
def test_a_torchvision_that_cannot_be_loaded_is_one_sentence(home: Path, monkeypatch, name, error) -> None:
    class Broken:
        def find_spec(self, full_name: str, *_: object) -> None:
            if full_name.startswith("torchvision"):
                raise error

    for module in [module for module in sys.modules if module.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(PlaygroundError) as raised:
        registry.load_data(name)
    said = str(raised.value)
    assert said.startswith(f"{name} needs torchvision, which cannot be loaded ({str(error).splitlines()[0]});")
    assert said.endswith("pip install --upgrade torch torchvision")
    assert not home.exists()


@pytest.mark.parametrize("name", [*LIKE_MNIST, "cifar10"])
def test_the_real_addresses_and_hashes_are_there(name: str) -> None:
    """What torchvision promises of each set; nothing is asked of the net."""
    if name == "cifar10":
        cls = torchvision.datasets.CIFAR10
        assert cls.url.endswith("/" + cls.filename)
        hashes = [cls.tgz_md5, cls.meta["md5"], *(hash_ for _, hash_ in cls.train_list + cls.test_list)]
        assert len(hashes) == 8
    else:
        cls = getattr(torchvision.datasets, LIKE_MNIST[name])
        assert all(mirror.endswith("/") for mirror in cls.mirrors)
        assert [file for file, _ in cls.resources] == [
            "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz"]  # fmt: skip
        hashes = [hash_ for _, hash_ in cls.resources]
    assert all(len(hash_) == 32 for hash_ in hashes)
    assert registry.data()[name].extra["download"].endswith(" MB")
