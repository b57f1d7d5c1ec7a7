"""Demo cases of this kind: one just received, and one whose trays are measured while you look around.

The second takes some seconds to draw, so the worker does it after the desk is up: a newcomer does not wait for it.
"""

from __future__ import annotations

from django.conf import settings

from xiaoshi.core.notes.simulate import TrayOptions, simulate
from xiaoshi.desk.cases.opening import open_case
from xiaoshi.desk.cases.steps import do_step
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.kinds.burnt_notes.acts.trays import add_tray
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.library import font_bytes, load_library, specimen_reprint

SEED = 20260331
TRAYS = 2
NOTES_PER_TRAY = 6
FACTS = {
    "container": "饼干铁盒",
    "cause": "fire",
    "special_damage": True,
    "designated": True,
    "fire_paper": True,
    "told_amount_fen": 50_000_00,
    "payout": "cash",
}


def load() -> None:
    """The quick part, in the demo's own process; and the order for the slow one."""
    from xiaoshi.desk.kinds.burnt_notes.jobs import draw_demo_trays

    lobby = Staff.objects.select_related("unit").get(login="zhou.qing")
    opening = {"kind": "burnt_notes", "id_number": "000000190001010000", "phone": "00000000000"}
    perform(
        open_case,
        lobby,
        "demo/burnt_notes/received",
        client_name="示例·贺知秋",
        facts={**FACTS, "cause": "mould", "fire_paper": False},
        **opening,
    )
    tin = perform(open_case, lobby, "demo/burnt_notes/tin", client_name="示例·叶采薇", facts=FACTS, **opening)
    teller = Staff.objects.select_related("unit").get(login="li.min")
    perform(
        do_step,
        teller,
        "demo/burnt_notes/tin/intake",
        case_id=tin.case_id,
        step="intake",
        result={"circumstances": "家中失火，铁盒被烧，里面的钱粘在一起。", "explained": True},
    )
    draw_demo_trays.defer(case_id=str(tin.case_id))


def draw_trays(case_id: str) -> None:
    """Simulate the trays and photograph them through the act. Run twice, it does nothing the second time."""
    teller = Staff.objects.select_related("unit").get(login="li.min")
    references, _problems = load_library(settings.LIBRARY_DIR)
    font = font_bytes()
    made = simulate(
        references,
        seed=SEED,
        trays=TRAYS,
        notes_per_tray=NOTES_PER_TRAY,
        options=TrayOptions(font=font, reprint=specimen_reprint(font)),
    )
    for number, tray in enumerate(made.trays, start=1):
        perform(
            add_tray,
            teller,
            f"demo/burnt_notes/tray/{number}",
            case_id=case_id,
            name=tray.name,
            content=tray.jpeg,
        )
