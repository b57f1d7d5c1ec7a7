"""Visits to the desk: one page as one person, in a language and a size of type, watched for broken rules."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
PICTURE_LIMIT_BYTES = 250_000
WATCH = """
window.broken = [];
document.addEventListener('securitypolicyviolation', (e) => window.broken.push(`${e.violatedDirective} ${e.blockedURI}`));
"""


@dataclass
class Visitor:
    """One browser page and what went wrong on it."""

    page: Any
    site: str
    pictures: Path
    troubles: list[str] = field(default_factory=list)

    def go(self, path: str, status: int | None = 200) -> Visitor:
        answer = self.page.goto(self.site + path)
        if status is not None:
            assert answer.status == status, (path, answer.status, self.text()[:400])
        return self

    def text(self) -> str:
        return str(self.page.inner_text("body"))

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tray_ready(self) -> Visitor:
        """The tray's script has started (it is fetched only on pages with a tray), so keys act."""
        self.page.wait_for_selector("[data-tray-tools]", state="visible")
        return self

    def picture(self, name: str) -> Path:
        """The window as a PNG of a few colours, below a quarter of a megabyte."""
        image = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        return keep_small(image, self.pictures / f"{name}.png")

    def axe(self) -> list[str]:
        """What axe-core finds, one line a violation."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{v['id']}: {v['help']} at {', '.join(str(n['target'][0]) for n in v['nodes'][:4])}"
            for v in found["violations"]
        ]

    def too_wide(self) -> list[str]:
        """What sticks out to the right, when the page scrolls sideways; nothing when it does not."""
        return list(
            self.page.evaluate(
                """() => {
                  const root = document.documentElement
                  if (root.scrollWidth <= root.clientWidth) return []
                  return [...document.body.querySelectorAll('*')]
                    .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1)
                    .map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`).slice(0, 5)
                }"""
            )
        )

    def small_targets(self, selector: str, least_px: int = 44) -> list[str]:
        """Shown elements of the selector that are lower than a finger needs."""
        return list(
            self.page.evaluate(
                """([selector, least]) => [...document.querySelectorAll(selector)]
                  .filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < least - .5)
                  .map((e) => `${e.textContent.trim().slice(0, 30)} ${e.getBoundingClientRect().height}`)""",
                [selector, least_px],
            )
        )


@dataclass
class Desk:
    """Opens visits and sees to it that they end clean."""

    browser: Any
    site: str
    signed_in: Callable[[str], Any]
    pictures: Path
    visits: list[tuple[Any, Visitor]] = field(default_factory=list)

    def visit(
        self,
        person: str | None,
        *,
        language: str = "zh-hans",
        size: str = "1",
        width: int = 1280,
        height: int = 900,
        **options: Any,
    ) -> Visitor:
        """A page as this person (None: nobody has signed in)."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            storage_state=self.signed_in(person) if person else None,
            locale="zh-CN" if language.startswith("zh") else "en-GB",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(15_000)
        context.add_cookies(
            [
                {"name": "xiaoshi_language", "value": language, "url": self.site},
                {"name": "xs_size", "value": size, "url": self.site},
            ]
        )
        context.add_init_script(WATCH)
        visitor = Visitor(context.new_page(), self.site, self.pictures)
        visitor.page.on("pageerror", lambda error: visitor.troubles.append(str(error)))
        visitor.page.on("console", lambda message: _note(visitor, message))
        self.visits.append((context, visitor))
        return visitor

    def close(self) -> None:
        troubles = []
        for context, visitor in self.visits:
            troubles += visitor.troubles
            context.close()
        self.visits.clear()
        assert troubles == [], troubles


def _note(visitor: Visitor, message: Any) -> None:
    """Errors of scripts and of the content policy count; a page that answers 4xx on purpose does not."""
    if message.type == "error" and "Failed to load resource" not in message.text:
        visitor.troubles.append(message.text)


def keep_small(image: Image.Image, path: Path) -> Path:
    """Write a PNG that loads fast: as many colours as fit below the limit."""
    for colours in (256, 128, 64, 32):
        flat = image.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        flat.save(path, optimize=True)
        if path.stat().st_size <= PICTURE_LIMIT_BYTES:
            break
    return path
