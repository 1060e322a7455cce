import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.student.token_tree import plant

# Few different tokens, so that prefixes are shared; a sequence may be another's prefix, or equal to it.
SEQUENCES = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1, max_size=12)
COSTS = st.sampled_from([0.0, 1.0, 10.0, 1e6])


@given(SEQUENCES, COSTS)
def test_every_sequence_is_recovered(sequences, linear):
    trees = plant(sequences, linear)
    for tokens, places in zip(sequences, trees.places, strict=True):
        assert trees.tokens.flatten()[places].tolist() == tokens
        assert trees.positions.flatten()[places].tolist() == list(range(len(tokens)))


@given(SEQUENCES, COSTS)
def test_a_token_sees_its_ancestors_and_itself_and_nothing_else(sequences, linear):
    trees = plant(sequences, linear)
    rows, width = trees.tokens.shape
    seen = {row * width + column: {row * width + column} for row in range(rows) for column in range(width)}
    for places in trees.places:
        for end in range(len(places)):
            seen[places[end]] = set(places[: end + 1].tolist())
    for row, column in np.ndindex(rows, width):
        visible = row * width + np.flatnonzero(trees.sees[row, column])
        assert set(visible.tolist()) == seen[row * width + column]


@given(SEQUENCES)
def test_where_attention_is_cheap_no_token_is_computed_twice(sequences):
    trees = plant(sequences, 1e6)
    prefixes = {tuple(tokens[:end]) for tokens in sequences for end in range(1, len(tokens) + 1)}
    assert trees.tokens.size == len(prefixes)


@given(SEQUENCES, COSTS)
def test_it_costs_no_more_than_a_padded_batch(sequences, linear):
    rows, width = plant(sequences, linear).tokens.shape
    longest = max(map(len, sequences))
    assert rows * width * (linear + width) <= len(sequences) * longest * (linear + longest)


def test_where_attention_is_dear_strangers_stand_in_rows_of_their_own():
    trees = plant([[1, 2, 3, 4], [5, 6, 7, 8], [1, 2, 3, 9], [5, 6, 7, 9]], 0.0)
    assert trees.tokens.tolist() == [[1, 2, 3, 4, 9], [5, 6, 7, 8, 9]]
    assert trees.positions.tolist() == [[0, 1, 2, 3, 3], [0, 1, 2, 3, 3]]


@pytest.mark.parametrize("sequences", [[], [[1], []]])
def test_nothing_makes_no_tree(sequences):
    with pytest.raises(ValueError, match="a tree needs sequences"):
        plant(sequences, 1.0)
