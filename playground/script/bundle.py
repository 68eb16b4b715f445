"""Gathers the code that some names need, from all over the package, into one text without imports of the package.

Classes, functions and constants come along because a name leads to them, methods because some kept code says theirs.
What nothing leads to stays behind. Names that two files use for different things are told apart.
"""

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from playground.script.text import SECTION, Text, tidied

PACKAGE, CORE = "playground.", "playground.core."  # the core does not mix its own things with tensors
WIDTH = 120
ALWAYS = frozenset({"forward"})  # torch calls it
ERRORS = {"UsageError": "ValueError", "PlaygroundError": "RuntimeError"}  # what a plain script raises instead
PLAIN = frozenset({"Tensor", "str", "int", "float", "bool"})
ABOUT = {
    "playground.core.data": "data: what an example is, and a batch of them",
    "playground.core.random": "randomness: each purpose draws from a stream of its own",
    "playground.core.model": "what all families share",
}
Path_ = tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """Something that is kept or left out as a whole: a definition of a file, or a member of a class.

    Attributes:
        module: the file, as Python names it.
        path: ("VAE",) or ("VAE", "train_step").
        node: its tree.
        names, attributes: what its own code mentions, members that are items themselves left out.
    """

    module: str
    path: Path_
    node: ast.stmt
    names: frozenset[str]
    attributes: frozenset[str]


class Module:
    """One file of the package, cut into items.

    Attributes:
        text: the code.
        items: by path.
        imports: the package's names that it imports: (file, name) by the name used here.
        others: lines that import everything else, by the name used here.
        about: the first sentence of its docstring.
    """

    def __init__(self, name: str, source: str) -> None:
        self.name, self.text = name, Text(source)
        self.imports: dict[str, tuple[str, str]] = {}
        self.others: dict[str, str] = {}
        self.items: dict[Path_, Item] = {}
        docstring = ast.get_docstring(self.text.tree) or ""
        self.about = " ".join(docstring.split("\n\n")[0].split())
        for statement in self.text.tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._note_import(statement)
            else:
                self._note(statement, ())

    def _note_import(self, statement: ast.Import | ast.ImportFrom) -> None:
        for alias in statement.names:
            used, renamed = alias.asname or alias.name, f" as {alias.asname}" if alias.asname else ""
            if isinstance(statement, ast.Import):
                self.others[used.partition(".")[0]] = f"import {alias.name}{renamed}"
            elif (statement.module or "").startswith(PACKAGE):
                self.imports[used] = (statement.module or "", alias.name)
            else:
                self.others[used] = f"from {statement.module} import {alias.name}{renamed}"

    def _note(self, statement: ast.stmt, outer: Path_) -> None:
        for name in _defined(statement):
            path = (*outer, name)
            inner: list[ast.stmt] = []
            if isinstance(statement, ast.ClassDef):
                inner = [member for member in statement.body if any(_defined(member))]
                for member in inner:
                    self._note(member, path)
            names, attributes = _mentioned(statement, inner, all_ours=self.name.startswith(CORE))
            self.items[path] = Item(self.name, path, statement, names, attributes)


def _defined(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of a file or class gives a meaning."""
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def _mentioned(
    statement: ast.stmt, without: list[ast.stmt], *, all_ours: bool
) -> tuple[frozenset[str], frozenset[str]]:
    names: set[str] = set()
    attributes: set[str] = set()
    waiting: list[ast.AST] = [statement]
    typed = {node.arg for node in ast.walk(statement) if isinstance(node, ast.arg)
             and isinstance(node.annotation, ast.Name) and node.annotation.id not in PLAIN}  # fmt: skip
    typed |= set(_own_parts(statement))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            if all_ours or _may_be_ours(node, typed):
                attributes.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= _in_quotes(node.value)
        waiting += [child for child in ast.iter_child_nodes(node) if child not in without]
    return frozenset(names), frozenset(attributes)


def _own_parts(statement: ast.stmt) -> Iterator[str]:
    """Local names of an object's own parts: ``replay = self.replay``."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                both = (target.elts, node.value.elts) if isinstance(target, ast.Tuple) and isinstance(
                    node.value, ast.Tuple) else ([target], [node.value])  # fmt: skip
                for name, value in zip(*both, strict=False):
                    if isinstance(name, ast.Name) and isinstance(value, ast.Attribute):
                        yield from [name.id] * (isinstance(value.value, ast.Name) and value.value.id == "self")


def _may_be_ours(node: ast.Attribute, typed: set[str]) -> bool:
    """Whether an attribute may be one of a class of the package: tensors and texts have many of the same names."""
    if isinstance(node.value, ast.Constant | ast.JoinedStr):
        return False
    if not hasattr(torch.Tensor, node.attr):
        return True
    owner = node.value.value if isinstance(node.value, ast.Attribute) else node.value
    return isinstance(owner, ast.Name) and (owner.id == "self" or (owner is node.value and owner.id in typed))


def _in_quotes(text: str) -> set[str]:
    """A type that is named before it exists: "Batch"."""
    return {text} if text.isidentifier() and text[:1].isupper() else set()


class Bundle:
    """Grows by `need`; `code` is the text.

    Args:
        read: the code of a file of the package, by its name.
        left_out: paths of members that are never kept, by file.
    """

    def __init__(self, read: Callable[[str], str], left_out: Mapping[str, frozenset[str]]) -> None:
        self._read, self._left_out = read, left_out
        self._modules: dict[str, Module] = {}
        self._kept: set[tuple[str, Path_]] = set()

    def module(self, name: str) -> Module:
        """One file."""
        if name not in self._modules:
            self._modules[name] = Module(name, self._read(name))
        return self._modules[name]

    def need(self, names: Mapping[str, tuple[str, ...]], attributes: frozenset[str]) -> None:
        """Keeps some definitions, by file, and all that they lead to; `attributes` are those said by the caller."""
        kept: set[tuple[str, Path_]] = {(module, (name,)) for module, found in names.items() for name in found}
        said, known = set(attributes), -1
        while known != len(kept) + len(said):
            known = len(kept) + len(said)
            for module_name, path in sorted(kept):
                item = self.module(module_name).items[path]
                said |= item.attributes
                kept |= {found for name in item.names if (found := self._found(module_name, name))}
                if isinstance(item.node, ast.ClassDef):
                    kept |= {(module_name, member) for member in self._members(item, said)}
        self._kept |= kept

    def _found(self, module_name: str, name: str) -> tuple[str, Path_] | None:
        module = self.module(module_name)
        if (name,) in module.items:
            return module_name, (name,)
        if name in module.imports:
            origin, original = module.imports[name]
            return None if origin == "playground.core.errors" else self._found(origin, original)
        return None

    def _members(self, item: Item, said: set[str]) -> Iterator[Path_]:
        """The members of a class that are needed."""
        items = self.module(item.module).items
        never = self._left_out.get(item.module, frozenset())
        plain = isinstance(item.node, ast.ClassDef) and _is_record(item.node)
        for path, member in items.items():
            if path[:-1] != item.path or path[-1] in never:
                continue
            name = path[-1]
            special = name in ALWAYS or (name.startswith("__") and name.endswith("__"))
            if special or name in said or (plain and isinstance(member.node, ast.AnnAssign)):
                yield path

    # -- the text -------------------------------------------------------------------------------------------------

    def imports(self, more: Iterable[str]) -> list[str]:
        """The import lines that the kept code needs, and some more, sorted: the standard library first."""
        wanted = {line: line for line in more}
        for module_name, path in self._kept:
            module = self.module(module_name)
            wanted |= {name: module.others[name] for name in module.items[path].names if name in module.others}
        by_module: dict[str, set[str]] = {}
        for line in wanted.values():
            start, _, names = line.partition(" import ")
            by_module.setdefault(start if names else line, set()).update({names} - {""})
        lines = [f"{start} import {', '.join(sorted(names))}" if names else start for start, names in by_module.items()]
        groups = [[line for line in lines if (line.split()[1].partition(".")[0] in sys.stdlib_module_names) is standard]
                  for standard in (True, False)]  # fmt: skip
        return [*sorted(groups[0], key=_by_kind), "", *sorted(groups[1], key=_by_kind)]

    def _in_order(self) -> list[str]:
        """The files, each after those that it imports."""
        order: list[str] = []

        def visit(name: str) -> None:
            for imported, _ in self._modules[name].imports.values():
                if imported in self._modules and imported not in order:
                    visit(imported)
            order.extend([name] * (name not in order))

        for name in self._modules:  # as they were needed: the data first
            visit(name)
        return order

    def code(self) -> list[str]:
        """All that is kept, file by file, each under a heading."""
        order = self._in_order()
        renamed = self._renamed(order)
        lines: list[str] = []
        for name in order:
            paths = {path for module, path in self._kept if module == name}
            if paths:
                module = self.module(name)
                lines += [
                    "",
                    "",
                    heading(ABOUT.get(name, f"{name.rpartition('.')[2].strip('_')}: {module.about}")),
                    "",
                    "",
                ]
                lines += tidied(_cut(self._with_names(module, renamed), module, paths))
        return lines

    def _renamed(self, order: list[str]) -> dict[tuple[str, str], str]:
        """New names for definitions whose name is taken by a later file: (file, name) -> name."""
        users: dict[str, list[str]] = {}
        for module, path in self._kept:
            if len(path) == 1:
                users.setdefault(path[0], []).append(module)
        result = {}
        for name, modules in users.items():
            for module in sorted(modules, key=order.index)[:-1]:
                parts = module.split(".")
                stem = parts[-2] if parts[-1].startswith("_") else parts[-1]
                loud, grand = name.isupper(), name[:1].isupper()
                stem = stem.upper() if loud else stem.title().replace("_", "") if grand else stem
                result[module, name] = f"{stem}{'' if grand and not loud else '_'}{name}"
        return result

    def _with_names(self, module: Module, renamed: Mapping[tuple[str, str], str]) -> list[str]:
        """The file's lines with what is renamed, and with plain errors."""
        here = {name: new for (origin, name), new in renamed.items() if origin == module.name}
        here |= {used: renamed[origin] for used, origin in module.imports.items() if origin in renamed}
        here |= {used: ERRORS[used] for used in module.imports if used in ERRORS}
        lines = list(module.text.lines)
        if not here:
            return lines
        for node in ast.walk(module.text.tree):
            if isinstance(node, ast.Name) and node.id in here:
                lines[node.lineno - 1] = _replaced(lines[node.lineno - 1], node.id, here[node.id])
            elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in here:
                lines[node.lineno - 1] = _replaced(lines[node.lineno - 1], node.name, here[node.name])
        return lines


def _by_kind(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def source_of(module: str) -> str:
    """The code of a file of the package."""
    return Path(importlib.import_module(module).__file__ or "").read_text(encoding="utf-8")


def heading(words: str) -> str:
    """A comment line that parts a text."""
    words = words if len(words) < WIDTH - 8 else words[: WIDTH - 12].rpartition(" ")[0] + " ..."
    return f"{SECTION}{words} ".ljust(WIDTH, "-")


def _is_record(node: ast.ClassDef) -> bool:
    """Whether its fields are set in the order in which they stand: a dataclass that holds no settings."""
    decorated = any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
    return decorated and not node.name.endswith(("Config", "Options"))


def _replaced(line: str, name: str, new: str) -> str:
    """The line with each use of a name as such, not as an attribute, replaced."""
    return re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", new, line)


def _cut(lines: list[str], module: Module, paths: set[Path_]) -> list[str]:
    """The lines of what is kept, with headings inside the file."""
    drop: set[int] = set()
    keep: set[int] = set()
    for path, item in module.items.items():
        first, last = module.text.extent(item.node)
        if path not in paths:
            drop |= set(range(first, last + 1))
        elif len(path) == 1:
            keep |= set(range(first, last + 1))
    drop -= {line for path, item in module.items.items() if path in paths and not isinstance(item.node, ast.ClassDef)
             for line in range(item.node.lineno, (item.node.end_lineno or 0) + 1)}  # fmt: skip
    result = []
    for number, line in enumerate(lines, start=1):
        outside = not line.strip() or line.startswith(SECTION)
        if (number in keep or outside) and number not in drop:
            result.append(line)
    return result
