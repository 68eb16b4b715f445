"""Picture files from strangers are looked through before a decoder sees them: what is kept, and what is refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from playground.core import plain_picture
from playground.core.errors import PlaygroundError
from playground.core.plain_picture import UnfitError, plain, png_text

NOISE = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
MANY = 60_000
KINDS = ("PNG", "JPEG", "WEBP", "BMP")


def packed(kind: str, image: Image.Image | None = None, **options) -> bytes:
    file = io.BytesIO()
    (image or Image.fromarray(NOISE)).save(file, kind, **options)
    return file.getvalue()


def chunk(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(*pieces: bytes, width: int = 10, height: int = 10, bits: int = 8, colours: int = 0, woven: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, woven)
    pixels = zlib.compress(bytes(11 * 10))
    return b"\x89PNG\r\n\x1a\n" + b"".join((chunk(b"IHDR", head), *pieces, chunk(b"IDAT", pixels), chunk(b"IEND")))


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_stay_what_they_are(kind):
    data = packed(kind)
    found = plain(data)
    assert (found.kind, found.width, found.height, found.orientation) == (kind, 30, 20, 1)
    np.testing.assert_array_equal(decoded(found.data), decoded(data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_as_pillow_turns_it(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = packed(kind, exif=exif)
    found = plain(data)
    upright = found.upright(decoded(found.data).transpose(2, 0, 1)).transpose(1, 2, 0)
    whole = Image.open(io.BytesIO(data))
    np.testing.assert_array_equal(upright, np.asarray(ImageOps.exif_transpose(whole).convert("RGB")))


def test_what_stands_around_the_pixels_is_not_handed_on():
    image = Image.fromarray(NOISE)
    more = {"save_all": True, "append_images": [image.rotate(90)] * 3}
    for kind, options in (("PNG", more), ("WEBP", more | {"lossless": True, "xmp": bytes(5000)}),
                          ("JPEG", {"comment": bytes(5000), "icc_profile": bytes(5000)})):  # fmt: skip
        data = packed(kind, image, **options)
        found = plain(data).data
        assert len(found) < len(data) - 1000, kind
        assert getattr(Image.open(io.BytesIO(found)), "n_frames", 1) == 1
        np.testing.assert_array_equal(decoded(found), decoded(data))


def exif_of_many(count: int, size: int) -> bytes:
    """A table whose every entry claims the same megabyte."""
    entries = (struct.pack(">HHII", i + 1000, 1, size, 8) for i in range(count))
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", count) + b"".join(entries) + bytes(size)


GRAY_SCAN = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 1, 63, 0x10)
HEAD_OF_BMP = struct.pack("<IHHI", 0, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 1000, 1000, 1, 8, 1, 0, 0, 0, 0, 0)


def hostile() -> dict[str, bytes]:
    photo, progressive = packed("JPEG"), packed("JPEG", Image.new("L", (64, 64)), progressive=True)
    size = progressive.index(b"\xff\xc2") + 5
    large = progressive[:size] + struct.pack(">HH", 8000, 8000) + progressive[size + 4 : -2]
    frame = photo.index(b"\xff\xc0")
    return {
        "very many empty pieces": png(*[chunk(b"aaAa")] * MANY),
        "pixels in very many pieces": png(*[chunk(b"IDAT")] * MANY),
        "very many empty segments": photo[:2] + b"\xff\xe5\0\2" * MANY + photo[2:],
        "empty scans": large + GRAY_SCAN * 9999,
        "runs of pixels": b"BM" + HEAD_OF_BMP + bytes([1, 7]) * 10 * MANY,
        "a rare coding": photo.replace(b"\xff\xc0", b"\xff\xc9", 1),
        "two sizes": photo[:frame] + photo[frame : frame + 19] + photo[frame:],
        "many bytes a pixel": png(width=4000, height=4000, bits=16, colours=6),
        "woven": png(width=6000, height=6000, woven=1),
        "no end": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)),
        "no head": b"\x89PNG\r\n\x1a\n" + chunk(b"IEND"),
        "no sides": png(width=0),
        "frames without end": b"RIFF\xff\xff\xff\x00WEBP" + b"ANMF\0\0\0\0" * MANY,
    }  # fmt: skip


@pytest.mark.parametrize("name", hostile())
def test_what_would_keep_a_decoder_busy_is_refused(name):
    with pytest.raises(UnfitError, match=r"unreadable|too large"):
        plain(hostile()[name])


def test_a_table_of_exif_that_claims_gigabytes_costs_nothing():
    data = png(chunk(b"eXIf", exif_of_many(60_000, 10**6)))
    found = plain(data)
    assert (len(found.data) < 1000, found.orientation) == (True, 1)


def test_a_refusal_says_how_large_it_may_be(tmp_path):
    (tmp_path / "a.png").write_bytes(png(width=9000, height=9000, colours=2))
    with pytest.raises(PlaygroundError, match=r"a\.png was not opened: it is too large, over 20 megapixels or 20,000 "):
        plain_picture.read(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"GIF89a")
    with pytest.raises(PlaygroundError, match="it is unreadable; PNG, JPEG, WebP and BMP can be read"):
        plain_picture.read(tmp_path / "a.png")


def test_words_in_a_png_are_unpacked_within_bounds():
    said = zlib.compress(b"playground:" + b"A" * 1000)
    assert png_text(png(chunk(b"tEXt", b"key\0abc")), "key", 10) == "abc"
    assert png_text(png(chunk(b"zTXt", b"key\0\0" + said)), "key", 2000).endswith("AAA")
    assert png_text(png(), "key", 10) == ""
    with pytest.raises(UnfitError, match="too large"):
        png_text(png(chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(10**7)))), "key", 1000)
    for data in (b"", png(chunk(b"zTXt", b"key\0\0no")), png(*[chunk(b"tEXt", b"a\0b")] * MANY)):
        with pytest.raises(UnfitError, match="unreadable"):
            png_text(data, "key", 1000)
