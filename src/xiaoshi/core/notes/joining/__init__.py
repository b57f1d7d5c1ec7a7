"""Which pieces are parts of one note?

Problem. Joining two halves pays more than leaving them apart; joining halves of two notes pays money that nobody is
owed. In a trial a greedy join by "same note, no overlap" made 4 mixed notes out of 38. So pieces are joined only where the
evidence leaves no other reading, and everything else is a choice for a person, with what speaks for it.

Choice. Three steps, all in the note's own millimetres (where the pieces have been laid by their print, back as seen from the front):

1. Every two pieces of one kind whose places do not overlap are weighed (`evidence`): torn edges that go on in each other
   (`edges`), lying on the tray as one, numbers; each thing in bits, counted on drawn notes (`drawn`).
2. The partition with the most bits, less a price for each piece that joins (`PRICE_BITS`: how unlikely a partner is before anything
   is seen), is found exactly (`partition`), with overlap, edition and contradicting numbers as hard conflicts.
3. Joined is only what every partition worth within `MARGIN_BITS` of the best agrees on: 10 bits, a thousand to one. The rest
   stays apart; `Group.maybe` says what may belong to it, unless the evidence excludes it as surely.

First each picture by itself, then groups of different pictures, at a higher price (a tin has more strangers than a tray)
and by evidence that needs no tray.

Worked example (simulated tray): two parts of a torn 50 run side by side for 65 mm, 0.26 mm rough, the gap even to 0.06: agreement
65/3 x log2(0.26/0.06) = 46, all of the 40 bits that edges may give; less the price of 5, margin 35: joined. The left half of one note and the right half of another
cross or gape after a few millimetres: "edges differ", -3 bits: apart, the last of the choices. Two halves cut with scissors: even,
but straight, 2.5 bits: a choice for a person. A third piece that fits the same edge as well as the second: both partitions are
worth the same, margin 0: a choice.

Left out: colour and soil across the tear (they differ within one tray as much as between notes), the burn pattern of
neighbours in a stack, pieces without print (they have no place in a note).
"""

from xiaoshi.core.notes.joining.deciding import PRICE_BITS, join
from xiaoshi.core.notes.joining.edges import Contact, contact
from xiaoshi.core.notes.joining.parts import Evidence, Group, Mask, Part, Proof, Weighed, may_be_one

__all__ = [
    "PRICE_BITS",
    "Contact",
    "Evidence",
    "Group",
    "Mask",
    "Part",
    "Proof",
    "Weighed",
    "contact",
    "join",
    "may_be_one",
]
