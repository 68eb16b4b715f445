"""Labels in turn, and labels as people type them."""

import pytest

from playground.core.data import DataSpec, Factor
from playground.core.errors import UsageError
from playground.evaluation.labels import parse_label, sample_labels

DIGITS = DataSpec("digits", (1, 8, 8), factors=(Factor("digit", tuple("0123456789")),))
SHAPES = DataSpec(
    "shapes",
    (3, 16, 16),
    factors=(Factor("shape", ("square", "disc")), Factor("angle"), Factor("colour", ("red", "green", "blue"))),
)
BARE = DataSpec("bare", (2,))


def test_each_class_in_turn() -> None:
    labels = sample_labels(DIGITS, 12)
    assert labels is not None
    assert labels[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert sample_labels(BARE, 5) is None


def test_several_factors_go_through_all_combinations() -> None:
    labels = sample_labels(SHAPES, 12)
    assert labels is not None
    assert labels.shape == (12, 2)
    assert len(labels[:6].unique(dim=0)) == 6
    assert labels[:6].equal(labels[6:])


@pytest.mark.parametrize(
    ("spec", "text", "label"),
    [
        (DIGITS, "7", [7]),
        (DIGITS, "digit=7", [7]),
        (SHAPES, "shape=square,colour=red", [0, 0]),
        (SHAPES, " colour = blue ", [-1, 2]),
        (SHAPES, "green", [-1, 1]),
        (SHAPES, "disc, blue", [1, 2]),
        (DIGITS, "none", [-1]),
        (SHAPES, "none", [-1, -1]),
    ],
)
def test_reads_what_people_type(spec: DataSpec, text: str, label: list[int]) -> None:
    assert parse_label(spec, text) == label


@pytest.mark.parametrize(
    ("spec", "text", "told"),
    [
        (DIGITS, "ten", "no digit 'ten'.*0, 1, 2"),
        (DIGITS, "", "no digit ''"),
        (SHAPES, "shape=circle", "no shape 'circle'.*square, disc"),
        (SHAPES, "size=3", "no label 'size'.*shape, colour"),
        (SHAPES, "angle=1", "no label 'angle'"),
        (SHAPES, "purple", "shape: square, disc; colour: red, green, blue"),
        (BARE, "7", "'bare' has no labels"),
    ],
)
def test_names_what_is_known_otherwise(spec: DataSpec, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_label(spec, text)
