import pytest
import torch

from stages.student.muon import Muon, orthogonalized


@pytest.mark.parametrize("shape", [(24, 24), (48, 16), (16, 48)])
def test_singular_values_are_about_one_and_vectors_stay(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    inner = left.T @ orthogonalized(matrix) @ right.T
    assert 0.6 < inner.diagonal().min() < inner.diagonal().max() < 1.3
    assert (inner - torch.diag(inner.diagonal())).abs().max() < 1e-4


def test_it_is_pytorchs_but_for_rounding():
    generator = torch.Generator().manual_seed(0)
    own, other = ([torch.nn.Parameter(torch.ones(shape)) for shape in ((32, 32), (64, 32), (32, 64))] for _ in range(2))
    optimizers = Muon(own, 0.02), torch.optim.Muon(other, lr=0.02, weight_decay=0.0)
    for _ in range(5):
        for matrix, same in zip(own, other):
            matrix.grad = torch.randn(matrix.shape, generator=generator)
            same.grad = matrix.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    for matrix, same in zip(own, other):
        assert (matrix - 1).norm() > 0.1
        assert (matrix - same).norm() < 0.02 * (matrix - 1).norm()


def test_what_has_no_gradient_stays():
    matrix = torch.nn.Parameter(torch.ones(4, 4))
    Muon([matrix], 0.1).step()
    assert torch.equal(matrix, torch.ones(4, 4))
