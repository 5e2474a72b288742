"""A laboratory for one question: how does learning scale, and how complex is what is learned?

`import lab` is cheap: the notebook face, `lab.api`, is loaded on first use.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"


def __getattr__(name: str) -> ModuleType:
    if name != "api":
        raise AttributeError(f"module 'lab' has no attribute {name!r}; the notebook face is lab.api")
    return import_module("lab.api")
