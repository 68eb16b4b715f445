"""A folder of one's own pictures, some of them strange, some of them hostile."""

import logging
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from playground import cli, registry
from playground.core import plain_picture
from playground.core.data import Dataset
from playground.core.errors import UsageError
from playground.data import _pictures
from playground.data import folder as folder_module
from playground.data._pictures import UnfitError, find, read
from playground.data._progress import watching

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def plain(colour: tuple[int, ...], size: tuple[int, int] = (40, 40), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def colour_of(pixels: np.ndarray, row: int, column: int) -> tuple[int, ...]:
    return tuple(pixels[:, row, column].tolist())


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Thirty red pictures and twenty blue ones in sub-folders, of all four formats."""
    folder = tmp_path / "pictures"
    for name, colour, count in (("warm", RED, 30), ("cold", BLUE, 20)):
        (folder / name / "deeper").mkdir(parents=True)
        for i in range(count):
            place = folder / name / ("deeper" if i % 2 else "")
            suffix, options = (("png", {}), ("jpg", {"quality": 95}), ("webp", {"lossless": True}), ("BMP", {}))[i % 4]
            plain(colour, (40 + i, 40)).save(place / f"{i}.{suffix}", **options)
    return folder


def load(folder: Path, **options: object) -> Dataset:
    return registry.load_data(f"folder:{folder}", options)


def all_of(dataset: Dataset) -> torch.Tensor:
    return torch.cat([dataset.train.x, dataset.validation.x, dataset.test.x])


# -- the data set ---------------------------------------------------------------------------------------------------


def test_sub_folders_are_labels_and_splits_are_fixed(pictures: Path) -> None:
    dataset = load(pictures)
    assert (dataset.spec.name, dataset.spec.shape, dataset.spec.levels) == ("folder", (3, 32, 32), 256)
    assert [(factor.name, factor.values) for factor in dataset.spec.factors] == [("folder", ("cold", "warm"))]
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [40, 5, 5]
    warm = 0
    for split in (dataset.train, dataset.validation, dataset.test):
        middle = split.x[:, :, 16, 16]
        assert torch.equal((middle[:, 0] > middle[:, 2]).long(), split.labels[:, 0])
        assert torch.equal((split.x * 255).round() / 255, split.x)
        warm += int(split.labels.sum())
    assert warm == 30
    registry._loaded.cache_clear()
    assert load(pictures).hash == dataset.hash


@pytest.mark.parametrize(("options", "shape"), [({"size": 16}, (3, 16, 16)), ({"gray": True}, (1, 32, 32)),
                                                ({"size": 64, "gray": True}, (1, 64, 64))])  # fmt: skip
def test_options_shape_the_pictures(pictures: Path, options: dict[str, object], shape: tuple[int, ...]) -> None:
    dataset = load(pictures, **options)
    assert dataset.train.x.shape[1:] == dataset.spec.shape == shape


def test_pictures_without_sub_folders_have_no_label(tmp_path: Path) -> None:
    for i in range(20):
        plain(RED).save(tmp_path / f"{i}.png")
    dataset = load(tmp_path)
    assert dataset.spec.factors == ()
    assert dataset.train.labels.shape == (16, 0)
    assert [len(dataset.validation), len(dataset.test)] == [2, 2]


def test_loose_pictures_beside_sub_folders_are_a_class_of_their_own(pictures: Path) -> None:
    plain(GREEN).save(pictures / "loose.png")
    dataset = load(pictures)
    assert dataset.spec.factors[0].values == ("(no sub-folder)", "cold", "warm")
    labels = torch.cat([split.labels[:, 0] for split in (dataset.train, dataset.validation, dataset.test)])
    assert labels.bincount().tolist() == [1, 20, 30]
    assert all_of(dataset)[labels == 0][0, :, 16, 16].tolist() == [0, 1, 0]


def test_of_very_many_pictures_a_fixed_choice_is_taken(pictures: Path, monkeypatch, caplog) -> None:
    monkeypatch.setattr(folder_module, "_MOST", 30)
    dataset = load(pictures)
    assert len(all_of(dataset)) == 30
    labels = torch.cat([split.labels[:, 0] for split in (dataset.train, dataset.validation, dataset.test)])
    assert 0 < labels.sum() < 30  # of both folders, not the first thirty files
    assert "30 pictures are used. Left out: 20 beyond the 30 that a fixed choice takes." in caplog.text
    registry._loaded.cache_clear()
    assert load(pictures).hash == dataset.hash


def test_too_few_pictures_are_one_sentence(pictures: Path, tmp_path: Path, capsys) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for i in range(19):
        plain(RED).save(few / f"{i}.png")
    (few / "a.png").write_bytes(b"no picture")
    (few / "notes.txt").write_text("none")
    assert cli.run(["train", "vae", "--data", f"folder:{few}", "--out", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err == (
        f"{few} holds 19 pictures that can be used (PNG, JPEG, WebP or BMP), and at least 20 are needed. "
        "Left out: 1 unreadable (a.png).\n"
    )


@pytest.mark.parametrize(("data", "words"), [("folder", "'folder' needs a folder"),
                                             ("folder:nowhere", "There is no folder")])  # fmt: skip
def test_a_folder_that_is_not_there_is_one_sentence(data: str, words: str, tmp_path: Path, capsys) -> None:
    assert cli.run(["train", "vae", "--data", data, "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(words)
    assert said.count("\n") == 1


def test_a_folder_of_far_too_much_is_refused_soon(pictures: Path, monkeypatch) -> None:
    monkeypatch.setattr(_pictures, "_MOST_FILES", 40)
    with pytest.raises(UsageError, match="more than 40 files; name a folder that holds the pictures only"):
        load(pictures)


def test_a_side_that_is_no_multiple_of_four_is_refused(pictures: Path) -> None:
    with pytest.raises(UsageError, match="multiple of 4"):
        load(pictures, size=30)


def test_the_user_is_told_what_was_left_out(pictures: Path, monkeypatch, capsys) -> None:
    for i in range(7):
        (pictures / "warm" / f"bad{i}.png").write_bytes(b"no picture")
    (pictures / "odd\x1b[31m.jpg").write_bytes(b"")
    monkeypatch.setattr(logging.root, "handlers", [])  # as on the command line
    load(pictures)
    place = Path("warm")
    assert capsys.readouterr().err == (
        f"{pictures}: 50 pictures are used. Left out: 8 unreadable (odd?[31m.jpg, "
        + ", ".join(str(place / f"bad{i}.png") for i in range(4))
        + " and 3 more).\n"
    )


def test_nothing_is_said_where_all_is_well(pictures: Path, caplog) -> None:
    (pictures / ".hidden.png").write_bytes(b"no picture")
    (pictures / ".thumbnails").mkdir()
    plain(GREEN).save(pictures / ".thumbnails" / "a.png")
    assert len(all_of(load(pictures))) == 50
    assert not caplog.records


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_not_followed(pictures: Path, tmp_path: Path, caplog) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for i in range(5):
        plain(GREEN).save(outside / f"{i}.png")
    (pictures / "linked").symlink_to(outside)
    (pictures / "around").symlink_to(pictures)
    (pictures / "warm" / "one.png").symlink_to(outside / "1.png")
    dataset = load(pictures)
    assert dataset.spec.factors[0].values == ("cold", "warm")
    assert float(all_of(dataset)[:, 1].max()) < 0.5  # nothing green
    assert "Left out: 3 linked and not followed (around, linked, " in caplog.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_no_picture(pictures: Path) -> None:
    os.mkfifo(pictures / "pipe.png")  # opening it would never end
    assert len(all_of(load(pictures))) == 50


def test_whoever_watches_can_stop_the_reading(pictures: Path, monkeypatch) -> None:
    monkeypatch.setattr("playground.data._progress._OFTEN", 0.0)
    monkeypatch.setattr("time.monotonic", iter(range(0, 10**6, 3)).__next__)

    def watch(progress: object) -> None:
        if str(progress) == "Reading the pictures in pictures: 7 of 50 files":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), watching(watch):
        folder_module.Source.load(folder_module.Source.Options(), pictures)


# -- one picture ----------------------------------------------------------------------------------------------------


def test_the_shorter_side_fits_and_the_middle_stays(tmp_path: Path) -> None:
    """Three squares side by side: the middle one is what remains."""
    wide = plain(RED, (300, 100))
    wide.paste(GREEN, (100, 0, 200, 100))
    wide.paste(BLUE, (200, 0, 300, 100))
    wide.save(tmp_path / "wide.png")
    wide.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "tall.png")
    for name in ("wide.png", "tall.png"):
        pixels = read(tmp_path / name, 20, gray=False)
        assert pixels.shape == (3, 20, 20)
        assert pixels.dtype == np.uint8
        assert np.abs(pixels[:, 2:-2, 2:-2].astype(int) - np.array(GREEN).reshape(3, 1, 1)).max() < 5


def test_small_pictures_are_enlarged(tmp_path: Path) -> None:
    plain(RED, (3, 5)).save(tmp_path / "a.png")
    assert colour_of(read(tmp_path / "a.png", 64, gray=False), 32, 32) == RED


def test_exif_turns_a_picture_upright(tmp_path: Path) -> None:
    """Orientation 6: the camera was turned, and the picture's first row is the right side of the scene."""
    image = plain(RED)
    image.paste(BLUE, (0, 20, 40, 40))  # below as stored, so left as seen
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    pixels = read(tmp_path / "a.jpg", 20, gray=False).astype(int)
    assert pixels[2, 10, 3] > 200 > 100 > pixels[0, 10, 3]
    assert pixels[0, 10, 16] > 200 > 100 > pixels[2, 10, 16]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_what_is_transparent_is_white(tmp_path: Path, mode: str) -> None:
    if mode == "RGBA":
        plain((255, 0, 0, 0), mode=mode).save(tmp_path / "a.png")
    elif mode == "LA":
        plain((0, 0), mode=mode).save(tmp_path / "a.png")
    elif mode == "P":
        image = plain(RED).convert("P")
        image.save(tmp_path / "a.png", transparency=image.getpixel((0, 0)))
    else:
        plain(RED).save(tmp_path / "a.png", transparency=RED)
    assert colour_of(read(tmp_path / "a.png", 8, gray=False), 4, 4) == WHITE


def test_half_transparent_is_mixed_with_white(tmp_path: Path) -> None:
    plain((255, 0, 0, 128), mode="RGBA").save(tmp_path / "a.webp", lossless=True)
    red, green, blue = colour_of(read(tmp_path / "a.webp", 8, gray=False), 4, 4)
    assert (red, green) == (255, blue)
    assert abs(green - 127) <= 1


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    for name in ("a.png", "a.webp"):
        plain(RED).save(tmp_path / name, save_all=True, append_images=[plain(BLUE), plain(GREEN)])
        red, _, blue = colour_of(read(tmp_path / name, 8, gray=False), 4, 4)
        assert red > 240 > 20 > blue


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    Image.fromarray(np.full((40, 40), 200 * 257, dtype=np.uint16)).save(tmp_path / "a.png")
    assert colour_of(read(tmp_path / "a.png", 8, gray=True), 4, 4) == (200,)


def test_a_print_picture_and_a_black_and_white_one_are_read(tmp_path: Path) -> None:
    plain((0, 0, 0, 0), mode="CMYK").save(tmp_path / "a.jpg")
    plain((1,), mode="1").save(tmp_path / "b.png")
    for name in ("a.jpg", "b.png"):
        assert min(colour_of(read(tmp_path / name, 8, gray=False), 4, 4)) > 250


@pytest.mark.parametrize(("suffix", "share"), [("png", 0.6), ("jpg", 0.6), ("webp", 0.5), ("bmp", 0.5), ("png", 0.05)])
def test_a_truncated_file_is_unreadable(tmp_path: Path, suffix: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    file = tmp_path / f"a.{suffix}"
    Image.fromarray(noise).save(file)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UnfitError, match="unreadable"):
        read(file, 8, gray=False)


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", b"\x89PNG\r\n\x1a\n", b"BM" + b"\xff" * 60]
)
def test_what_is_no_picture_of_these_formats_is_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UnfitError, match="unreadable"):
        read(tmp_path / "a.png", 8, gray=False)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [8001, 10_000, 60_000])
def test_a_picture_that_claims_to_be_huge_is_refused_by_its_header(tmp_path: Path, monkeypatch, side: int) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(bomb)
    monkeypatch.setattr(_pictures, "_flat", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(UnfitError, match="too large"):
        read(tmp_path / "bomb.png", 8, gray=False)


def test_a_huge_picture_in_a_folder_is_named(pictures: Path, monkeypatch, caplog) -> None:
    monkeypatch.setattr(plain_picture, "LONGEST", 90)
    plain(GREEN, (100, 100)).save(pictures / "poster.png")
    assert len(all_of(load(pictures))) == 50
    assert "Left out: 1 too large, over 20 megapixels or 90 pixels a side (poster.png)." in caplog.text


def test_find_goes_by_the_suffix_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpeg", "c.gif", "d.png.txt", "z/e.webp", "z/y/f.bmp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files, links = find(tmp_path)
    assert [file.relative_to(tmp_path).as_posix() for file in files] == ["a.jpeg", "b.PNG", "z/e.webp", "z/y/f.bmp"]
    assert links == []
