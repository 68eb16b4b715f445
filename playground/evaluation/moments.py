"""What is known of a data set without any network: the mean of each class, and the principal components.

Both are exact for the training examples that they are computed from. The mean of a class is what a regression from the
label alone must answer with to err least in squares; so many principal components are the best code of that length that
a linear encoder and decoder can have.
"""

import torch
from torch import Tensor

from playground.core.data import Batch, Dataset
from playground.core.model import GenerativeModel

MOST_EXAMPLES = 2000  # from which components are computed
MOST_TESTED = 1000  # on which they are tried


class Moments:
    """Answers questions about the data alone; the model that is asked with them does not matter.

    Attributes:
        answers: methods that a `Query` may name.
    """

    answers = frozenset({"class_means", "components"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._components: dict[str, Tensor] = {}

    def class_means(self, model: GenerativeModel) -> dict[str, Tensor]:
        """Of the training examples of each class of the first factor, and in a last row of all of them: their `mean`
        (K + 1, *shape), their `variance` about it, on average over the numbers of an example, and their `count`, both
        (K + 1,). A class without examples has NaN."""
        train = self._dataset.train
        groups = [train.x[train.labels[:, 0] == k].flatten(1) for k in range(self._dataset.spec.classes[0])]
        groups.append(train.x.flatten(1))
        means = torch.stack([group.mean(dim=0) for group in groups])
        variance = torch.stack([group.var(dim=0, correction=0).mean() for group in groups])
        count = torch.tensor([len(group) for group in groups])
        return {"mean": means.view(-1, *self._dataset.spec.shape), "variance": variance, "count": count}

    def components(self, model: GenerativeModel, most: int) -> dict[str, Tensor]:
        """The first `most` principal directions of the training examples, as `directions` (K, D), about their `mean`
        (D,); and the squared `error` with which held-out examples are rebuilt from 0, 1 ... K of them, on average over
        the numbers of an example, (K + 1,)."""
        if len(self._components.get("directions", ())) != most:
            train, held_out = _flat(self._dataset.train, MOST_EXAMPLES), _flat(self._dataset.test, MOST_TESTED)
            mean = train.mean(dim=0)
            directions = principal_directions(train - mean, most)
            error = errors_by_length(held_out - mean, directions)
            parts = {"mean": mean, "directions": directions, "error": error}
            self._components = {name: tensor.float() for name, tensor in parts.items()}
        return self._components


def principal_directions(centred: Tensor, most: int) -> Tensor:
    """Orthonormal directions of greatest variance of centred rows (N, D), greatest first, (K, D); never more than
    there are rows or numbers. The largest number of each is positive."""
    n, d = centred.shape
    if d <= n:
        vectors = torch.linalg.eigh(centred.T @ centred).eigenvectors.T.flip(0)[:most]
    else:  # the same from the smaller matrix of products of rows
        values, rows = torch.linalg.eigh(centred @ centred.T)
        vectors = rows.T.flip(0)[:most] @ centred / values.flip(0)[:most].clamp(min=1e-12).sqrt()[:, None]
    return vectors * vectors.gather(1, vectors.abs().argmax(dim=1, keepdim=True)).sign()


def errors_by_length(centred: Tensor, directions: Tensor) -> Tensor:
    """Mean squared error of rows (N, D) rebuilt from 0, 1 ... K of the directions (K, D), (K + 1,)."""
    kept = (centred @ directions.T).square().mean(dim=0)  # (K,)
    whole = centred.square().sum(dim=1).mean()
    return torch.cat([whole[None], whole - kept.cumsum(dim=0)]).clamp(min=0) / centred.shape[1]


def _flat(batch: Batch, most: int) -> Tensor:
    """Up to so many examples as rows, in double precision on the CPU."""
    return batch.x[:most].flatten(1).double().cpu()
