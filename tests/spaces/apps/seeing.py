"""What an app of ours is made of: endpoints that give a value back, and say what reached the author's function."""

import hashlib
import os
from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd
from PIL import Image
from pydantic import BaseModel

# Gradio 4 and 5 have two forms of a history, pairs and messages; 6 only the second.
MESSAGES = {} if gr.__version__ >= "6" else {"type": "messages"}


def describe_value(value: Any) -> Any:
    """A value as JSON that is the same wherever the Space keeps its files: each one as a digest of its bytes."""
    if isinstance(value, list | tuple):
        return [describe_value(item) for item in value]
    if isinstance(value, dict):
        return {key: describe_value(item) for key, item in value.items()}
    if isinstance(value, str | os.PathLike) and os.path.isabs(value) and os.path.isfile(value):
        with open(value, "rb") as file:
            return {"suffix": os.path.splitext(value)[1], "sha256": hash_bytes(file.read())}
    for kind, told in DESCRIBERS.items():
        if isinstance(value, kind):
            return told(value)
    return value


def hash_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def describe_table(table: pd.DataFrame) -> dict[str, Any]:
    """The columns, and each cell with `None` where there is nothing."""
    cells = [[None if pd.isna(cell) else cell for cell in row] for row in table.to_numpy(dtype=object).tolist()]
    return {"columns": [str(name) for name in table.columns], "cells": cells}


DESCRIBERS: dict[type, Callable[[Any], Any]] = {
    np.ndarray: lambda array: {"shape": list(array.shape), "sha256": hash_bytes(np.ascontiguousarray(array).tobytes())},
    Image.Image: lambda image: {"size": list(image.size), "mode": image.mode, "sha256": hash_bytes(image.tobytes())},
    pd.DataFrame: describe_table,
    BaseModel: lambda model: describe_value(model.model_dump()),
}


def identity(value: Any) -> Any:
    return value


def add_round_trip(name: str, component: Any, returned: Any = None, change: Callable[[Any], Any] = identity) -> None:
    """An endpoint that takes a value and returns it, changed or not, and what its function has seen.

    `returned` is the component that shows it, the one that took it if there is none.
    """

    def function(value):
        return change(value), {"vu": describe_value(value)}

    report = gr.JSON(label="Vu par le Space")
    gr.Button(f"Envoyer : {name}").click(function, component, [returned or component, report], api_name=name)


def add_output(name: str, component: Any, function: Callable[[], Any]) -> None:
    """An endpoint that takes nothing and returns something."""
    gr.Button(f"Montrer : {name}").click(function, None, component, api_name=name)
