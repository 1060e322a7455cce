"""Which leaves of params.yaml a process reads."""

from collections.abc import Iterator
from typing import Any


def leaves(values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yields the dotted key of every leaf; a list is a leaf."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


class Reads:
    """Watches the reading of parameters; a key stands for all leaves below it."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self._places: dict[int, tuple[Any, str]] = {}

    def watch(self) -> None:
        """Puts itself between params.yaml and the stages of this process, which must not be loaded yet."""
        from stages import configuration, parameters

        read_all, section, watcher = configuration.read_all, parameters.section, self

        def watched(key: str, model: Any, path: Any = configuration.PATH) -> Any:
            configuration.read_all = read_all
            try:
                return watcher._place(section(key, model, path), key)
            finally:
                configuration.read_all = whole

        def whole(path: Any = configuration.PATH) -> Any:
            return _Watched(read_all(path), "", watcher.keys)

        def get(model: Any, name: str) -> Any:
            watcher._note(model, name)
            return object.__getattribute__(model, name)

        parameters.section, configuration.read_all = watched, whole
        parameters.Parameters.__getattribute__ = get

    def _place(self, model: Any, key: str) -> Any:
        self._places[id(model)] = model, key
        for name, value in vars(model).items():
            if id(type(value)) and hasattr(type(value), "model_fields"):
                self._place(value, f"{key}.{name}")
        return model

    def _note(self, model: Any, name: str) -> None:
        _, key = self._places.get(id(model), (None, None))
        if key is None:
            return
        if name == "model_dump":
            self.keys.add(key)
        elif name in type(model).model_fields and not hasattr(
            type(object.__getattribute__(model, "__dict__")[name]), "model_fields"
        ):
            self.keys.add(f"{key}.{name}")


class _Watched(dict):  # type: ignore[type-arg]
    """A mapping that notes what is taken of it."""

    def __init__(self, values: dict[str, Any], prefix: str, keys: set[str]) -> None:
        super().__init__(values)
        self._prefix, self._keys = prefix, keys

    def __getitem__(self, key: str) -> Any:
        return self._taken(key, super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:
        return self._taken(key, super().get(key, default))

    def items(self) -> Any:
        return [(key, self._taken(key, value)) for key, value in super().items()]

    def _taken(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return _Watched(value, f"{self._prefix}{key}.", self._keys)
        self._keys.add(f"{self._prefix}{key}")
        return value
