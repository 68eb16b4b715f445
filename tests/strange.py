"""What a stranger may do to a file: JSON with something odd in it, bytes changed, cut, doubled."""

import copy
import random
import struct
from typing import Any

ODD = (None, True, -1, 0, 2**31, 2**63, 2**70, 10**400, 1e308, "", "nan", "1e999", "x" * 500, "\x1b[2J",
       "a\nb", "../../x", "\ud800", "\0", "drawn:\0", "folder:\ud800", [], {}, [[]], {"a": {"b": []}},
       "__import__('os')")  # fmt: skip
_NUMBERS = (0, 1, 2**31, 2**32 - 1, 2**62, 2**64 - 1)


def mutated(content: Any, chance: random.Random) -> Any:
    """JSON with one place in it changed: gone, doubled, renamed or something odd."""
    content = copy.deepcopy(content)
    here: Any = content
    while True:
        if not here or not isinstance(here, dict | list):
            return content
        key = chance.choice(list(here) if isinstance(here, dict) else range(len(here)))
        if isinstance(here[key], dict | list) and here[key] and chance.random() < 0.8:
            here = here[key]
            continue
        match chance.randrange(4):
            case 0:
                del here[key]
            case 1 if isinstance(here, dict):
                here[f"{key}x"] = here[key]
            case 2 if isinstance(here, list):
                here *= chance.choice((2, 30))
            case _:
                here[key] = chance.choice(ODD)
        return content


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A few bytes flipped, replaced, cut out, doubled, or overwritten by a number that is a length somewhere."""
    result = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(max(len(result), 1))
        match chance.randrange(5):
            case 0 if result:
                result[place] ^= 1 << chance.randrange(8)
            case 1 if result:
                result[place] = chance.choice(b'\x00\xff\x7f\x80\n",]}')
            case 2:
                del result[place : place + chance.randrange(1, 64)]
            case 3:
                result[place:place] = result[place : place + chance.randrange(1, 64)]
            case _:
                result[place : place + 8] = struct.pack("<Q", chance.choice(_NUMBERS))
    return bytes(result)
