"""A laboratory for one question: how does learning scale, and how complex is what is learned?

`import lab` is cheap: the notebook face, `lab.api`, is loaded on first use.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module 'lab' has no attribute {name!r}")
    api = import_module("lab.api")
    if name == "api":
        return api
    return getattr(api, name)
