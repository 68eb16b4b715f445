"""The projection critic by hand."""

import torch
from torch import nn

from playground.models.networks.critic import Critic
from tests.helpers import generator

CLASSES = (3, 2)


def _critic(classes: tuple[int, ...] = CLASSES) -> Critic:
    critic = Critic(nn.Linear(4, 6), 6, classes).requires_grad_(False)
    draws = generator()
    for parameter in critic.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=draws))
    return critic


def test_the_logit_is_a_judgement_of_the_features_and_their_product_with_the_label():
    critic, x = _critic(), torch.randn(3, 4, generator=generator(1))
    labels = torch.tensor([[0, 1], [2, 0], [-1, 1]])
    found = critic(x, labels)
    assert found.shape == (3,)
    for i, (shape, colour) in enumerate(labels.tolist()):
        f = critic.features(x[i])  # (6,)
        embedding = critic.label.tables[0].weight[shape + 1] + critic.label.tables[1].weight[colour + 1]
        expected = critic.judge.weight[0] @ f + critic.judge.bias[0] + embedding @ f / 6**0.5
        torch.testing.assert_close(found[i], expected)


def test_without_a_label_only_the_features_are_judged():
    critic, x = _critic(), torch.randn(3, 4, generator=generator(1))
    expected = critic.judge(critic.features(x))[:, 0]
    torch.testing.assert_close(critic(x, None), expected)
    torch.testing.assert_close(_critic(())(x, torch.zeros(3, 2, dtype=torch.int64)), expected)


def test_a_label_is_misread_by_the_log_probability_of_each_factor_that_is_given():
    critic = Critic(nn.Linear(4, 6), 6, CLASSES, reads=True)
    x, labels = torch.randn(3, 4, generator=generator(1)), torch.tensor([[0, 1], [2, 0], [-1, 1]])
    logit, misread = critic.judge_and_read(x, labels)
    torch.testing.assert_close(logit, critic(x, labels))
    log_p = [reader(critic.features(x)).log_softmax(dim=1) for reader in critic.readers]  # (3, 3), (3, 2)
    expected = -(log_p[0][0, 0] + log_p[0][1, 2] + log_p[1][0, 1] + log_p[1][1, 0] + log_p[1][2, 1]) / 3
    torch.testing.assert_close(misread, expected)
    assert critic.judge_and_read(x, None)[1].item() == 0.0
    assert _critic().judge_and_read(x, labels)[1].item() == 0.0
