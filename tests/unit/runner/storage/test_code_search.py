# ruff: noqa: E501  # a table of small sources
"""What counts as code that a function reaches, on small packages made to hide it: names that are computed, registries,
hooks, lazy modules, imports in every place. Each edit is made in memory; the code is read, never run."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.storage import code
from runner.storage.code import Code, Reader

STEM = "hidden_shop"


def read(
    folder: Path, files: Mapping[str, str], subject: str, edits: Mapping[str, tuple[str, str]] | None = None
) -> Code:
    """The code of `module:name` in a package of these files, after replacing text in some."""
    texts = {}
    for name, text in {"__init__.py": "", **files}.items():
        old, new = (edits or {}).get(name, ("", ""))
        assert old in text
        path = folder / STEM / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        texts[path] = text.replace(old, new, 1).encode()
    module, name = subject.split(":")
    reader = Reader(home=STEM, text=lambda path: texts.get(path) or path.read_bytes())
    reader._files |= {_module(path.relative_to(folder)): path for path in texts if path.suffix == ".py"}
    return reader._code(reader._reached(reader._resolve(f"{STEM}.{module}", name)), set())


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@pytest.fixture(autouse=True)
def known(tmp_path, monkeypatch):
    """The package lies where nothing finds it but the test."""
    monkeypatch.setattr(code, "_file_of", lambda module: None if module.startswith(STEM) else _found(module))


_found = code._file_of

USE = "from hidden_shop.helper import twice\n\ndef f(x):\n    return twice(x)\n"
NOTICED = {
    "a decorated class registers itself": (
        {"m.py": "TABLE = {}\ndef register(c):\n    TABLE[c.__name__] = c\n    return c\n\n@register\nclass A:\n    x = 1\n\n"
                 "def f():\n    return TABLE['A']\n"},
        "m.py", "x = 1", "x = 2"),
    "a class is seen by its base": (
        {"m.py": "from hidden_shop.base import Base, ALL\n\nclass Sub(Base):\n    x = 1\n\ndef f():\n    return ALL\n",
         "base.py": "ALL = []\nclass Base:\n    def __init_subclass__(cls):\n        ALL.append(cls)\n"},
        "m.py", "x = 1", "x = 2"),
    "a class is seen by the base of its base": (
        {"m.py": "from hidden_shop.base import Mid, ALL\n\nclass Sub(Mid):\n    x = 1\n\ndef f():\n    return ALL\n",
         "base.py": "ALL = []\nclass Base:\n    def __init_subclass__(cls):\n        ALL.append(cls)\n\nclass Mid(Base):\n    pass\n"},
        "m.py", "x = 1", "x = 2"),
    "a metaclass sees it": (
        {"m.py": "ALL = []\nclass Meta(type):\n    def __init__(cls, *a):\n        ALL.append(cls)\n\nclass Sub(metaclass=Meta):\n"
                 "    x = 1\n\ndef f():\n    return ALL\n"},
        "m.py", "x = 1", "x = 2"),
    "a constant is made by a function that registers": (
        {"m.py": "ALL = []\ndef add(x):\n    ALL.append(x)\n    return x\n\nONE = add(1)\n\ndef f():\n    return ALL\n"},
        "m.py", "add(1)", "add(2)"),
    "a decorator of ours has the name of a pure one": (
        {"m.py": "ALL = []\ndef cache(g):\n    ALL.append(g)\n    return g\n\n@cache\ndef g():\n    return 1\n\ndef f():\n    return ALL\n"},
        "m.py", "return 1", "return 2"),
    "names of the module are computed": (
        {"m.py": "def f_1():\n    return 1\n\ndef f(n):\n    return globals()[f'f_{n}']()\n"}, "m.py", "return 1", "return 2"),
    "modules are computed, by another name of import_module": (
        {"m.py": "from importlib import import_module as load\n\ndef f(n):\n    return load(f'hidden_shop.k_{n}')\n",
         "k_1.py": "A = 1\n"}, "k_1.py", "A = 1", "A = 2"),
    "modules are computed, through importlib": (
        {"m.py": "import importlib as il\n\ndef f(n):\n    return il.import_module(f'hidden_shop.k_{n}')\n",
         "k_1.py": "A = 1\n"}, "k_1.py", "A = 1", "A = 2"),
    "a module's own __getattr__ answers": (
        {"m.py": "from hidden_shop import lazy\n\ndef f():\n    return lazy.thing\n",
         "lazy.py": "def __getattr__(name):\n    return 1\n"}, "lazy.py", "return 1", "return 2"),
    "a module's __getattr__ answers for a declared name": (
        {"m.py": "from hidden_shop.lazy import thing\n\ndef f():\n    return thing\n",
         "lazy.py": "thing: int\n\ndef __getattr__(name):\n    return 1\n"}, "lazy.py", "return 1", "return 2"),
    "a submodule that somebody else imported": (
        {"m.py": "import hidden_shop.helper\n\ndef f(x):\n    return hidden_shop.other.thrice(x)\n", "helper.py": "A = 1\n",
         "other.py": "def thrice(x):\n    return 3 * x\n"}, "other.py", "3 * x", "4 * x"),
    "a star import": (
        {"m.py": "from hidden_shop.helper import *\n\ndef f(x):\n    return twice(x)\n", "helper.py": "def twice(x):\n    return 2 * x\n"},
        "helper.py", "2 * x", "3 * x"),
    "a conditional import": (
        {"m.py": "import sys\nif sys.platform == 'x':\n    twice = None\nelse:\n    from hidden_shop.helper import twice\n\n"
                 "def f(x):\n    return twice(x)\n", "helper.py": "def twice(x):\n    return 2 * x\n"},
        "helper.py", "2 * x", "3 * x"),
    "an import that may fail": (
        {"m.py": "try:\n    from hidden_shop.helper import twice\nexcept ImportError:\n    twice = None\n\ndef f(x):\n    return twice(x)\n",
         "helper.py": "def twice(x):\n    return 2 * x\n"}, "helper.py", "2 * x", "3 * x"),
    "a type-checking block with another branch": (
        {"m.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    twice = None\nelse:\n    from hidden_shop.helper import twice\n\n"
                 "def f(x):\n    return twice(x)\n", "helper.py": "def twice(x):\n    return 2 * x\n"},
        "helper.py", "2 * x", "3 * x"),
    "an import inside a function": (
        {"m.py": "def f(x):\n    import hidden_shop.helper as h\n    return h.twice(x)\n", "helper.py": "def twice(x):\n    return 2 * x\n"},
        "helper.py", "2 * x", "3 * x"),
    "a relative import inside a match": (
        {"m.py": "def f(x):\n    match x:\n        case 1:\n            from . import helper\n            return helper.twice(x)\n",
         "helper.py": "def twice(x):\n    return 2 * x\n"}, "helper.py", "2 * x", "3 * x"),
    "a table of functions": (
        {"m.py": "def g(x):\n    return 2 * x\n\nTABLE = {'g': g}\n\ndef f(n, x):\n    return TABLE[n](x)\n"}, "m.py", "2 * x", "3 * x"),
    "a default value": (
        {"m.py": "def g():\n    return 1\n\ndef f(how=g):\n    return how()\n"}, "m.py", "return 1", "return 2"),
    "an inherited method": (
        {"m.py": "from hidden_shop.base import Base\n\nclass A(Base):\n    pass\n\ndef f():\n    return A().x()\n",
         "base.py": "class Base:\n    def x(self):\n        return 1\n"}, "base.py", "return 1", "return 2"),
    "a generic base": (
        {"m.py": "from hidden_shop.base import Base\n\nclass A(Base[int]):\n    pass\n\ndef f():\n    return A()\n",
         "base.py": "class Base:\n    x = 1\n"}, "base.py", "x = 1", "x = 2"),
    "an enumeration in a match": (
        {"m.py": "import enum\n\nclass K(enum.Enum):\n    A = 1\n\ndef f(x):\n    match x:\n        case K.A:\n            return 1\n"},
        "m.py", "A = 1", "A = 2"),
    "a re-export": (
        {"m.py": "from hidden_shop.api import twice\n\ndef f(x):\n    return twice(x)\n", "api.py": "from hidden_shop.helper import twice\n",
         "helper.py": "def twice(x):\n    return 2 * x\n"}, "helper.py", "2 * x", "3 * x"),
    "a name of a package that is a module of it, too": (
        {"m.py": "from hidden_shop.deep import fit\n\ndef f():\n    return fit\n", "deep/__init__.py": "def fit():\n    return 1\n",
         "deep/fit.py": "B = 1\n"}, "deep/__init__.py", "return 1", "return 2"),
    "a constant grows afterwards": (
        {"m.py": "SIZES = [1]\nSIZES += [2]\n\ndef f():\n    return SIZES\n"}, "m.py", "[2]", "[3]"),
    "a constant by a loop": (
        {"m.py": "SIZES = {}\nfor n in (1, 2):\n    SIZES[n] = n\n\ndef f():\n    return SIZES\n"}, "m.py", "(1, 2)", "(1, 3)"),
    "the order of two definitions": (
        {"m.py": "SIZE = 1\nSIZE = 2\n\ndef f():\n    return SIZE\n"}, "m.py", "SIZE = 1\nSIZE = 2", "SIZE = 2\nSIZE = 1"),
    "a walrus in a constant": (
        {"m.py": "A = (B := 1) + 1\n\ndef f():\n    return B\n"}, "m.py", "(B := 1)", "(B := 2)"),
    "a data file": (
        {"m.py": "from pathlib import Path\n\ndef f():\n    return Path(__file__).with_name('x.yaml').read_text()\n", "x.yaml": "a: 1\n"},
        "x.yaml", "a: 1", "a: 2"),
    "a data file whose name is computed": (
        {"m.py": "from importlib.resources import files\n\ndef f(n):\n    return files('hidden_shop').joinpath(f'{n}.yaml')\n", "x.yaml": "a: 1\n"},
        "x.yaml", "a: 1", "a: 2"),
    "a data file in the folder above": (
        {"deep/__init__.py": "", "deep/m.py": "from pathlib import Path\n\ndef f(n):\n    return Path(__file__).parents[1] / f'{n}.yaml'\n",
         "x.yaml": "a: 1\n"}, "x.yaml", "a: 1", "a: 2"),
    "one of two data files of one name": (
        {"m.py": "from pathlib import Path\n\ndef f(n):\n    return Path(__file__).parent / n / 'x.yaml'\n", "a/x.yaml": "a: 1\n",
         "b/x.yaml": "a: 1\n"}, "a/x.yaml", "a: 1", "a: 2"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTICED)
def test_an_edit_of_what_is_reached_in_a_hidden_way_is_noticed(tmp_path, case):
    files, name, old, new = NOTICED[case]
    subject = "deep.m:f" if "deep/m.py" in files else "m:f"
    before = read(tmp_path, files, subject)
    assert before.digest != read(tmp_path, files, subject, {name: (old, new)}).digest


UNNOTICED = {
    "another function": ("m.py", "def g(x):\n    return x", "def g(x):\n    return -x"),
    "another constant": ("m.py", "OTHER = 1", "OTHER = 2"),
    "a docstring": ("helper.py", '"""Twice."""', '"""Two times."""'),
    "a comment": ("helper.py", "# really", "# indeed"),
    "a module's docstring": ("helper.py", '"""Helps."""', ""),
    "a module that nobody imports": ("stranger.py", "A = 1", "A = 2"),
    "a decorated dataclass beside it": ("m.py", "x: int = 1", "x: int = 2"),
    "a cached function beside it": ("m.py", "return 7", "return 8"),
}
FILES = {
    "m.py": "from dataclasses import dataclass\nfrom functools import cache\nfrom hidden_shop.helper import twice\n\nOTHER = 1\n\n"
    "def f(x):\n    return twice(x)\n\ndef g(x):\n    return x\n\n@dataclass\nclass D:\n    x: int = 1\n\n@cache\ndef h():\n    return 7\n",
    "helper.py": '"""Helps."""\n\ndef twice(x):\n    """Twice."""\n    return 2 * x  # really\n',
    "stranger.py": "A = 1\n",
}  # fmt: skip


@pytest.mark.parametrize("case", UNNOTICED)
def test_an_edit_of_anything_else_is_not(tmp_path, case):
    name, old, new = UNNOTICED[case]
    assert read(tmp_path, FILES, "m:f").digest == read(tmp_path, FILES, "m:f", {name: (old, new)}).digest


@given(
    chain=st.permutations(range(6)),
    ways=st.lists(st.sampled_from(["from", "module", "inner", "package"]), min_size=6, max_size=6),
)
def test_a_chain_of_any_imports_is_followed_to_its_end(tmp_path_factory, chain, ways):
    """f in the first module calls the next, and so on; the last is edited, and the one that nobody imports."""
    folder = tmp_path_factory.mktemp("chain")
    files = {"stranger.py": "A = 1\n"}
    for place, (number, way) in enumerate(zip(chain, ways, strict=True)):
        if place == len(chain) - 1:
            files[f"n{number}.py"] = "def f():\n    return 1\n"
            continue
        after = f"n{chain[place + 1]}"
        files[f"n{number}.py"] = {
            "from": f"from hidden_shop.{after} import f as g\n\ndef f():\n    return g()\n",
            "module": f"from hidden_shop import {after}\n\ndef f():\n    return {after}.f()\n",
            "inner": f"def f():\n    from .{after} import f as g\n    return g()\n",
            "package": f"import hidden_shop.{after}\n\ndef f():\n    return hidden_shop.{after}.f()\n",
        }[way]
    subject = f"n{chain[0]}:f"
    before = read(folder, files, subject)
    assert read(folder, files, subject, {f"n{chain[-1]}.py": ("return 1", "return 2")}).digest != before.digest
    assert read(folder, files, subject, {"stranger.py": ("A = 1", "A = 2")}).digest == before.digest
