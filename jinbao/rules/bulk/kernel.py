"""Load a compiled program: its source is written below the cache folder, and numba keeps the machine code beside it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinbao.rules.bulk import native
from jinbao.rules.bulk.compiler import Program

_loaded: dict[str, Callable[..., None]] = {}


def default_cache() -> Path:
    """Return the folder of compiled kernels below var/."""
    return Path(os.environ.get("JINBAO_VAR", "var")) / "kernels"


def digest(program: Program) -> str:
    """Name the kernel by everything that decides its machine code; arrays are passed in and may change."""
    import llvmlite  # type: ignore[import-untyped]  # ships no types
    import numba

    parts = (program.source, Path(native.__file__).read_text(), numba.__version__, llvmlite.__version__)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def load_kernel(program: Program, cache: Path | None = None) -> Callable[..., None]:
    """Return the native function of a program, compiled once for each content."""
    name = f"kernel_{digest(program)}"
    if name not in _loaded:
        path = (cache or default_cache()) / name[-24:] / f"{name}.py"
        if not path.exists() or path.read_text(encoding="utf-8") != program.source:
            _write(path, program.source)
        _loaded[name] = _import(name, path)
    return _loaded[name]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)


def _import(name: str, path: Path) -> Callable[..., None]:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec  # noqa: S101  # a file path always gives a loader
    assert spec.loader  # noqa: S101  # the same
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    kernel: Callable[..., None] = module.kernel
    return kernel
