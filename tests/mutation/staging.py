"""The domain's sources as mutmut can mutate them.

mutmut leaves decorated functions alone, and most of the domain is decorated: what is registered with a
`singledispatch`, and properties. The staged text says the same with calls: the function first, undecorated and under a
name of its own, then what its decorators make of it. Nothing else changes.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


def staged(source: str) -> str:
    """The source with every decorated function of a module or of its classes written as a call of its decorators."""
    lines = source.splitlines(keepends=True)
    # From the end, so that the lines of those that come before stay where the tree says they are.
    for function in sorted(_decorated(ast.parse(source)), key=lambda found: found.lineno, reverse=True):
        assert function.end_lineno is not None
        first = min(decorator.lineno for decorator in function.decorator_list) - 1
        if _is_overload(function):
            lines[first : function.end_lineno] = []
            continue
        indent = " " * function.col_offset
        name = _name_of(function)
        called = name
        for decorator in reversed(function.decorator_list):
            called = f"{ast.unparse(decorator)}({called})"
        bound = called if function.name == "_" else f"{function.name} = {called}"
        head = lines[function.lineno - 1].replace(f"def {function.name}(", f"def {name}(", 1)
        body = lines[function.lineno : function.end_lineno]
        lines[first : function.end_lineno] = [head, *body, f"\n{indent}{bound}\n"]
    return "".join(lines)


def _decorated(tree: ast.Module) -> Iterator[Function]:
    for node in tree.body:
        for found in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(found, Function) and found.decorator_list:
                yield found


def _is_overload(function: Function) -> bool:
    """Only type checkers read these."""
    return ast.unparse(function.decorator_list[0]) == "overload"


def _name_of(function: Function) -> str:
    """`available_minor` -> `available_minor__plain`; a nameless one gets the type that it was registered for."""
    if function.name != "_":
        return f"{function.name}__plain"
    register = ast.unparse(function.decorator_list[0]).split(".")[0]
    annotation = function.args.args[0].annotation
    assert annotation is not None, "a registered function names the type that it is for"
    types = "".join(character if character.isalnum() else "_" for character in ast.unparse(annotation))
    return f"{register}__{types}"


def stage(source_dir: Path, stage_dir: Path) -> None:
    """Writes the staged text of every Python file below one folder into another, where it is not there already."""
    for path in sorted(source_dir.rglob("*.py")):
        target = stage_dir / path.relative_to(source_dir)
        text = staged(path.read_text(encoding="utf-8"))
        # Files that are as they were keep their time stamps, by which mutmut knows what to mutate anew.
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def domain_tests(unit_tests_dir: Path) -> list[Path]:
    """The unit tests that need no other room than the domain and the messages its events are stored as.

    Not the measuring of a large card, which is too slow to be run once for each mutant. State machines are, too; they
    stand among other tests, and pyproject.toml leaves them out by name.
    """
    chosen = []
    for path in sorted(unit_tests_dir.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        rooms = {module.split(".")[1] for module in modules if module.startswith("ledger.")}
        if "domain" in rooms and rooms <= {"domain", "messages", "clocks"} and not path.stem.endswith("_scale"):
            chosen.append(path)
    return chosen
