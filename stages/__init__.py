"""callsmith: small language models that call functions reliably, built with DVC."""
