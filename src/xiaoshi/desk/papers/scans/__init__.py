"""Scans that arrive late: cover sheets with a code, batches split at them, and a tray for what nobody can place by machine.

Problem. The client sends the missing paper a week later; the scanner makes one PDF of forty papers for nine cases, some
upside down, some without anything that says whose they are. Nothing may be lost, and nothing may land on a stranger's case.

Choice. A cover sheet bears one unguessable code (80 random bits) for one requirement of one case. A scan is split at the
sheets; what follows a sheet goes to its requirement, through the same act as a paper from the counter, as the person who
scanned it. A code that is unknown, of another outlet's case, used, or too old does nothing: the pages lie in the outlet's
tray with the reason, until a person attaches them or puts them aside. The file as it came is kept in any case.

Example: 7 pages, sheets on 1 and 4: pages 2-3 go to the first requirement, 5-7 to the second; a page before the first
sheet goes to the tray.

In a PDF or TIFF a sheet counts inside its file only; single pictures follow one another as the scanner named them.

Left out: bar codes of other systems; a sheet as a sticker on the paper itself (a page with a code counts as a sheet).
"""
