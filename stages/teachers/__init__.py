"""Who answers: each teacher is one file, found by its name."""
