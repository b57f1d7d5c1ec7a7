"""Notes of earlier measurements get their pieces, so that a later run can tell which of them came out the same."""

from typing import Any

from django.db import migrations


def fill(apps: Any, editor: Any) -> None:
    alias = editor.connection.alias
    notes = apps.get_model("burnt_notes", "Note").objects.using(alias)
    measurements = apps.get_model("burnt_notes", "Measurement").objects.using(alias)
    for ident in measurements.values_list("id", flat=True):
        measurement = measurements.get(id=ident)
        pieces = {piece["id"]: piece for piece in measurement.assessment.get("pieces", [])}
        of_note = {note["id"]: note["pieces"] for note in measurement.assessment.get("notes", [])}
        for note in notes.filter(measurement=measurement, facts={}):
            own = [pieces[ident] for ident in of_note.get(note.key, []) if ident in pieces]
            note.facts = {"pieces": [{"id": p["id"], "polygon": p["polygon"]} for p in own]}
            note.save(update_fields=["facts"])


class Migration(migrations.Migration):
    dependencies = [("burnt_notes", "0005_pictures_and_hints_row_security")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
