"""What is known of Python and of other people's code, where it can't be read off the code at hand."""

# What a unit reads of other definitions.
READS_DOCS = 1
READS_SIGNATURES = 2
READS_FIELDS = 4  # of data classes


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Attributes and functions that make docstrings or annotations data.
READERS = {
    **dict.fromkeys(_words("__doc__ getdoc"), READS_DOCS),
    **dict.fromkeys(_words("signature getfullargspec get_type_hints get_annotations validate_call"), READS_SIGNATURES),
    **dict.fromkeys(_words("__annotations__ __signature__"), READS_SIGNATURES),
    **dict.fromkeys(_words("fields __dataclass_fields__"), READS_FIELDS),
    **dict.fromkeys(_words("get_json_schema apply_chat_template model_json_schema"), READS_DOCS | READS_SIGNATURES),
    **dict.fromkeys(_words("json_schema TypeAdapter create_model"), READS_DOCS | READS_SIGNATURES),
}

# What `dataclasses.dataclass` looks for in an annotation; it reads nothing else of it.
FIELD_KINDS = _words("ClassVar InitVar KW_ONLY")

# Names through which code learns where its file is.
PLACES = _words("__file__ __path__ __spec__")

# What may be done with a place without reading what is there.
MOVES = _words("parent parents resolve absolute joinpath")

# Built-in functions that keep no argument and change none.
LOOKING_FUNCTIONS = _words(
    "abs all any bool callable dict enumerate float format frozenset hash id int isinstance issubclass len list max "
    "min print range repr reversed round set sorted str sum tuple type zip"
)

# Method names that change nothing, whatever they are called on.
LOOKING_METHODS = _words(
    "copy count debug difference endswith error exists findall format fullmatch get index info intersection items join "
    "joinpath keys match read_bytes read_text resolve search split startswith strip sub union values warning with_name"
)

# Calls whose value can't change.
IMMUTABLE_CALLS = _words(
    "bool bytes complex decimal.Decimal float fractions.Fraction frozenset int logging.getLogger object pathlib.Path "
    "pathlib.PurePath re.compile str tuple typing.NewType typing.ParamSpec typing.TypeVar"
)

# Modules whose decorators neither register nor call what they decorate, and built-in ones of that kind.
TRANSPARENT_MODULES = _words(
    "abc contextlib dataclasses enum functools jax numba numpy pydantic torch types typing typing_extensions warnings"
)
# Those of them that refuse, when a class is made, arguments that they don't accept: loading the module fails.
CHECKING_MODULES = _words("pydantic")
TRANSPARENT_BUILTINS = _words("classmethod property staticmethod")

# Bases from elsewhere that call no methods by name but `__special__` and `_sunder_` ones.
PASSIVE_BASES = _words(
    "abc.ABC abc.ABCMeta collections.namedtuple enum.Enum enum.EnumMeta enum.Flag enum.IntEnum enum.IntFlag "
    "enum.StrEnum typing.Generic typing.NamedTuple typing.Protocol typing.TypedDict typing_extensions.NamedTuple "
    "typing_extensions.Protocol typing_extensions.TypedDict"
)

# Code from elsewhere, or code as text: no closure can contain what it does.
REFUSED_CALLS = _words(
    "eval exec importlib.machinery.SourceFileLoader importlib.util.spec_from_file_location inspect.getsource "
    "inspect.getsourcelines pkgutil.resolve_name runpy.run_module runpy.run_path"
)

# Distributions that bring a module of another name.
DISTRIBUTIONS = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "git": "gitpython",
    "PIL": "pillow",
    "pysat": "python-sat",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "z3": "z3-solver",
}
