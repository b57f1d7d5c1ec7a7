"""Who may import whom. A failure says what to do."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "xiaoshi"
CORE = sorted((SOURCE / "core").rglob("*.py"))

# What core may use beside the standard library and itself; each line is a decision.
CORE_MAY_IMPORT = {"numpy", "cv2", "cel", "PIL", "pillow_heif", "bpmn_io", "ortools", "xsdata"}
# xsdata writes and reads the messages of ISO 20022; the classes (pyiso20022) are loaded by `core/iso20022/messages.py`.
WORLD = {
    "os",
    "pathlib",
    "socket",
    "subprocess",
    "urllib",
    "http",
    "shutil",
    "tempfile",
    "glob",
    "sqlite3",
    "asyncio",
}
CLOCKS = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "time.monotonic", "time.perf_counter")


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def test_core_imports_only_itself_and_a_short_list():
    import sys

    for path in CORE:
        for name in imports_of(path):
            top = name.partition(".")[0]
            if top == "xiaoshi":
                assert name.startswith("xiaoshi.core"), (
                    f"{path}: core must not know {name}; pass what it needs as an argument"
                )
            elif top not in sys.stdlib_module_names:
                assert top in CORE_MAY_IMPORT, (
                    f"{path}: {top} is not on core's short list; decide and add it, or move the code"
                )


def test_core_reads_no_clock_no_file_no_network():
    for path in CORE:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        forbidden = {n.partition(".")[0] for n in imports_of(path)} & WORLD
        assert not forbidden, (
            f"{path}: {forbidden} reaches the world outside; core takes values and gives values"
        )
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name != "open", f"{path}:{node.lineno}: core opens no file"
                assert not name.endswith(CLOCKS), (
                    f"{path}:{node.lineno}: {name}() reads the clock; take `now` as an argument"
                )


def test_the_desk_is_not_known_to_core_and_kinds_not_to_the_shared_desk():
    shared = [
        p for p in (SOURCE / "desk").rglob("*.py") if "kinds" not in p.relative_to(SOURCE / "desk").parts
    ]
    for path in shared:
        for name in imports_of(path):
            assert not name.startswith("xiaoshi.desk.kinds.") or name in {"xiaoshi.desk.kinds.kind"}, (
                f"{path}: imports {name}; the desk asks the registry (xiaoshi.desk.kinds), it names no kind"
            )


def test_no_drawer_without_a_theme():
    drawers = {"utils", "misc", "helpers", "common", "util", "base"}
    found = [p for p in SOURCE.rglob("*.py") if p.stem in drawers]
    assert not found, f"{found}: name the file for what is in it"


def test_files_can_be_read_in_one_sitting():
    long = [
        (p, n)
        for p in SOURCE.rglob("*.py")
        if "migrations" not in p.parts and (n := len(p.read_text("utf-8").splitlines())) > 500
    ]
    assert not long, f"{long}: split by step"
