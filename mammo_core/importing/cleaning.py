"""A foreign configuration, written anew with nothing in it but Keras's own layers and numbers."""

from collections.abc import Mapping
from typing import Any

from mammo_core.errors import BadModel
from mammo_core.importing.connections import renumber_calls
from mammo_core.importing.layers import (
    ACTIVATIONS,
    LAYERS,
    MODELS,
    OPERATIONS,
    OTHER_HOMES,
    OWN_MODULES,
    RENAMED,
    SAYS_NOTHING,
)
from mammo_core.importing.limits import MAX_DEPTH, MAX_LAYERS, MAX_NUMBER

Entry = dict[str, Any]
OF_TRAINING = ("_initializer", "_regularizer", "_constraint")
FUNCTIONAL = "keras.src.models.functional"
ENDS = ("input_layers", "output_layers")
SEEDS = ("seed", "shared_object_id")
GRAPH_VALUES = frozenset({"__keras_tensor__", "__tensor__", "__tuple__", "__slice__"})
ELLIPSIS = "__ellipsis__"
CODE = frozenset({"Lambda", "__lambda__", "TFOpLambda", "SlicingOpLambda"})


def clean_config(config: Mapping[str, Any]) -> Entry:
    """The declared network in today's form, from any of Keras's own formats.

    Initializers, regularizers, constraints and all of the training's state are left out: the
    weights are stored, and nobody trains here. Weights become float32.

    Raises:
        BadModel: For the first thing that is not one of Keras's own, named in one line.
    """
    entry = _clean_model(dict(config), 0)
    n_layers = count_layers(entry)
    if n_layers > MAX_LAYERS:
        raise BadModel(f"Expected at most {MAX_LAYERS:,} layers, got {n_layers:,}")
    return entry


def count_layers(entry: Entry) -> int:
    """How many layers a cleaned entry holds, those of nested models too."""
    return 1 + sum(count_layers(inner) for inner in entry["config"].get("layers", ()))


def walk_layers(entry: Entry) -> list[Entry]:
    """The cleaned entries of all layers that are not models themselves."""
    if entry["class_name"] not in ("Functional", "Sequential"):
        return [entry]
    return [leaf for inner in entry["config"]["layers"] for leaf in walk_layers(inner)]


def _clean_model(entry: Entry, depth: int) -> Entry:
    name = _class_name(entry)
    if name not in MODELS:
        raise BadModel(
            f"Expected a functional or Sequential model, got '{name}', whose program is not in the "
            "file; build it there as a functional model, or bring its predictions as a table"
        )
    _check_origin(entry, name)
    if isinstance(entry.get("config"), list):  # the oldest form of Sequential
        entry = entry | {"config": {"name": "sequential", "layers": entry["config"]}}
    config = _mapping(entry.get("config"), name)
    inner = config.get("layers")
    if not isinstance(inner, list) or not inner:
        raise BadModel(f"Expected the layers of '{name}' in its configuration, found none")
    layers = [_clean_layer(_mapping(layer, name), depth + 1) for layer in inner]
    if name == "Sequential":
        return _entry("keras", "Sequential", _sequential(config, entry, layers))
    for layer, given in zip(layers, inner, strict=True):
        layer["name"] = _text(given.get("name", layer["config"].get("name")), "a layer's name")
        layer["inbound_nodes"] = _clean_graph(given.get("inbound_nodes", []), depth)
        if not isinstance(layer["inbound_nodes"], list):
            raise BadModel(f"Expected the connections of '{layer['name']}' as a list")
    kept = {key: _take_single(_clean_graph(config.get(key), depth)) for key in ENDS}
    renumber_calls(layers, kept)
    return _entry(FUNCTIONAL, "Functional", {"name": _name_of(config), "layers": layers, **kept})


def _take_single(ends: Any) -> Any:
    """One end as itself: older files hold a list of one, which would give lists for tensors."""
    return ends[0] if isinstance(ends, list) and len(ends) == 1 else ends


def _sequential(config: Entry, entry: Entry, layers: list[Entry]) -> Entry:
    """The cleaned settings of a Sequential model, with its input as a layer of its own."""
    if layers[0]["class_name"] != "InputLayer":
        first = _mapping(config["layers"][0], "Sequential")
        shape = _mapping(first.get("config"), "Sequential").get("batch_input_shape")
        if shape is None:
            shape = config.get("build_input_shape")
        built = entry.get("build_config")
        if shape is None and isinstance(built, dict):
            shape = built.get("input_shape")
        shape = _clean_value(shape, "batch_shape", 0)
        if isinstance(shape, list) and layers[0]["class_name"] not in MODELS:
            settings = {"batch_shape": shape, "dtype": "float32"}
            layers = [_entry("keras.layers", "InputLayer", {"name": "input", **settings}), *layers]
    return {"name": _name_of(config), "layers": layers}


def _clean_layer(entry: Entry, depth: int) -> Entry:
    if depth > MAX_DEPTH:
        raise BadModel(f"Expected at most {MAX_DEPTH} nested models, got more")
    name = _class_name(entry)
    if name in MODELS:
        return _clean_model(entry, depth)
    home = _find_home(entry, name)
    _check_origin(entry, name)
    config = _mapping(entry.get("config"), name)
    cleaned = {
        RENAMED.get((name, key), key): _clean_setting(key, value, name, depth)
        for key, value in config.items()
        if not (key.endswith(OF_TRAINING) or _says_nothing(key, value, home))
    }
    if name == "InputLayer":
        cleaned = _clean_input(cleaned, config)
    axis = cleaned.get("axis")
    if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        cleaned["axis"] = axis[0]
    if cleaned.get("data_format") == "channels_first":
        raise BadModel(
            f"The layer '{name}' expects the channels first; images here have them last: convert "
            "the model where it was made (TensorFlow on a CPU cannot run it either)"
        )
    return _entry(home, name, cleaned)


def _clean_input(cleaned: Entry, config: Entry) -> Entry:
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    shape = _clean_value(shape, "batch_shape", 0)
    if not isinstance(shape, list):
        raise BadModel(f"Expected the shape of the model's input, got {str(shape)[:60]}")
    return {
        "batch_shape": shape,
        "dtype": "float32",
        "name": _name_of(cleaned),
    }


def _find_home(entry: Entry, name: str) -> str:
    """The module of Keras that a layer or operation of that name is taken from."""
    module = entry.get("module")
    if isinstance(module, str) and name in OPERATIONS.get(module, ()):
        return module
    if module is None and (name not in LAYERS or _takes_operands(entry)):
        for home, names in OPERATIONS.items():
            if name in names:
                return home
    if name in CODE:
        raise BadModel(
            f"The model holds a '{name}' layer: program code in a file, which is never run here; "
            "replace it by layers (Rescaling, for instance) where the model was made"
        )
    if name in LAYERS:
        return "keras.layers"
    if name in OTHER_HOMES:
        return OTHER_HOMES[name]
    raise BadModel(
        f"The layer '{name[:60]}' is none of those that an import rebuilds (Keras's own that work "
        "on images); replace it where the model was made, or bring its predictions as a table"
    )


def _takes_operands(entry: Entry) -> bool:
    """Whether a layer is called on several values rather than on a list of them.

    HDF5 files name arithmetic such as `x + 3` like the layer Add, without saying which it is.
    """
    nodes = entry.get("inbound_nodes")
    first = nodes[0] if isinstance(nodes, list) and nodes else None
    arguments = first.get("args") if isinstance(first, dict) else None
    return isinstance(arguments, list) and len(arguments) > 1


def _check_origin(entry: Entry, name: str) -> None:
    """Refuse a stranger that bears a name of Keras's own."""
    module, registered = entry.get("module"), entry.get("registered_name")
    is_own = module is None or (isinstance(module, str) and module.split(".")[0] in
                                {own.split(".")[0] for own in OWN_MODULES})  # fmt: skip
    if not is_own or registered not in (None, name, f"Keras>{name}", f"keras>{name}"):
        stranger = module if not is_own else registered
        raise BadModel(
            f"The layer '{name}' is not Keras's own but one of '{str(stranger)[:60]}', whose "
            "program is not in the file; replace it where the model was made"
        )


def _says_nothing(key: str, value: Any, home: str) -> bool:
    """Whether a setting of a layer changes nothing here, and may be unknown to today's Keras."""
    is_layer = home == "keras.layers"
    return is_layer and key in SAYS_NOTHING and (
        not SAYS_NOTHING[key] or value in SAYS_NOTHING[key]
    )  # fmt: skip


def _clean_setting(key: str, value: Any, layer: str, depth: int) -> Any:
    if key == "dtype":
        return _clean_dtype(value, layer)
    if key in ("activation", "recurrent_activation"):
        return _clean_activation(value, layer, depth)
    if key in SEEDS:
        return value if isinstance(value, int) else None
    return _clean_value(value, f"{layer}.{key}", depth)


def _clean_dtype(value: Any, layer: str) -> str:
    """Always float32, which holds the numbers of all narrower ones."""
    name = value
    if isinstance(value, dict):
        if value.get("class_name") not in ("DTypePolicy", "Policy"):
            raise BadModel(
                f"The layer '{layer}' has weights of another kind than plain floats "
                f"({str(value.get('class_name'))[:60]}); save it before it is quantized"
            )
        name = _mapping(value.get("config"), layer).get("name")
    if name is not None and not isinstance(name, str):
        raise BadModel(f"Expected the kind of number of the layer '{layer}', got another")
    return "float32"


def _clean_activation(value: Any, layer: str, depth: int) -> Any:
    """The name of one of Keras's own functions, or an activation layer of Keras's own."""
    if isinstance(value, dict) and value.get("class_name") in LAYERS:
        return _clean_layer(value, depth + 1)
    name = value.get("config") if isinstance(value, dict) else value
    if name is None or (isinstance(name, str) and name in ACTIVATIONS):
        return name
    raise BadModel(
        f"The activation '{str(name)[:60]}' of the layer '{layer}' is none of Keras's own; replace "
        "it where the model was made"
    )


def _clean_graph(value: Any, depth: int) -> Any:
    """How layers follow each other: names, numbers, tensors and nothing that is called."""
    if depth > MAX_DEPTH:
        raise BadModel("Expected the connections of the layers, got brackets nested too deep")
    if isinstance(value, list):
        return [_clean_graph(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return _check_plain(value, "the connections of the layers")
    kind = value.get("class_name")
    if kind is None and "__class__" not in value:
        return {key: _clean_graph(item, depth + 1) for key, item in value.items()}
    if kind == ELLIPSIS:
        return {"class_name": ELLIPSIS, "config": {}}
    if kind not in GRAPH_VALUES:
        raise BadModel(f"Expected tensors between the layers, got '{str(kind)[:60]}'")
    known = {"class_name": kind, "config": value.get("config"), "items": value.get("items")}
    return {
        key: item if key == "class_name" else _clean_graph(item, depth + 1)
        for key, item in known.items()
        if item is not None
    }


def _clean_value(value: Any, where: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise BadModel(f"Expected plain settings in {where}, got brackets nested too deep")
    if isinstance(value, list):
        return [_clean_value(item, where, depth + 1) for item in value]
    if isinstance(value, dict):
        kind = value.get("class_name")
        if kind == "__tuple__" and isinstance(value.get("items"), list):
            return _clean_value(value["items"], where, depth + 1)
        if kind in GRAPH_VALUES - {"__keras_tensor__"} or kind == ELLIPSIS:
            return _clean_graph(value, depth + 1)
        if kind is not None:
            raise BadModel(f"Expected plain settings in {where}, got '{str(kind)[:60]}'")
        return {key: _clean_value(item, where, depth + 1) for key, item in value.items()}
    return _check_plain(value, where)


def _check_plain(value: Any, where: str) -> Any:
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise BadModel(f"Expected at most {MAX_NUMBER:,} in {where}, the file declares {value:,}")
    return value


def _entry(module: str, name: str, config: Entry) -> Entry:
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def _name_of(config: Mapping[str, Any]) -> str:
    return _text(config.get("name", "model"), "a layer's name")


def _class_name(entry: Entry) -> str:
    return _text(entry.get("class_name"), "the kind of a layer")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise BadModel(f"Expected {what} as a text, got {str(value)[:60]}")
    return value


def _mapping(value: Any, name: str) -> Entry:
    if not isinstance(value, dict):
        raise BadModel(f"Expected the settings of '{name[:60]}', got {str(value)[:60]}")
    return value
