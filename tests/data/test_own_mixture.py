"""The mixture of one's own: what its three words mean, and every way in which they can be wrong."""

import pytest
import torch
from torch.testing import assert_close

from playground import registry
from playground.core.errors import UsageError


def test_words_become_components() -> None:
    words = {"means": "-2, 0; 2, 0.5", "weights": "1;3", "spreads": "0.2;0.5", "count": 50_000}
    dataset = registry.load_data("mixture", words)
    assert dataset.spec.shape == (2,)
    assert dataset.spec.factors[0].values == ("1", "2")
    for k, (place, share, spread) in enumerate([((-2, 0), 0.25, 0.2), ((2, 0.5), 0.75, 0.5)]):
        rows = dataset.train.labels[:, 0] == k
        assert float(rows.float().mean()) == pytest.approx(share, abs=0.01)
        assert_close(dataset.train.x[rows].mean(0), torch.tensor(place).float(), atol=0.02, rtol=0)
        assert_close(dataset.train.x[rows].std(0), torch.full((2,), spread), atol=0.02, rtol=0)


def test_single_numbers_make_a_line_and_count_for_all() -> None:
    dataset = registry.load_data("mixture", {"means": "-2;0;2", "weights": "5", "spreads": "0.1"})
    assert dataset.spec.shape == (1,)
    assert dataset.train.labels[:, 0].bincount().min() > 0.3 * len(dataset.train)


def test_a_single_component_has_no_labels() -> None:
    assert registry.load_data("mixture", {"means": "0,0"}).spec.factors == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"means": "-2,0;2"}, "all of one number"),
        ({"means": "0,0,0"}, "all of one number"),
        ({"means": ";".join(["0,0"] * 13)}, "up to 12 places"),
        ({"means": ""}, "from -2.7 to 2.7"),
        ({"means": "3,0"}, "from -2.7 to 2.7"),
        ({"means": "nan,0"}, "'nan' in data.means"),
        ({"means": "0,0;1,1", "weights": "1;2;3"}, "data.weights holds 3 numbers"),
        ({"weights": "0"}, "above 0"),
        ({"weights": "-1"}, "above 0"),
        ({"weights": "inf"}, "above 0"),
        ({"spreads": "0.01"}, "from 0.05 to 1"),
        ({"spreads": "wide"}, "'wide' in data.spreads"),
    ],
)
def test_what_does_not_fit_is_named(words: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        registry.load_data("mixture", words)
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")
