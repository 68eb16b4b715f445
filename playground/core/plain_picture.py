"""Picture files of whatever origin, before a decoder sees them: what kind it is, how large, how much work, and nothing
in it but what its pixels need.

Decoders read what stands around the pixels (comments, thumbnails, EXIF, animations) piece by piece, and some a byte at
a time in Python: a small file of a million empty pieces would keep them busy for minutes, and one table of EXIF could
claim gigabytes. So the pieces are looked through here, and only the few that matter are handed on.

Layouts: PNG (W3C, 2003), JPEG (ITU T.81), WebP (RFC 9649), BMP (Microsoft); EXIF's orientation (CIPA DC-008).
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from playground.core.errors import PlaygroundError
from playground.core.untrusted import read_bytes

FILE_BYTES = 128 * 2**20
MOST_PIXELS = 40_000_000  # of a kind that is quick to decode: well under a second
LONGEST = 20_000  # pixels of a side
_PIECES = 50_000
_PACKED_BMP = 2**20  # bytes; such a file is unpacked in Python, a second for each megabyte
_QUICK_SCANS = 6  # of a JPEG; ten are usual in a progressive one
_SIMPLE_JPEG = 0.6  # work of a pixel; most detail is skipped
_PNG_WORK = {1: 1.0, 2: 2.5, 3: 2.0, 4: 2.7, 6: 4.0, 8: 5.3}  # by bytes a pixel; seconds went like this
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a PNG, by its colour type

PNG_START = b"\x89PNG\r\n\x1a\n"
_MARKER = re.compile(rb"\xff++([^\xff])", re.DOTALL)


class UnfitError(Exception):
    """A picture that is not decoded; the message is the reason in a few words."""


@dataclass(frozen=True)
class PlainPicture:
    """A picture file that is fit to be decoded.

    Attributes:
        kind: PNG, JPEG, WEBP or BMP.
        data: the file without what its pixels do not need; of an animation the first picture.
        width, height: as stored.
        work: what decoding takes, in pixels of a kind that is quick to decode.
        orientation: of EXIF, 1 to 8: how `upright` turns it.
    """

    kind: str
    data: bytes
    width: int
    height: int
    work: float
    orientation: int = 1

    @property
    def lies(self) -> bool:
        """Whether its rows will be columns when it is upright."""
        return self.orientation >= 5

    def upright(self, pixels: np.ndarray) -> np.ndarray:
        """The decoded pixels (C, H, W), turned and mirrored as the camera was held."""
        turned = pixels.swapaxes(1, 2) if self.lies else pixels
        if self.orientation in (3, 4, 7, 8):
            turned = turned[:, ::-1]
        if self.orientation in (2, 3, 6, 7):
            turned = turned[:, :, ::-1]
        return turned


def plain(data: bytes, most: float = MOST_PIXELS) -> PlainPicture:
    """What is in a picture file. Raises UnfitError where it is none, or one that is too much work.

    Args:
        most: pixels of a kind that is quick to decode; fewer of the others.
    """
    try:
        picture = _taken_apart(data)
    except (ValueError, KeyError, IndexError) as error:
        raise UnfitError("unreadable") from error
    sides = (picture.width, picture.height)
    if min(sides) < 1:
        raise UnfitError("unreadable")
    if picture.work > most or max(sides) > LONGEST:
        share = most * sides[0] * sides[1] / picture.work / 1e6
        raise UnfitError(f"too large, over {share:.0f} megapixels or {LONGEST:,} pixels a side")
    return picture


def read(path: Path, most: float = MOST_PIXELS) -> PlainPicture:
    """The same of a file. Raises PlaygroundError with a sentence."""
    data = read_bytes(path, FILE_BYTES)
    try:
        return plain(data, most)
    except UnfitError as error:
        kinds = "; PNG, JPEG, WebP and BMP can be read" if str(error) == "unreadable" else ""
        raise PlaygroundError(f"{path.name} was not opened: it is {error}{kinds}.") from error


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk of a PNG. Raises ValueError where it is damaged or cut into too many."""
    at = len(PNG_START)
    for _ in range(_PIECES):
        size = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + size
        if end > len(data):
            raise ValueError("it is cut off")
        name = data[at + 4 : at + 8]
        yield name, data[at + 8 : end - 4]
        if name == b"IEND":
            return
        at = end
    raise ValueError("it has too many pieces")


def png_text(data: bytes, key: str, longest: int) -> str:
    """What a PNG says under a key, or "" where it says nothing. Raises UnfitError where it is no PNG, damaged, or says
    more than `longest` letters."""
    start = key.encode() + b"\0"
    try:
        if not data.startswith(PNG_START):
            raise ValueError("it begins like none")
        for name, content in png_chunks(data):
            if name in (b"tEXt", b"zTXt") and content.startswith(start):
                said = content[len(start) :]
                if name == b"zTXt":
                    said = zlib.decompressobj().decompress(said[1:], longest + 1)
                if len(said) > longest:
                    raise UnfitError("too large")
                return said.decode("latin-1")
    except (ValueError, zlib.error) as error:
        raise UnfitError("unreadable") from error
    return ""


def _taken_apart(data: bytes) -> PlainPicture:
    if data.startswith(PNG_START):
        return _png(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data.startswith(b"BM"):
        return _bmp(data)
    raise ValueError("it begins like none of these")


# -- the four kinds ---------------------------------------------------------------------------------------------------


def _png(data: bytes) -> PlainPicture:
    found: dict[bytes, bytes] = {}
    pixels: list[bytes] = []
    for name, content in png_chunks(data):
        if name == b"IDAT":
            pixels.append(content)
        elif name in (b"IHDR", b"PLTE", b"tRNS", b"eXIf"):
            found.setdefault(name, content)
    exif, head = found.pop(b"eXIf", b""), found[b"IHDR"]
    width, height = (int.from_bytes(head[at : at + 4], "big") for at in (0, 4))
    bits = head[8] * _CHANNELS[head[9]]
    work = width * height * _PNG_WORK[max(bits, 8) // 8] * (1.5 if head[12] else 1.0)
    found[b"IDAT"] = b"".join(pixels)
    order = [(name, found[name]) for name in (b"IHDR", b"PLTE", b"tRNS", b"IDAT") if name in found]
    parts = [PNG_START]
    for name, content in (*order, (b"IEND", b"")):
        check = zlib.crc32(content, zlib.crc32(name))
        parts += [len(content).to_bytes(4, "big"), name, content, check.to_bytes(4, "big")]
    return PlainPicture("PNG", b"".join(parts), width, height, work, _orientation(exif))


def _jpeg(data: bytes) -> PlainPicture:
    kept, exif, frame, at = [b"\xff\xd8"], b"", b"", 2
    for _ in range(_PIECES):
        marker = _MARKER.match(data, at)
        if marker is None:
            raise ValueError("it is cut off")
        code, at = marker[1][0], marker.end()
        if code == 0xDA:  # pixels from here on
            break
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end < at + 2 or end > len(data):
            raise ValueError("it is cut off")
        body, at = data[at:end], end
        if code == 0xE1 and body[2:8] == b"Exif\0\0":
            exif = exif or body[8:]
        elif 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            if code > 0xC2 or frame:  # arithmetic coding and the like, which no camera writes
                raise ValueError("it is of a rare kind")
            frame = body
        if not (0xE0 <= code <= 0xEF or code == 0xFE) or code in (0xE0, 0xEE):  # JFIF and Adobe tell the colours
            kept += [b"\xff", marker[1], body]
    else:
        raise ValueError("it has too many pieces")
    height, width = (int.from_bytes(frame[at : at + 2], "big") for at in (3, 5))
    kept += [b"\xff\xda", data[at:]]
    scans = data.count(b"\xff\xda", at) + 1
    work = width * height * max(_SIMPLE_JPEG, scans / _QUICK_SCANS)
    return PlainPicture("JPEG", b"".join(kept), width, height, work, _orientation(exif))


def _webp(data: bytes) -> PlainPicture:
    kept: dict[bytes, bytes] = {}
    exif, at, end = b"", 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    for _ in range(_PIECES):
        if at + 8 > end:
            break
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        content = data[at + 8 : at + 8 + size]
        if name == b"EXIF":
            exif = exif or content
        elif name in (b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"):
            kept.setdefault(name, content)
        at += 8 + size + size % 2
    else:
        raise ValueError("it has too many pieces")
    if whole := kept.get(b"VP8X"):
        kept[b"VP8X"] = bytes([whole[0] & 0x12]) + whole[1:]  # animation and transparency; the rest is left out
        width, height = (int.from_bytes(whole[at : at + 3], "little") + 1 for at in (4, 7))
    elif b"VP8L" in kept:
        bits = int.from_bytes(kept[b"VP8L"][1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(kept[b"VP8 "][at : at + 2], "little") & 0x3FFF for at in (6, 8))
    body = b"".join(
        name + len(part).to_bytes(4, "little") + part + b"\0" * (len(part) % 2) for name, part in kept.items()
    )
    packed = b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body
    return PlainPicture("WEBP", packed, width, height, 4.0 * width * height, _orientation(_bare(exif)))


def _bmp(data: bytes) -> PlainPicture:
    size = int.from_bytes(data[14:18], "little")
    wide = 2 if size == 12 else 4  # bytes of a side, by the header's age
    width, height = (abs(int.from_bytes(data[at : at + wide], "little", signed=wide == 4)) for at in (18, 18 + wide))
    is_packed = wide == 4 and data[30] in (1, 2)
    work = float(width * height)
    if is_packed and len(data) > _PACKED_BMP:
        raise UnfitError("too large, over a megabyte of packed pixels")
    return PlainPicture("BMP", data, width, height, work * 64 if is_packed else work)


# -- how the camera was held ------------------------------------------------------------------------------------------


def _bare(exif: bytes) -> bytes:
    return exif.removeprefix(b"Exif\0\0")


def _orientation(exif: bytes) -> int:
    """Of the first table of TIFF; 1, as it is, where that says nothing that makes sense."""
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(exif[:4])
    if order is None:
        return 1

    def number(at: int, size: int) -> int:
        return int.from_bytes(exif[at : at + size], order)  # type: ignore[arg-type]

    start = number(4, 4)
    for entry in range(start + 2, start + 2 + 12 * number(start, 2), 12):
        if number(entry, 2) == 0x0112:
            return value if 1 <= (value := number(entry + 8, 2)) <= 8 else 1
    return 1
