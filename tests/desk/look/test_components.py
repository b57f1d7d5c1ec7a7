"""How templates use the components: cotton is silent about a wrong name, so this is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import xiaoshi.desk

DESK = Path(xiaoshi.desk.__file__).parent
COTTON = DESK / "templates" / "cotton"
TEMPLATES = sorted(DESK.rglob("*.html"))
COMPONENT = re.compile(r"<c-([\w.-]+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
ATTRIBUTE = re.compile(r"""(:?[\w-]+)=("[^"]*"|'[^']*')""")


def file_of(component: str) -> Path:
    path = COTTON / component.replace("-", "_").replace(".", "/")
    return path / "index.html" if path.is_dir() else path.with_suffix(".html")


def declared(component: Path) -> set[str]:
    found = re.search(r"<c-vars([^>]*)/>", component.read_text("utf-8"))
    return {name.lstrip(":").replace("-", "_") for name, _ in ATTRIBUTE.findall(found[1])} if found else set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(DESK)))
def test_components_exist_and_get_attributes_that_they_know(template: Path) -> None:
    for component, attributes in COMPONENT.findall(template.read_text("utf-8")):
        if component in ("vars", "slot"):
            continue
        file = file_of(component)
        assert file.exists(), f"<c-{component}>: there is no such component in desk/templates/cotton"
        passes_on = "{{ attrs }}" in file.read_text("utf-8")
        for name, value in ATTRIBUTE.findall(attributes):
            assert not (name.startswith(":") and "|" in value and "{" not in value), (
                f'<c-{component} {name}={value}>: a filter after a colon is dropped; write {name[1:]}="{{{{ … }}}}"'
            )
            known = name.lstrip(":").replace("-", "_") in declared(file)
            assert known or passes_on, f"<c-{component}> knows no attribute {name}"
