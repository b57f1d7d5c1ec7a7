"""Showing and reading what was handed in: pages as pictures, office files as tables and paragraphs, and the text of all.

Problem. A document is a stranger's file. It may hold a script, a bomb (42 KB that unpack to 4 GB), or a fault that takes
its reader along; yet a teller wants to see page 3 now, and the search wants its words.

Choice. No file is ever opened by the desk itself, and none is shown in its own format: a process of its own
(`worker.py`) gets the bytes, makes a picture, a table, paragraphs or plain text of them, and ends. It has limits on time,
address space, pages and pixels, may write no file and reach no network. A picture of a page cannot run anything.
What came out is kept encrypted (`kept.py`) and can be thrown away at any time.

Example: a contract of 80 pages. Opening it asks the worker once how many pages there are (0.3 s), each page that is looked
at costs 0.3 s the first time and nothing afterwards.

Left out: a pool of warm processes (0.2 s less a page; then a file could meet what another left behind), seccomp (no
package for it; the limits, a namespace without network and an audit hook stand in its place), HEIC (no decoder).
"""
