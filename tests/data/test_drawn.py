"""Points of one's own: files as people write them, and some that are wrong or hostile."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from playground import cli, registry
from playground.core.data import Dataset
from playground.core.errors import PlaygroundError, UsageError
from playground.data import _table
from playground.data._table import read_table

CLOUD = np.random.default_rng(0).uniform(-2, 2, size=(50, 2)).round(3)


def load(file: Path) -> Dataset:
    return registry.load_data(f"drawn:{file}")


def everything(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """All points and labels in a fixed order."""
    splits = (dataset.train, dataset.validation, dataset.test)
    x = torch.cat([split.x for split in splits]).numpy()
    labels = torch.cat([split.labels for split in splits]).numpy()
    order = np.lexsort(x.T)
    return x[order], labels[order]


def in_order(points: np.ndarray) -> np.ndarray:
    return points[np.lexsort(points.T)].astype(np.float32)


def csv(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def rows(points: np.ndarray = CLOUD, separator: str = ",") -> str:
    return "".join(separator.join(str(value) for value in row) + "\n" for row in points)


def refusal(file: Path, kind: type[PlaygroundError] = UsageError) -> str:
    with pytest.raises(kind) as caught:
        load(file)
    message = str(caught.value)
    assert str(file) in message
    assert message.endswith(".")
    assert "\n" not in message
    assert "  " not in message
    return message


# -- what is read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        rows(),
        "x,y\n" + rows(),
        "\ufeffx;y\n" + rows(separator=";"),
        "# made by hand\n\n" + rows(separator="\t").replace("\n", "\r\n"),
        rows(separator="   "),
        '"x", "y"\n' + rows().replace("\n", "\n\n"),
    ],
    ids=["plain", "header", "semicolons", "tabs", "blanks", "quotes"],
)
def test_points_in_the_plane_come_as_they_are(tmp_path: Path, text: str) -> None:
    dataset = load(csv(tmp_path / "points.csv", text))
    assert (dataset.spec.name, dataset.spec.shape, dataset.spec.factors) == ("drawn", (2,), ())
    assert [len(split) for split in (dataset.train, dataset.validation, dataset.test)] == [40, 5, 5]
    assert np.array_equal(everything(dataset)[0], in_order(CLOUD))
    assert dataset.train.labels.shape == (40, 0)
    assert dataset.exact is None


def test_one_column_is_a_line(tmp_path: Path) -> None:
    for text in (rows(CLOUD[:, :1]), "x\n" + rows(CLOUD[:, :1])):
        dataset = load(csv(tmp_path / "points.csv", text))
        assert dataset.spec.shape == (1,)
        assert np.array_equal(everything(dataset)[0], in_order(CLOUD[:, :1]))
        registry._loaded.cache_clear()


@pytest.mark.parametrize("kinds", [(0, 1, 2), (-5, 7, 1000)])
def test_a_third_column_holds_labels(tmp_path: Path, kinds: tuple[int, ...]) -> None:
    which = np.arange(50) % 3
    table = np.column_stack([CLOUD, np.array(kinds)[which]])
    np.save(tmp_path / "points.npy", table)
    np.savetxt(tmp_path / "saved.csv", table, delimiter=",")
    files = [
        csv(tmp_path / "points.csv", rows(table)),
        csv(tmp_path / "named.csv", "x,y,colour\n" + "".join(f"{x},{y},{int(k)}\n" for x, y, k in table)),
        tmp_path / "points.npy",
        tmp_path / "saved.csv",
    ]
    for file in files:
        dataset = load(file)
        assert dataset.spec.shape == (2,)
        assert [(f.name, f.values) for f in dataset.spec.factors] == [("label", tuple(str(k) for k in sorted(kinds)))]
        points, labels = everything(dataset)
        assert np.array_equal(points, in_order(CLOUD))
        assert np.array_equal(labels[:, 0], which[np.lexsort(CLOUD.T)])


def test_on_the_line_the_header_says_that_the_second_column_holds_labels(tmp_path: Path) -> None:
    table = np.column_stack([CLOUD[:, 0], np.arange(50) % 2])
    dataset = load(csv(tmp_path / "a.csv", "x,Label\n" + rows(table)))
    assert dataset.spec.shape == (1,)
    assert dataset.spec.classes == (2,)
    assert load(csv(tmp_path / "b.csv", "x,y\n" + rows(table))).spec.shape == (2,)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", ">f8", "int16", "uint8"])
@pytest.mark.parametrize("shape", [(50, 2), (50, 1), (50,)])
def test_arrays_of_real_numbers_are_read(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    array = np.asfortranarray((np.arange(np.prod(shape)) % 3).reshape(shape).astype(dtype))
    np.save(tmp_path / "points.npy", array)
    dataset = load(tmp_path / "points.npy")
    assert np.array_equal(everything(dataset)[0], in_order(array.reshape(50, -1)))


def test_points_beyond_the_square_are_moved_and_scaled_by_one_factor(tmp_path: Path, caplog) -> None:
    far = CLOUD * [10, 100] + [500, -2000]
    dataset = load(csv(tmp_path / "points.csv", rows(far)))
    x = np.concatenate([dataset.train.x, dataset.validation.x, dataset.test.x])
    assert np.abs(x).max() == pytest.approx(2.7)
    assert_close(torch.from_numpy((x.max(axis=0) + x.min(axis=0)) / 2), torch.zeros(2), atol=1e-5, rtol=0)
    sizes, were = np.ptp(x, axis=0), np.ptp(far, axis=0)
    assert sizes[0] / sizes[1] == pytest.approx(were[0] / were[1], rel=1e-5)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "reaches beyond -3 to 3" in caplog.text
    assert f"scaled by {2.7 / (were[1] / 2):.4g}." in caplog.text


def test_nothing_is_said_where_points_fit(tmp_path: Path, caplog) -> None:
    load(csv(tmp_path / "points.csv", rows(CLOUD.clip(-3, 3))))
    assert not caplog.records


@pytest.mark.parametrize("scale", [1e300, 1e308])
def test_the_largest_numbers_do_not_overflow(tmp_path: Path, scale: float) -> None:
    np.save(tmp_path / "points.npy", CLOUD / np.abs(CLOUD).max() * scale)
    points, _ = everything(load(tmp_path / "points.npy"))
    assert np.isfinite(points).all()
    assert np.abs(points).max() == pytest.approx(2.7)


def test_splits_are_fixed_and_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = csv(tmp_path / "my points.csv", rows())
    first = load(file)
    registry._loaded.cache_clear()
    before = torch.get_rng_state()
    assert load(file).hash == first.hash
    assert torch.equal(torch.get_rng_state(), before)
    csv(file, rows(-CLOUD))
    os.utime(file, ns=(1, 1))
    assert load(file).hash != first.hash


def test_a_relative_name_with_a_blank_trains_from_anywhere(tmp_path: Path, monkeypatch) -> None:
    csv(tmp_path / "my points.csv", rows())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("my points.csv", "./my points.csv", "~/my points.csv"):
        assert registry.experiment("vae", f"drawn:{name}").data == f"drawn:{tmp_path / 'my points.csv'}"


# -- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("# nothing\n\n", "is empty"),
        ("x,y\n", "holds 0 points, and at least 20 are needed"),
        (rows(CLOUD[:19]), "holds 19 points"),
        (rows() + "1,2,3\n", "line 51, has not the 2 columns"),
        (rows() + "1\n", "line 51, has not the 2 columns"),
        ("x,y\n1\n" + rows(), "line 2, has not the 2 columns"),
        (rows(np.ones((30, 4))), "more than 3 columns"),
        (rows() + "1,two\n", "line 51: 'two' is not a number"),
        ("x,2\n" + rows(), "line 1: 'x' is not a number"),
        (rows() + "1," + "9" * 10_000 + "\n", "line 51: '99999999999999999999' is not a number"),
        (rows() + "1,\x1b[31m\n", "'?[31m' is not a number"),
        ("1,5;2,5\n" * 30, "not a number"),
        (rows() + "nan,1\n", "line 51 is not finite"),
        ("x,y\n" + rows() + "1,inf\n" + "-inf,0\n", "line 52 and 1 more rows are not finite"),
        (rows(np.column_stack([CLOUD, CLOUD[:, 0]])), "labels, which are whole numbers, not"),
        ("1,1\n" * 30, "are the same"),
    ],
    ids=lambda value: repr(value)[-24:],
)
def test_a_text_that_is_no_table_of_points_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(csv(tmp_path / "points.csv", text))


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((5, 2)), "holds 5 points"),
        (np.zeros((30, 4)), "an array of 30 x 4"),
        (np.zeros((30, 2, 1)), "an array of 30 x 2 x 1"),
        (np.zeros((30, 0)), "an array of 30 x 0"),
        (np.float64(3), "an array of a single number"),
        (np.full((30, 2), np.nan), "row 1 and 29 more rows are not finite"),
        (np.linspace(0, 1, 90).reshape(30, 3), "whole numbers, not 0.0"),
        (np.full((30, 3), 1e300), "whole numbers, not 1e+300"),
    ],
    ids=lambda value: str(np.shape(value)) if not isinstance(value, str) else "",
)
def test_an_array_that_is_no_points_is_one_sentence(tmp_path: Path, array: np.ndarray, words: str) -> None:
    np.save(tmp_path / "points.npy", array)
    assert words in refusal(tmp_path / "points.npy")


def test_too_many_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_table, "MOST", 40)
    np.save(tmp_path / "points.npy", CLOUD)
    assert "keep at most 40" in refusal(tmp_path / "points.npy")
    assert "more than 40 rows" in refusal(csv(tmp_path / "points.csv", rows()))
    table = np.column_stack([CLOUD[:40], np.arange(40)])
    assert load(csv(tmp_path / "a.csv", rows(table))).spec.classes == (40,)
    monkeypatch.setattr(_table, "_KINDS", 30)
    assert "40 different labels" in refusal(csv(tmp_path / "b.csv", rows(table)))


def test_a_pickle_in_disguise_runs_nothing(tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    class Payload:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(canary),)

    np.save(tmp_path / "points.npy", np.array([[Payload(), Payload()]] * 30, dtype=object), allow_pickle=True)
    assert "run code" in refusal(tmp_path / "points.npy", PlaygroundError)
    (tmp_path / "points.npy").rename(tmp_path / "points.csv")
    assert "not plain text" in refusal(tmp_path / "points.csv", PlaygroundError)
    assert not canary.exists()


@pytest.mark.parametrize(("name", "words"), [("nowhere.csv", "There is no file"), ("folder.csv", "is a folder"),
                                             ("points.xlsx", "is not called")])  # fmt: skip
def test_a_wrong_name_is_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "points.xlsx").write_bytes(b"PK")
    assert words in refusal(tmp_path / name)


def test_the_command_line_says_it_in_one_line(tmp_path: Path, capsys) -> None:
    few = csv(tmp_path / "few.csv", rows(CLOUD[:5]))
    assert cli.run(["train", "vae", "--data", f"drawn:{few}", "--out", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err == f"{few} holds 5 points, and at least 20 are needed.\n"
    assert cli.run(["train", "vae", "--data", "drawn", "--out", str(tmp_path / "run")]) == 2
    assert "'drawn' needs a file" in capsys.readouterr().err


def test_read_table_keeps_every_digit(tmp_path: Path) -> None:
    exact = np.random.default_rng(1).normal(size=(30, 2))
    np.savetxt(tmp_path / "a.csv", exact, delimiter=",")
    points, labels = read_table(tmp_path / "a.csv")
    assert labels is None
    assert np.array_equal(points, exact)
