"""`xiaoshi deposits value-batch IN.parquet OUT.parquet`: millions of deposits, block by block, with bounded memory.

The file's columns are the fields of `deposits value`. The answer has one row for each row of the input, in its order: `id`,
`interest_fen`, `tax_fen`, `net_fen`, `total_fen` (null: refused), `remaining` {principal_fen, opened_on}, and the codes in `unconfirmed` and
`problems`; segments are left to `deposits value`. OUT stands there whole or not at all.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np

from xiaoshi.core.deposits.bulk import Rates, rates_of
from xiaoshi.core.deposits.bulk.block import Answers, Field, Labels, Numbers, value_block
from xiaoshi.core.deposits.reading import KEYS
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.deposit_rate_table import RateBook
from xiaoshi.house.trouble import HouseError

BLOCK_ROWS = 1 << 17
WORKERS_MAX = 8
NEEDED = ("product", "principal_fen", "opened_on", "withdrawn_on")
ONE_BY_ONE = ("notice_fen", "idle_notices_on")
NO_PARQUET = 3
CODES = ["unconfirmed.list.element", "problems.list.element"]
"""The only columns of the answer in which the same value comes again and again."""


class FileRefusedError(Exception):
    """The file as a whole cannot be valued."""

    def __init__(self, code: str, zh: str, en: str, where: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, Words(zh, en), where)


def add_batch(works: Any) -> argparse.ArgumentParser:
    """The words of the command line."""
    batch: argparse.ArgumentParser = works.add_parser(
        "value-batch",
        help="成批计算(Parquet) / value millions, from Parquet",
        description="读 Parquet,逐行答利息和税,写 Parquet;列名同 deposits value。"
        " / Reads Parquet, answers row by row, writes Parquet; columns as in deposits value.",
    )
    batch.add_argument("source", metavar="IN.parquet")
    batch.add_argument("target", metavar="OUT.parquet")
    batch.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, WORKERS_MAX), metavar="N")
    return batch


def value_batch(args: argparse.Namespace, books: dict[str, RateBook]) -> dict[str, Any] | Problem:
    """Counts of what was done, or why the file cannot be valued. Raises HouseError without a Parquet library."""
    arrow, parquet = _library()
    try:
        return _value_file(args, books, arrow, parquet)
    except FileRefusedError as refusal:
        return refusal.problem
    except BrokenProcessPool:
        words = Words(
            "计算进程被中止(可能内存不足);没有写出结果,请减少 --workers 再试。",
            "A worker was ended, perhaps for want of memory; nothing was written. Try fewer --workers.",
        )
        return Problem("worker_gone", words, args.source)


def _library() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise HouseError(
            "parquet_library_missing",
            "读写 Parquet 需要 pyarrow,当前环境没有安装;请安装后再试,或用 deposits value(JSON)。",
            "Parquet needs the package pyarrow, which this environment lacks: install it, or use deposits value (JSON).",
            "pyarrow",
            NO_PARQUET,
        ) from None


def _value_file(
    args: argparse.Namespace, books: dict[str, RateBook], arrow: Any, parquet: Any
) -> dict[str, Any]:
    source, target = Path(args.source), Path(args.target)
    if not 1 <= args.workers <= WORKERS_MAX:
        raise FileRefusedError(
            "workers", f"--workers 为 1 至 {WORKERS_MAX}。", f"--workers is 1 to {WORKERS_MAX}.", "--workers"
        )
    if target.exists() and source.exists() and target.samefile(source):
        raise FileRefusedError(
            "same_file", "输出不能覆盖输入。", "The output cannot be the input.", str(target)
        )
    begun = time.monotonic()
    try:
        file = parquet.ParquetFile(source)
    except (OSError, arrow.ArrowException) as error:
        reason = _reason(error)
        raise FileRefusedError(
            "parquet_unreadable",
            f"无法读取 Parquet：{reason}。",
            f"The Parquet cannot be read: {reason}.",
            str(source),
        ) from error
    with file:
        schema = file.schema_arrow
        names = _checked(schema, arrow, str(source))
        ids = schema.field("id").type if "id" in schema.names else arrow.string()
        counts = {"rows": 0, "valued": 0, "refused": 0, "scalar": 0}
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with parquet.ParquetWriter(
                part, _answer_schema(arrow, ids), compression="snappy", use_dictionary=CODES
            ) as writer:
                for batch, answers in _valued(file, names, arrow, books, args.workers, str(source)):
                    writer.write_batch(_answer_batch(arrow, batch, answers, ids))
                    counts["rows"] += len(answers.valued)
                    counts["valued"] += int(answers.valued.sum())
                    counts["scalar"] += answers.scalar
            os.replace(part, target)
        except OSError as error:
            reason = _reason(error)
            raise FileRefusedError(
                "not_written",
                f"无法写出 {target}：{reason}。",
                f"{target} cannot be written: {reason}.",
                str(target),
            ) from error
        finally:
            part.unlink(missing_ok=True)
    counts["refused"] = counts["rows"] - counts["valued"]
    return {
        "ok": True,
        **counts,
        "seconds": round(time.monotonic() - begun, 3),
        "file": str(target),
        "problems": [_left_aside(name).as_json(args.lang) for name in schema.names if name not in KEYS],
    }


def _reason(error: Exception) -> str:
    """The system's own word for it, or the first line of the library's."""
    words = getattr(error, "strerror", None) or (str(error).splitlines() or [type(error).__name__])[0]
    return str(words)[:200].rstrip(".")


def _left_aside(name: str) -> Problem:
    return Problem(
        "column_unknown",
        Words(f"不认识的列“{name}”，已略过。", f"Unknown column “{name}”, left aside."),
        name,
    )


def _checked(schema: Any, arrow: Any, where: str) -> list[str]:
    """The columns to read, when the file has what is needed in types that hold it exactly."""
    for name in NEEDED:
        if name not in schema.names:
            raise FileRefusedError(
                "column_missing", f"缺少列“{name}”。", f"Column “{name}” is missing.", f"{where}:{name}"
            )
    if len(set(schema.names)) < len(schema.names):
        raise FileRefusedError("column_twice", "有同名的列。", "Two columns have the same name.", where)
    for column in schema:
        if column.name in ONE_BY_ONE:
            zh = f"成批计算不支持“{column.name}”，请用 deposits value。"
            en = f"Batches do not know “{column.name}”: use deposits value."
            raise FileRefusedError("column_one_by_one", zh, en, f"{where}:{column.name}")
        if column.name in KEYS and column.name != "id" and not _holds(arrow.types, column.type):
            zh = f"列“{column.name}”的类型 {column.type} 不能用：金额用整数分，日期用 date 或文字。"
            en = f"Column “{column.name}” is {column.type}: sums are whole fen, days are dates or text."
            raise FileRefusedError("column_type", zh, en, f"{where}:{column.name}")
    return [name for name in KEYS if name in schema.names]


def _holds(types: Any, kind: Any) -> bool:
    """Whether a column can be read at all; decimals can, and each of their rows is told that it has to be whole."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    plain = (
        types.is_integer,
        types.is_boolean,
        types.is_floating,
        types.is_decimal,
        types.is_date,
        types.is_null,
    )
    stamp = types.is_timestamp(kind) and kind.tz is None
    return bool(stamp or _is_text(types, kind) or any(test(kind) for test in plain))


def _is_text(types: Any, kind: Any) -> bool:
    views = getattr(types, "is_string_view", lambda _: False)
    return bool(types.is_string(kind) or types.is_large_string(kind) or views(kind))


def _valued(
    file: Any, names: list[str], arrow: Any, books: dict[str, RateBook], workers: int, where: str
) -> Iterator[tuple[Any, Answers]]:
    """Blocks with their answers in the file's order; at most twice as many blocks as workers are held at a time."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin, initargs=(books,)) as pool:
        waiting: deque[tuple[Any, Future[Answers]]] = deque()
        try:
            for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=names):
                block = {
                    name: _field(arrow, batch.column(name), f"{where}:{name}")
                    for name in names
                    if name != "id"
                }
                waiting.append((batch, pool.submit(_value, block, batch.num_rows)))
                if len(waiting) > 2 * workers:
                    before, future = waiting.popleft()
                    yield before, future.result()
        except (arrow.ArrowException, OSError) as error:
            reason = _reason(error)
            raise FileRefusedError(
                "parquet_unreadable",
                f"Parquet 读到一半出错：{reason}。",
                f"The Parquet breaks off: {reason}.",
                where,
            ) from error
        while waiting:
            before, future = waiting.popleft()
            yield before, future.result()


_BOOKS: dict[str, RateBook] = {}
_RATES: dict[str, Rates] = {}


def _begin(books: dict[str, RateBook]) -> None:
    """In each worker once: the rate books, and as arrays."""
    _BOOKS.update(books)
    _RATES.update({name: rates_of(book) for name, book in books.items()})


def _value(block: dict[str, Field], rows: int) -> Answers:
    return value_block(block, rows, _BOOKS, _RATES)


def _field(arrow: Any, array: Any, where: str) -> Field:
    """A column of a block as plain arrays."""
    types = arrow.types
    if types.is_dictionary(array.type):
        array = array.dictionary_decode()
    missing = np.asarray(array.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
    kind = array.type
    if types.is_null(kind):
        return Numbers(np.zeros(len(array), dtype=np.int64), missing)
    if _is_text(types, kind):
        encoded = array.cast(arrow.string()).dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return Labels(np.asarray(codes, dtype=np.int32), tuple(encoded.dictionary.to_pylist()))
    if types.is_floating(kind) or types.is_decimal(kind):
        values = np.asarray(array.cast(arrow.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
        # What has no number stands as NaN in tables that know no empty cell.
        return Numbers(values, missing | np.isnan(values), "float")
    if types.is_date(kind) or types.is_timestamp(kind):
        days = array.cast(arrow.date32(), safe=False)
        if types.is_timestamp(kind) and not days.cast(kind).equals(array):
            raise FileRefusedError(
                "column_type",
                "日期列里有时刻，请只留日期。",
                "A column of days holds times of day: leave days only.",
                where,
            )
        values = days.view(arrow.int32()).fill_null(0).to_numpy(zero_copy_only=False)
        return Numbers(np.asarray(values, dtype=np.int64), missing, "days")
    if types.is_uint64(kind):
        wide = np.asarray(array.fill_null(0).to_numpy(zero_copy_only=False), dtype=np.uint64)
        return Numbers(np.minimum(wide, np.uint64(2**63 - 1)).astype(np.int64), missing)
    values = array.cast(arrow.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return Numbers(np.asarray(values, dtype=np.int64), missing)


def _answer_schema(arrow: Any, ids: Any) -> Any:
    left = arrow.struct([("principal_fen", arrow.int64()), ("opened_on", arrow.date32())])
    figures = [(name, arrow.int64()) for name in ("interest_fen", "tax_fen", "net_fen", "total_fen")]
    codes = [(name, arrow.list_(arrow.string())) for name in ("unconfirmed", "problems")]
    return arrow.schema([("id", ids), *figures, ("remaining", left), *codes])


def _answer_batch(arrow: Any, batch: Any, answers: Answers, ids: Any) -> Any:
    refused = ~answers.valued
    schema = _answer_schema(arrow, ids)

    def fen(values: Any) -> Any:
        return arrow.array(values, type=arrow.int64(), mask=refused)

    nothing = answers.remaining_fen == 0
    left = arrow.StructArray.from_arrays(
        [
            arrow.array(answers.remaining_fen, type=arrow.int64()),
            arrow.array(answers.remaining_opened.astype(np.int32), type=arrow.int32()).view(arrow.date32()),
        ],
        fields=list(schema.field("remaining").type),
        mask=arrow.array(nothing),
    )
    combinations = arrow.array(
        [list(codes) for codes in answers.combinations], type=arrow.list_(arrow.string())
    )
    return arrow.RecordBatch.from_arrays(
        [
            batch.column("id") if "id" in batch.schema.names else arrow.nulls(batch.num_rows, ids),
            fen(answers.interest_fen),
            fen(answers.tax_fen),
            fen(answers.interest_fen - answers.tax_fen),
            fen(answers.total_fen),
            left,
            combinations.take(arrow.array(answers.unconfirmed)),
            combinations.take(arrow.array(answers.problems)),
        ],
        schema=schema,
    )


def say(told: dict[str, Any], english: bool) -> None:
    """One line for a person."""
    rows, refused, scalar, seconds = (told[k] for k in ("rows", "refused", "scalar", "seconds"))
    sys.stdout.write(
        f"{rows:,} rows in {seconds} s, {refused:,} refused, {scalar:,} one by one\n"
        if english
        else f"{rows:,} 笔,用时 {seconds} 秒,其中 {refused:,} 笔不能计算,{scalar:,} 笔逐笔计算\n"
    )
