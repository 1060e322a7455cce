"""Muon in single precision: the optimizer of the student's hidden matrices.

Jordan et al. (2024), "Muon: an optimizer for hidden layers in neural networks". PyTorch's own orthogonalizes in
bfloat16, for which many CPUs have no instructions: there that takes longer than forward and backward pass together.
"""

from collections.abc import Iterable

import torch

MOMENTUM = 0.95
STEPS = 5
COEFFICIENTS = (3.4445, -4.775, 2.0315)  # the paper's


class Muon(torch.optim.Optimizer):  # type: ignore[misc]
    """Momentum whose update is the nearest orthogonal matrix, nearly.

    Args:
        matrices: What to optimize.
        lr: Learning rate; matrices that are higher than wide take steps that are longer by the root of that ratio.
    """

    def __init__(self, matrices: Iterable[torch.nn.Parameter], lr: float) -> None:
        super().__init__(matrices, {"lr": lr})

    def step(self) -> None:
        """Takes a step against each matrix's gradient."""
        for group in self.param_groups:
            for matrix in (matrix for matrix in group["params"] if matrix.grad is not None):
                rows, columns = matrix.shape
                matrix.data.add_(self._update(matrix), alpha=-group["lr"] * max(1, rows / columns) ** 0.5)

    def _update(self, matrix: torch.nn.Parameter) -> torch.Tensor:
        momentum = self.state[matrix].setdefault("momentum", torch.zeros_like(matrix.data))
        momentum.lerp_(matrix.grad, 1 - MOMENTUM)
        return orthogonalized(matrix.grad.lerp(momentum, MOMENTUM))


def orthogonalized(matrix: torch.Tensor) -> torch.Tensor:
    """Returns a matrix with the same singular vectors, whose singular values are about 1 (0.7 to 1.2)."""
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonalized(matrix.T).T
    first, third, fifth = COEFFICIENTS
    result = matrix / matrix.norm().clamp(min=1e-7)
    for _ in range(STEPS):
        squares = result @ result.T
        polynomial = torch.addmm(squares, squares, squares, beta=third, alpha=fifth)
        result = torch.addmm(result, polynomial, result, beta=first)
    return result
