"""The manifest of a run folder: what belongs to it, byte for byte. Replacing it is what commits a save.

{"format_version": 1, "versions": {...}, "step": 500, "seconds": 12.5, "device": "cpu", "threads": 1,
 "finished": false, "score": 1.25, "data_hash": "...", "position": {...},       older runs have no data_hash
 "files": {"weights.safetensors": {"sha256": "...", "bytes": 4096}, ...},
 "log": {"sha256": "...", "bytes": 2048},              the part of log.jsonl that counts
 "states": {"450": {"score": 1.5, "position": {...}}},  one an older state in history/
 "check": "..."}                                        SHA-256 of all of the above
"""

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from playground import __version__
from playground.core.errors import PlaygroundError
from playground.core.history import states_to_keep, weights_to_keep
from playground.core.untrusted import TENSOR_BYTES, read_json

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
EXPERIMENT = "experiment.json"
WEIGHTS = "weights.safetensors"
STATE = "state.safetensors"
LOG = "log.jsonl"
HISTORY = "history"
LOG_BYTES = 2**32

MOST_FILES = 1000  # a run has a few dozen; each is opened and its every byte compared

MOST_STEPS = 10**12 - 1  # of any run; has the twelve digits that a name in history has

_NAMES = re.compile(r"experiment\.json|(weights|state)\.safetensors|history/(weights|state)-[0-9]{8,12}\.safetensors")
_SHA256 = re.compile(r"[0-9a-f]{64}")

Entry = dict[str, Any]
"""{"sha256": ..., "bytes": ...} of one file."""


def history_name(kind: str, step: int) -> str:
    """The name of past "weights" or of a past "state"."""
    return f"{HISTORY}/{kind}-{step:08d}.safetensors"


def history_steps(files: Mapping[str, Entry], kind: str) -> list[int]:
    """The steps whose "weights" or "state" are among some files."""
    start = f"{HISTORY}/{kind}-"
    return sorted(int(name[len(start) :].split(".")[0]) for name in files if name.startswith(start))


def is_own(name: str) -> bool:
    """Whether a run folder may hold a file of this name (relative, with "/")."""
    return _NAMES.fullmatch(name) is not None


def entry(data: bytes) -> Entry:
    """What the manifest says of a file with this content."""
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def versions() -> dict[str, str]:
    """The versions that equal numbers depend on."""
    return {"playground": __version__, "torch": torch.__version__, "python": platform.python_version()}


def to_bytes(content: Mapping[str, Any]) -> bytes:
    """The manifest's file."""
    plain = json.loads(json.dumps(content, allow_nan=False))  # as it will be read: tuples as lists, keys as words
    return (json.dumps({**plain, "check": _check(plain)}, indent=1) + "\n").encode()


def thin(content: dict[str, Any]) -> None:
    """Leaves in a manifest's content only the past weights and states that are worth their space."""
    files, states = content["files"], content["states"]
    sizes = {step: files[history_name("weights", step)]["bytes"] for step in history_steps(files, "weights")}
    wanted = states_to_keep({int(step): state["score"] for step, state in states.items()})
    weights = weights_to_keep(sizes, wanted)
    wanted = [step for step in wanted if step in weights]
    kept = {EXPERIMENT, WEIGHTS, STATE, *(history_name("weights", step) for step in weights),
            *(history_name("state", step) for step in wanted)}  # fmt: skip
    content["files"] = {name: entry for name, entry in files.items() if name in kept}
    content["states"] = {step: state for step, state in states.items() if int(step) in wanted}


def read(folder: Path) -> dict[str, Any]:
    """A folder's manifest, checked. Raises PlaygroundError where there is none, or a newer or damaged one."""
    path = folder / MANIFEST
    if not path.exists():
        missing = "it has no manifest.json" if folder.is_dir() else "there is no such folder"
        raise PlaygroundError(f"{folder} is not a run folder: {missing}.")
    content = read_json(path)
    version = content.get("format_version") if isinstance(content, dict) else None
    if type(version) is int and version > FORMAT_VERSION:
        raise PlaygroundError(
            f"{folder} was saved in format {version}, and this version of the playground reads up to "
            f"{FORMAT_VERSION}: install a newer one."
        )
    if not _is_sound(content):
        raise PlaygroundError(f"{path} is damaged or was changed by hand, so the run was not opened.")
    return content


def _check(content: Mapping[str, Any]) -> str:
    plain = {key: value for key, value in content.items() if key != "check"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _is_sound(content: Any) -> bool:
    if not isinstance(content, dict) or content.get("check") != _check(content):
        return False
    types = {"format_version": int, "versions": dict, "step": int, "seconds": int | float, "device": str,
             "threads": int, "finished": bool, "score": int | float | None, "position": dict, "files": dict,
             "log": dict, "states": dict}  # fmt: skip
    if not all(key in content and isinstance(content[key], kind) for key, kind in types.items()):
        return False
    files = content["files"]
    return (
        0 <= content["step"] <= MOST_STEPS
        and content["seconds"] >= 0
        and isinstance(content.get("data_hash", ""), str)
        and len(files) <= MOST_FILES
        and EXPERIMENT in files
        and WEIGHTS in files
        and all(is_own(name) for name in files)
        and all(_is_entry(value, TENSOR_BYTES) for value in files.values())
        and _is_entry(content["log"], LOG_BYTES)
        and set(content["states"]) == {str(step) for step in history_steps(files, "state")}
        and all(_is_state(value) for value in content["states"].values())
    )


def _is_entry(value: Any, most: int) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("sha256"), str)
        and _SHA256.fullmatch(value["sha256"]) is not None
        and type(value.get("bytes")) is int
        and 0 <= value["bytes"] <= most
    )


def _is_state(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("position"), dict)
        and isinstance(value.get("score", ""), int | float | None)
    )
