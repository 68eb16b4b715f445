"""Labels with gaps, summed over."""

import torch

from playground.models.networks.joint_labels import JointLabels


def test_a_full_label_is_one_combination_and_gaps_share_by_how_often_each_occurs():
    joint = JointLabels((2, 3))
    labels = torch.tensor([[0, 0], [0, 1], [1, 2], [1, 2], [1, 0], [0, 1], [0, 1], [0, 2]])
    joint.learn(labels, least=1.0)  # (1, 1) never occurs
    share = torch.tensor([1, 3, 1, 1, 1, 2]) / 9
    torch.testing.assert_close(joint.share, share)
    asked = torch.tensor([[1, 2], [1, 1], [0, -1], [-1, 2], [-1, -1]])
    expected = torch.tensor([
        [0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0], [1 / 5, 3 / 5, 1 / 5, 0, 0, 0], [0, 0, 1 / 3, 0, 0, 2 / 3],
        share.tolist(),
    ])  # fmt: skip
    torch.testing.assert_close(joint(asked, 5), expected)
    torch.testing.assert_close(joint(None, 2), share.expand(2, -1))


def test_without_factors_all_is_one():
    joint = JointLabels(())
    joint.learn(torch.zeros(4, 0, dtype=torch.int64), least=1.0)
    assert torch.equal(joint(torch.zeros(3, 0, dtype=torch.int64), 3), torch.ones(3, 1))
