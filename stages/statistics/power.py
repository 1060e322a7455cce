"""What difference a test set of this size can show."""

import math

from scipy import stats


def detectable_difference(n: int, discordant: float, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """The smallest true difference of two accuracies that a paired test likely finds.

    Connor's sample size for McNemar's test (Connor 1987),
    `n = (z_a * sqrt(d) + z_b * sqrt(d - x**2))**2 / x**2`, solved for the difference `x`: with
    `z_a` and `z_b` the normal quantiles of `1 - alpha / 2` and of `power`, and `d` the share of
    discordant problems,
    `x = (z_a * sqrt(d * n) + z_b * sqrt(d * (n - z_a**2 + z_b**2))) / (n + z_b**2)`.
    Where next to nothing is discordant that is too hopeful: a difference of `x` needs `n * x`
    changed problems, and fewer than six of them are not significant at 0.05 even if all go one way.

    Args:
        n: Problems.
        discordant: Share of the problems that one arm solves and the other does not, 0 to 1.
        power: The wanted chance of finding it.
        alpha: The two-sided level of the test.

    Returns:
        The difference, 0 to 1; `None` where `n` is too small for any difference to be significant.
    """
    fewest = 1 + math.ceil(math.log2(1 / alpha))
    if n < fewest:
        return None
    z_a, z_b = float(stats.norm.ppf(1 - alpha / 2)), float(stats.norm.ppf(power))
    spread = z_a * math.sqrt(discordant * n)
    spread += z_b * math.sqrt(discordant * (n - z_a**2 + z_b**2))
    return min(1.0, max(fewest / n, spread / (n + z_b**2)))
