"""Files from strangers are opened, or refused in one sentence; nothing in between."""

import io
import json
import os
import pickle
import struct
from contextlib import suppress

import numpy as np
import pytest
import safetensors.torch
import torch

from playground.core import untrusted
from playground.core.errors import PlaygroundError


def refusal(call, *arguments) -> str:
    with pytest.raises(PlaygroundError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def with_header(header: bytes, body: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + body


def test_json_is_read(tmp_path):
    (tmp_path / "a.json").write_text('{"a": [1, 2.5, "ö", null, true]}', encoding="utf-8")
    assert untrusted.read_json(tmp_path / "a.json") == {"a": [1, 2.5, "ö", None, True]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b"[NaN]",
        b"[-Infinity]",
        b"[1e999]",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[" * 40 + b"]" * 40,
        b"1" * 5000,
        b"[1] [2]",
        b" " * (untrusted.JSON_BYTES + 1),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_json_that_is_not_strict_is_refused(content, tmp_path):
    (tmp_path / "a.json").write_bytes(content)
    assert str(tmp_path / "a.json") in refusal(untrusted.read_json, tmp_path / "a.json")
    assert "Notes" in refusal(untrusted.read_json, content, "Notes")


def test_tensors_come_back(tmp_path):
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([True]), "c": torch.tensor(float("nan"))}
    safetensors.torch.save_file(tensors, tmp_path / "a.safetensors")
    found = untrusted.read_tensors(tmp_path / "a.safetensors")
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=0, equal_nan=True)


def a_million_keys() -> bytes:
    empty = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    return with_header(json.dumps({str(i): empty for i in range(30_000)}).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        b"\xff" * 64,
        with_header(b"{}")[:-1],
        with_header(b"[]"),
        with_header(b'{"a": 1}'),
        with_header(b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}', bytes(4)),
        with_header(b'{"a": {"dtype": "F32", "shape": [1000000000], "data_offsets": [0, 4]}}', bytes(4)),
        with_header(b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}', bytes(4)),
        with_header(b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}', bytes(8)),
        with_header(b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}', bytes(8)),
        with_header(b'{"a": {"dtype": "Q7", "shape": [1], "data_offsets": [0, 4]}}', bytes(4)),
        with_header(
            b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},'
            b' "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}',
            bytes(4),
        ),
        pickle.dumps({"a": 1}),
        a_million_keys(),
    ],
    ids=lambda content: repr(content[8:20]),
)
def test_tensors_with_a_false_header_are_refused(content, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(content)
    refusal(untrusted.read_tensors, tmp_path / "a.safetensors")


def test_a_pickle_runs_nothing(tmp_path):
    canary = tmp_path / "canary"

    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(canary),)

    (tmp_path / "a.safetensors").write_bytes(pickle.dumps(Payload()))
    torch.save(Payload(), tmp_path / "b.safetensors")
    for name in ("a", "b"):
        refusal(untrusted.read_tensors, tmp_path / f"{name}.safetensors")
    assert not canary.exists()


def test_random_damage_gives_tensors_or_a_sentence():
    sound = safetensors.torch.save({"a": torch.arange(8.0), "b": torch.ones(2, 2)})
    generator = torch.Generator().manual_seed(0)
    for _ in range(500):
        damaged = bytearray(sound)
        for _ in range(3):
            place, value = (
                torch.randint(len(sound), (), generator=generator),
                torch.randint(256, (), generator=generator),
            )
            damaged[int(place)] = int(value)
        cut = int(torch.randint(len(sound), (), generator=generator))
        for content in (bytes(damaged), bytes(damaged[:cut])):
            with suppress(PlaygroundError):
                assert all(isinstance(tensor, torch.Tensor) for tensor in untrusted.read_tensors(content).values())


def test_links_and_folders_are_refused(tmp_path):
    (tmp_path / "secret").write_bytes(b"{}")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    assert "link" in refusal(untrusted.read_json, tmp_path / "link")
    refusal(untrusted.read_json, tmp_path)
    refusal(untrusted.read_json, tmp_path / "missing")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refusal(untrusted.read_bytes, tmp_path / "pipe", 10)


def test_size_is_checked_before_reading(tmp_path):
    (tmp_path / "big").write_bytes(bytes(11))
    assert "limit" in refusal(untrusted.read_bytes, tmp_path / "big", 10)


# -- arrays and text ------------------------------------------------------------------------------------------------


def npy(header: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    size = struct.pack("<H" if version == b"\x01\x00" else "<I", len(header))
    return b"\x93NUMPY" + version + size + header.encode() + body


def header_of(descr: object = "<f4", shape: object = (2, 2), by_columns: object = False) -> str:
    return repr({"descr": descr, "fortran_order": by_columns, "shape": shape})


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "f2", "i1", "<i8", ">u2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_numbers_come_back(dtype, order, tmp_path):
    array = np.asarray(np.arange(6).reshape(2, 3), dtype=dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    found = untrusted.read_array(tmp_path / "a.npy")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    for version in ((2, 0), (3, 0)):
        with open(tmp_path / "b.npy", "wb") as file:
            np.lib.format.write_array(file, array, version)
        np.testing.assert_array_equal(untrusted.read_array(tmp_path / "b.npy"), array)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "does not begin"),
        (b"PK\x03\x04", "does not begin"),
        (b"\x93NUMPY", "does not fit"),
        (b"\x93NUMPY\x01\x00\xff\xff{}", "does not fit"),
        (npy("(" * 1000), "cannot be read"),
        (npy(header_of() + " " * 1025, bytes(16)), "does not fit"),
        (npy("{}"), "cannot be read"),
        (npy("__import__('os')"), "cannot be read"),
        (npy("[1, 2]"), "cannot be read"),
        (npy(header_of(shape=[2, 2]), bytes(16)), "cannot be read"),
        (npy(header_of(shape=(-2, -2)), bytes(16)), "cannot be read"),
        (npy(header_of(shape=(True, 4)), bytes(16)), "cannot be read"),
        (npy(header_of(shape=(10**9, 2)), bytes(16)), "claims 1,000,000,000 x 2, and 16 bytes follow"),
        (npy(header_of(shape=(10**400, 0))), "claims"),
        (npy(header_of(shape=(1,) * 70), bytes(4)), "claims"),
        (npy(header_of(), bytes(15)), "cut off"),
        (npy(header_of(), bytes(17)), "cut off"),
        (npy(header_of("|O"), bytes(32)), "objects"),
        (npy(header_of([("x", "|O")]), bytes(32)), "objects"),
        (npy(header_of("<c8"), bytes(32)), "real numbers"),
        (npy(header_of("<U4"), bytes(64)), "real numbers"),
        (npy(header_of("<M8[s]"), bytes(32)), "real numbers"),
        (npy(header_of(4), bytes(32)), "real numbers"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_arrays_that_are_none_are_refused(content, words, tmp_path):
    (tmp_path / "a.npy").write_bytes(content)
    assert words in refusal(untrusted.read_array, tmp_path / "a.npy")


def test_an_array_of_objects_runs_nothing(tmp_path):
    canary = tmp_path / "canary"

    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(canary),)

    np.save(tmp_path / "a.npy", np.array([Payload()] * 30, dtype=object), allow_pickle=True)
    assert "run code" in refusal(untrusted.read_array, tmp_path / "a.npy")
    assert not canary.exists()


def test_random_damage_gives_an_array_or_a_sentence(tmp_path):
    file = io.BytesIO()
    np.save(file, np.zeros((4, 2), dtype=np.float32))
    sound, draws = file.getvalue(), np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(sound)
        for place in draws.integers(len(sound), size=2):
            damaged[place] = draws.integers(256)
        (tmp_path / "a.npy").write_bytes(damaged)
        with suppress(PlaygroundError):
            assert isinstance(untrusted.read_array(tmp_path / "a.npy"), np.ndarray)


def test_text_is_read_with_or_without_a_mark(tmp_path):
    for content in ("ö\n".encode(), "\ufeffö\n".encode()):
        (tmp_path / "a.txt").write_bytes(content)
        assert untrusted.read_text(tmp_path / "a.txt") == "ö\n"


@pytest.mark.parametrize("content", [b"\xff\xfe1\x002\x00", b"1,2\x00", b"\x93NUMPY\x01\x00", b"\xe9t\xe9"])
def test_what_is_no_text_is_refused(content, tmp_path):
    (tmp_path / "a.csv").write_bytes(content)
    assert "not plain text in UTF-8" in refusal(untrusted.read_text, tmp_path / "a.csv")


@pytest.mark.parametrize("read", [untrusted.read_array, untrusted.read_text])
def test_arrays_and_text_are_capped_before_they_are_read(read, tmp_path):
    with open(tmp_path / "a", "wb") as file:
        file.truncate(untrusted.ARRAY_BYTES + 1)  # takes no room on the disk
    assert "limit" in refusal(read, tmp_path / "a")


@pytest.mark.parametrize("one", ["1,", "[],", '{"a":1},', "[[[0]]],"])
def test_json_of_very_many_values_is_refused_before_they_are_read(one, monkeypatch):
    sound = f"[{one * 10}0]".encode()
    assert len(untrusted.read_json(sound)) == 11
    monkeypatch.setattr(untrusted, "_DECODER", None)
    with pytest.raises(PlaygroundError, match="more than 300,000 values"):
        untrusted.read_json(f"[{one * 310_000}0]".encode())


class PanicException(BaseException):
    """As the reader's Rust code raises it, whose own type cannot be imported."""


@pytest.mark.parametrize("lack", [MemoryError, PanicException])
def test_tensors_that_memory_has_no_room_for_are_refused(lack, tmp_path, monkeypatch):
    def load(data):
        raise lack

    safetensors.torch.save_file({"a": torch.zeros(3)}, tmp_path / "a.safetensors")
    monkeypatch.setattr(safetensors.torch, "load", load)
    assert "not enough memory" in refusal(untrusted.read_tensors, tmp_path / "a.safetensors")


def test_who_interrupts_the_reading_of_tensors_is_heard(tmp_path, monkeypatch):
    def load(data):
        raise KeyboardInterrupt

    safetensors.torch.save_file({"a": torch.zeros(3)}, tmp_path / "a.safetensors")
    monkeypatch.setattr(safetensors.torch, "load", load)
    with pytest.raises(KeyboardInterrupt):
        untrusted.read_tensors(tmp_path / "a.safetensors")
