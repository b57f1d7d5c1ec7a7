"""Build the docs: `python scripts/build_docs.py [FOLDER]`, by default into `build/docs/`. `make docs` does it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "scripts")]

from docs_pages import DocsError  # noqa: E402
from said import say  # noqa: E402


def main(arguments: list[str]) -> int:
    """0 built; 1 the docs cannot be built (the file is named)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoshi.desk.settings")
    import django

    django.setup()
    import docs_reference
    from docs_site import Site

    folder = Path(arguments[0]) if arguments else ROOT / "build" / "docs"
    try:
        count = Site(folder, docs_reference.pages()).build()
    except DocsError as error:
        say(f"文档未生成 / The docs were not built: {error}", error=True)
        return 1
    say(f"{count} 页 / pages: {folder / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
