"""Opening files that may come from anybody: capped in size and shape before they are parsed, and free of code.

Only JSON, safetensors, NPY and plain text are ever opened; nothing here unpickles.
"""

import ast
import json
import math
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

JSON_BYTES = 4 * 2**20
JSON_DEPTH = 32
JSON_VALUES = 300_000  # a reader looks at each
TENSOR_BYTES = 2 * 2**30
TENSOR_COUNT = 20_000
ARRAY_BYTES = 64 * 2**20
ARRAY_AXES = 8
TEXT_BYTES = 16 * 2**20

_NO_ROOM = "there is not enough memory for it. Close other programs, or choose a smaller file."
_LARGEST = 2**64  # of whole numbers; no setting, count or seed is so large
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NPY = b"\x93NUMPY"
_NPY_HEADER = 1024  # bytes; NumPy's own are 118
_NPY_NUMBERS = re.compile(r"[<>|=]?(f[248]|[iu][1248])")
_DTYPES = {"BOOL", "U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64"}


def read_bytes(path: Path, limit: int) -> bytes:
    """A plain file of at most `limit` bytes; links, pipes and devices are refused."""
    try:
        facts = os.lstat(path)
        if not stat.S_ISREG(facts.st_mode):
            raise PlaygroundError(f"{path} is a link or a device, not a plain file, so it was not opened.")
        if facts.st_size > limit:
            raise PlaygroundError(
                f"{path} was not opened: it has {facts.st_size:,} bytes, over the limit of {limit:,}."
            )
        with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW), "rb") as file:
            return file.read(limit)
    except MemoryError as error:
        raise PlaygroundError(f"{path} was not opened: {_NO_ROOM}") from error
    except OSError as error:
        raise PlaygroundError(f"{path} cannot be read: {error.strerror or error}.") from error


def read_json(source: Path | bytes, name: str = "") -> Any:
    """Strict JSON of at most 4 MB and 300,000 values: no duplicate keys, no NaN or infinity, no deep nesting.

    Args:
        source: a file or its content.
        name: what to call a content in an error.
    """
    if isinstance(source, Path):
        name, source = str(source), read_bytes(source, JSON_BYTES)
    try:
        if len(source) > JSON_BYTES:
            raise ValueError(f"it has {len(source):,} bytes, over the limit of {JSON_BYTES:,}")
        if sum(map(source.count, b",[{")) > JSON_VALUES:
            raise ValueError(f"it holds more than {JSON_VALUES:,} values")
        content = _DECODER.decode(source.decode("utf-8"))
        if source.count(b"[") + source.count(b"{") > JSON_DEPTH:  # else it cannot be: a log has many lines to look at
            _check_depth(content)
    except (ValueError, RecursionError) as error:
        raise PlaygroundError(f"{name or 'The file'} is damaged or not valid JSON: {error}.") from error
    return content


def read_tensors(source: Path | bytes, name: str = "") -> "dict[str, Tensor]":
    """The tensors of a safetensors file, on the CPU. NaN is passed on: only the caller knows what it means.

    Args:
        source: a file or its content.
        name: what to call a content in an error.
    """
    import safetensors.torch  # brings torch, which readers of JSON alone should not pay for
    from safetensors import SafetensorError

    if isinstance(source, Path):
        name, source = str(source), read_bytes(source, TENSOR_BYTES)
    name = name or "The file"
    _check_header(source, name)
    try:
        return safetensors.torch.load(source)
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise PlaygroundError(f"{name} is damaged or not a safetensors file: {error}.") from error
    except BaseException as error:
        # Without memory its Rust code panics, which is no Exception, and its type cannot be imported.
        if isinstance(error, MemoryError) or type(error).__name__ == "PanicException":
            raise PlaygroundError(f"{name} was not opened: {_NO_ROOM}") from error
        raise


def read_array(path: Path) -> "np.ndarray":
    """The array of real numbers in an NPY file of at most 64 MB. NaN is passed on: only the caller knows what it means.

    An array of objects is a pickle, which runs code when it is opened: its type alone is read, and refused.
    """
    import numpy as np

    data = read_bytes(path, ARRAY_BYTES)
    if not data.startswith(_NPY):
        raise PlaygroundError(f"{path} is not an NPY file: it does not begin like one.")
    wide = 4 if data[6:7] > b"\x01" else 2  # bytes of the header's length, by the version
    start = 8 + wide
    end = start + int.from_bytes(data[8:start], "little")
    if len(data) < end or end - start > _NPY_HEADER:
        raise PlaygroundError(f"{path} is damaged or not an NPY file: its header does not fit.")
    try:
        header = ast.literal_eval(data[start:end].decode("latin-1").strip())
        kind, by_columns, shape = header["descr"], header["fortran_order"], header["shape"]
        if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
            raise ValueError("its shape is not a tuple of whole numbers")
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise PlaygroundError(f"{path} is damaged or not an NPY file: its header cannot be read.") from error
    if not isinstance(kind, str) or not _NPY_NUMBERS.fullmatch(kind):
        what = "Python objects, which would run code" if "O" in str(kind) else "something else than real numbers"
        raise PlaygroundError(f"{path} was not opened: it holds {what}. Save it as float32 or float64.")
    dtype = np.dtype(kind)
    fits = math.prod(shape) * dtype.itemsize == len(data) - end
    if not fits or len(shape) > ARRAY_AXES or max(shape, default=0) > ARRAY_BYTES:
        sizes = " x ".join(f"{n:,}" for n in shape) or "one number"
        raise PlaygroundError(
            f"{path} is damaged or cut off: its header claims {sizes}, and {len(data) - end:,} bytes follow."
        )
    return np.frombuffer(data, dtype, offset=end).reshape(shape, order="F" if by_columns else "C")


def read_text(path: Path) -> str:
    """Plain text in UTF-8 of at most 16 MB, without the mark that some programs put before it."""
    data = read_bytes(path, TEXT_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise PlaygroundError(f"{path} is not plain text in UTF-8, so it was not read.")
    return text


def _check_header(data: bytes, name: str) -> None:
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(JSON_BYTES, len(data) - 8):
        raise PlaygroundError(f"{name} is damaged or not a safetensors file: its header does not fit.")
    header = read_json(data[8 : 8 + size], f"The header of {name}")
    if not isinstance(header, dict) or len(header) > TENSOR_COUNT:
        raise PlaygroundError(f"{name} was not opened: its header is no list of at most {TENSOR_COUNT:,} tensors.")
    for key, entry in header.items():
        if key != "__metadata__" and not (isinstance(entry, dict) and str(entry.get("dtype")) in _DTYPES):
            raise PlaygroundError(f"{name} was not opened: its tensor '{key}' has an unknown type.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key stands there twice")
    return content


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def _whole(text: str) -> int:
    if len(text) > len(str(_LARGEST)) or abs(int(text)) > _LARGEST:
        raise ValueError(f"{text[:20]}... is too large")
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=_finite, parse_int=_whole)


def _check_depth(content: Any) -> None:
    layer = [content]
    for _ in range(JSON_DEPTH):
        layer = [
            inner
            for item in layer
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not layer:
            return
    raise ValueError(f"it is nested deeper than {JSON_DEPTH} levels")
