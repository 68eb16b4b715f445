"""Picture files of whatever origin: found, opened with care and brought to one size."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from playground.core import plain_picture
from playground.core.errors import UsageError
from playground.core.plain_picture import UnfitError
from playground.core.untrusted import read_bytes
from playground.data._progress import Meter

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
_MOST_FILES = 200_000  # of any kind
_DETAIL = 16_000_000  # pixels from which on detail is averaged away first, as JPEG does by itself


def find(folder: Path) -> tuple[list[Path], list[Path]]:
    """The picture files in a folder and all below it, and the links among them, which are not followed; in order.

    Hidden files and folders do not count, nor does what only looks like a file (a pipe would never end). Raises
    UsageError where there is far more than pictures to learn from: a stranger's run may name the root of a disk.
    """
    files, links, seen = [], [], 0
    meter = Meter(f"Looking for pictures in {folder.name}", None, "files", quiet=2)
    for place, folders, names in os.walk(folder):
        seen += len(folders) + len(names)
        if seen > _MOST_FILES:
            raise UsageError(
                f"{folder} holds more than {_MOST_FILES:,} files; name a folder that holds the pictures only."
            )
        folders[:] = [name for name in folders if not name.startswith(".")]
        links += [Path(place, name) for name in folders if Path(place, name).is_symlink()]
        for name in names:
            if not name.startswith(".") and name.lower().endswith(_SUFFIXES):
                file = Path(place, name)
                if file.is_symlink():
                    links.append(file)
                elif file.is_file():
                    files.append(file)
        meter.show(len(files))
    return sorted(files), sorted(links)


def read(file: Path, side: int, gray: bool) -> np.ndarray:
    """uint8 (1 or 3, side, side): the first frame, turned upright as its EXIF says, on white where it is transparent,
    resized so that its shorter side fits, cropped in the middle. Raises UnfitError."""
    try:
        if os.stat(file).st_size > plain_picture.FILE_BYTES:
            raise UnfitError(f"too large, over {plain_picture.FILE_BYTES // 2**20} MB")
        plain = plain_picture.plain(read_bytes(file, plain_picture.FILE_BYTES))
        with Image.open(io.BytesIO(plain.data), formats=[plain.kind]) as image:
            if image.size != (plain.width, plain.height):
                raise UnfitError("unreadable")
            image.draft(None, (4 * side, 4 * side))  # lets JPEG skip detail that would be averaged away
            picture = ImageOps.fit(_flat(_coarse(image, 4 * side), gray), (side, side), Image.Resampling.LANCZOS)
    except UnfitError:
        raise
    except Exception as error:  # decoders raise whatever damage leads them to
        raise UnfitError("unreadable") from error
    return plain.upright(np.asarray(picture).reshape(side, side, -1).transpose(2, 0, 1))


def _coarse(image: Image.Image, side: int) -> Image.Image:
    """A very large picture with less detail: all that follows would take it seconds and a gigabyte."""
    factor = min(image.size) // side
    if image.width * image.height <= _DETAIL or factor < 2:
        return image
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    elif image.mode not in ("L", "RGB", "RGBA") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    left, top = image.width % factor // 2, image.height % factor // 2  # the middle stays the middle
    right, bottom = (place + size // factor * factor for place, size in zip((left, top), image.size, strict=True))
    return image.reduce(factor, (left, top, right, bottom))


def _flat(image: Image.Image, gray: bool) -> Image.Image:
    """Eight bits a channel and no transparency."""
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip
        image = _eight_bits(image)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("L" if gray else "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    return Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))
