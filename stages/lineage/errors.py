"""The one exception of this room; its message is one short text for people: where, what, and the remedy."""


class LineageError(Exception):
    """Configuration or code from which no dependable fingerprint can be computed, or a fingerprint that is stale."""
