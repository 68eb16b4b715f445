"""Files from strangers are opened, or refused in one sentence; nothing in between."""

import json
import os
import pickle
import struct
from contextlib import suppress

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
