"""The small model: tokenizer, training, preference optimization, rollouts."""
