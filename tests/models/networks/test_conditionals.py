"""One number's distribution: against torch.distributions, sums, integrals and the frequencies of draws."""

import math

import pytest
import scipy.stats
import torch

from playground.models.networks.conditionals import Levels, Mixture, sharpened
from playground.models.networks.coordinates import Coordinates
from tests.helpers import generator


def _logits(bins: int) -> torch.Tensor:
    return 2 * torch.randn(bins, generator=generator(4))


# -- temperature and top k ------------------------------------------------------------------------------------------


def test_temperature_divides_logits_and_top_k_rules_out_the_rest():
    logits = torch.tensor([1.0, 3.0, 2.0, -1.0])
    torch.testing.assert_close(sharpened(logits, 0.5, 0), logits * 2)
    assert torch.equal(sharpened(logits, 1.0, 2).isinf(), torch.tensor([True, False, False, True]))
    assert torch.equal(sharpened(logits, 1.0, 9), logits)
    assert sharpened(logits, 0.0, 0).softmax(-1).tolist() == [0, 1, 0, 0]


# -- levels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("levels", "bins"), [(17, 17), (17, 4), (256, 256), (256, 16), (2, 2)])
@pytest.mark.parametrize("seen", [False, True])
def test_the_probabilities_of_all_levels_add_up_to_one(levels, bins, seen):
    output = Levels(levels, bins)
    if seen:
        output.prepare(torch.rand(500, generator=generator()).square())
    x = torch.arange(levels) / (levels - 1)
    log_p = output.log_prob(_logits(bins).expand(levels, -1), x)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_with_a_bin_a_level_log_p_is_that_of_a_categorical():
    output, logits = Levels(17, 17), _logits(17)
    output.prepare(torch.rand(100, generator=generator()))  # alone in its bin: the counts do not matter
    x = torch.arange(17) / 16
    expected = torch.distributions.Categorical(logits=logits).log_prob(torch.arange(17))
    torch.testing.assert_close(output.log_prob(logits.expand(17, -1), x), expected)


def test_fewer_bins_share_their_probability_among_their_levels():
    output, logits = Levels(8, 2), torch.tensor([0.3, -0.4])
    x = torch.arange(8) / 7
    of_bins = logits.log_softmax(0).repeat_interleave(4)
    torch.testing.assert_close(output.log_prob(logits.expand(8, -1), x), of_bins - math.log(4))
    output.prepare(torch.tensor([0.0] * 5 + [1 / 7] + [1.0] * 4))  # 5 of level 0, 1 of level 1, 4 of level 7
    shares = torch.tensor([6 / 10, 2 / 10, 1 / 10, 1 / 10, 1 / 8, 1 / 8, 1 / 8, 5 / 8])
    torch.testing.assert_close(output.log_prob(logits.expand(8, -1), x), of_bins + shares.log())


@pytest.mark.parametrize("bins", [17, 5])
def test_levels_are_drawn_as_often_as_they_are_probable(bins):
    output, n = Levels(17, bins), 30_000
    output.prepare(torch.rand(200, generator=generator()).square())
    logits = _logits(bins).expand(n, -1)
    drawn = output.draw(logits, torch.rand(n, generator=generator()), 1.0, 0)
    assert torch.equal(output.level(drawn) / 16, drawn)  # they stand on the levels, bit for bit
    seen = output.level(drawn).bincount(minlength=17).double()
    expected = n * output.log_prob(logits[:17], torch.arange(17) / 16).double().exp()
    chi_square = ((seen - expected) ** 2 / expected).sum().item()
    assert chi_square < scipy.stats.chi2.ppf(0.999, 16)


def test_a_draw_is_where_the_cumulated_probability_passes_u():
    output, logits = Levels(4, 4), torch.tensor([[-math.inf, 0.0, 0.0, -math.inf]])
    for u, level in ((0.0, 1), (0.49, 1), (0.51, 2), (0.9999999, 2)):
        assert output.draw(logits, torch.tensor([u]), 1.0, 0).item() == pytest.approx(level / 3)


def test_cold_draws_are_the_likeliest_level_and_top_k_keeps_to_the_k_likeliest():
    output, logits, u = Levels(17, 17), _logits(17), torch.rand(200, generator=generator())
    assert set(output.level(output.draw(logits.expand(200, -1), u, 0.0, 0)).tolist()) == {int(logits.argmax())}
    among = set(output.level(output.draw(logits.expand(200, -1), u, 3.0, 3)).tolist())
    assert among == set(logits.topk(3).indices.tolist())


@pytest.mark.parametrize(("levels", "bins"), [(17, 17), (256, 16), (256, 256)])
def test_features_tell_all_bins_apart_and_from_the_outside_and_keep_colours_together(levels, bins):
    output = Levels(levels, bins)
    x = torch.arange(levels).view(1, 1, 1, levels).expand(1, 3, 1, levels) / (levels - 1)
    features = output.features(x)
    per_colour = output.features_per_number
    assert features.shape == (1, 3 * per_colour, 1, levels)
    red = features[0, :per_colour, 0].T  # (levels, F)
    assert torch.equal(red, features[0, per_colour : 2 * per_colour, 0].T)
    distance = torch.cdist(red, red)
    same = output.bin[:, None] == output.bin
    assert distance[same].max() < 1e-3
    if bins > 1:
        assert distance[~same].min() > 1e-2
    assert red.norm(dim=1).min() > 0.5
    assert torch.equal(output.features(x[:, :, 0, 5]), features[:, :, 0, 5])  # one pixel alone


# -- mixture --------------------------------------------------------------------------------------------------------


def _mixture() -> tuple[Mixture, torch.Tensor]:
    output = Mixture(3, reach=6.0)
    output.prepare(torch.tensor([-1.0, 0.0, 4.0]))
    parameters = torch.tensor([0.2, -0.5, 1.0, -1.0, 0.3, 1.2, -0.7, 0.1, -2.0])
    return output, parameters


def _reference(output: Mixture, parameters: torch.Tensor) -> torch.distributions.Distribution:
    logits, mean, log_std = parameters.chunk(3)
    components = torch.distributions.Normal(output.shift + output.scale * mean, output.scale * log_std.exp())
    return torch.distributions.MixtureSameFamily(torch.distributions.Categorical(logits=logits), components)


def test_the_density_is_that_of_a_mixture_of_gaussians():
    output, parameters = _mixture()
    assert output.scale != 1
    x = torch.linspace(-6, 6, 41)
    expected = _reference(output, parameters).log_prob(x)
    torch.testing.assert_close(output.log_prob(parameters.expand(41, -1), x), expected, rtol=1e-4, atol=1e-5)


def test_a_number_is_drawn_where_the_cumulated_probability_is_u():
    output, parameters = _mixture()
    u = torch.linspace(0.001, 0.999, 101)
    x = output.draw(parameters.expand(101, -1), u, 1.0, 0)
    torch.testing.assert_close(_reference(output, parameters).cdf(x), u, rtol=0, atol=1e-5)


def test_the_bins_of_a_mixture_hold_its_probability():
    output, parameters = _mixture()
    p = output.probabilities(parameters, 1.0, 0)
    edges = torch.linspace(-6, 6, output.BINS + 1)
    torch.testing.assert_close(p, _reference(output, parameters).cdf(edges).diff(), rtol=0, atol=1e-6)


def test_cold_mixtures_shrink_to_the_middle_of_their_heaviest_gaussian():
    output, parameters = _mixture()
    x = output.draw(parameters.expand(20, -1), torch.rand(20, generator=generator()), 0.0, 0)
    torch.testing.assert_close(x, (output.shift + 1.2 * output.scale).expand(20), rtol=0, atol=0.02)


# -- coordinates ----------------------------------------------------------------------------------------------------


def test_a_coordinate_is_told_those_before_it_and_no_other():
    network = Coordinates(3, 2, 16, 0)
    x = torch.randn(1, 3, generator=generator()).requires_grad_()
    sees = [[bool(torch.autograd.grad(network(x, None)[0, d].square().sum(), x)[0][0, e] != 0) for e in range(3)]
            for d in range(3)]  # fmt: skip
    assert sees == [[False, False, False], [True, False, False], [True, True, False]]


def test_coordinates_differ_even_where_nothing_is_told():
    network, x = Coordinates(2, 2, 16, 4), torch.zeros(3, 2)
    said = network(x, torch.zeros(3, 4))
    assert said.shape == (3, 2, 6)
    assert not torch.equal(said[:, 0], said[:, 1])
    assert not torch.equal(network(x, torch.ones(3, 4)), said)
