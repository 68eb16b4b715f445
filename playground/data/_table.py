"""Tables of numbers that people bring: rows of a CSV or NPY file, checked one by one, and what their columns mean."""

import io
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from playground.core.errors import UsageError
from playground.core.untrusted import read_array, read_text

FEWEST, MOST = 20, 200_000
_MOST_LINES = 5 * MOST  # with those that do not count
_KINDS = 100  # different labels at most
_SEPARATORS = (",", ";", "\t")  # tried in this order; a row without any is cut at blanks
_TEXTS = (".csv", ".tsv", ".txt")
_WIDEST = 3  # columns
_LONGEST = 64  # letters of a number
_SHAPES = "one column (a line), two (the plane), and after them maybe one of labels"
_LABEL_NAMES = ("label", "labels", "class")


def read_table(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """The points of a file, float64 (N, 1) or (N, 2), and their labels, int64 (N,), or None.

    NPY: (N,), (N, 1) or (N, 2) are points; the third column of (N, 3) holds labels.

    CSV: numbers with a decimal point, separated by comma, semicolon, tab or blanks. Empty lines and lines that begin
    with # do not count. If no cell of the first row is a number, that row is the header. The last column holds labels
    where it is the third, or where the header calls it "label". Labels are whole numbers.

    Raises UsageError for a table that cannot be used, PlaygroundError for a file that cannot be opened.
    """
    if not path.exists():
        raise UsageError(f"There is no file {path}.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file of points in it.")
    suffix = path.suffix.lower()
    if suffix not in (*_TEXTS, ".npy"):
        raise UsageError(f"{path} is not called {', '.join(_TEXTS)} or .npy; points come from such files.")
    table, lines, last_is_label = _from_array(path) if suffix == ".npy" else _from_text(path)
    _check(path, table, lines)
    if not last_is_label:
        return table, None
    return table[:, :-1], _labels(path, table[:, -1], lines)


def _from_array(path: Path) -> tuple[np.ndarray, Sequence[int], bool]:
    array = read_array(path)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not 1 <= array.shape[1] <= _WIDEST:
        sizes = " x ".join(str(n) for n in array.shape) or "a single number"
        raise UsageError(f"{path} holds an array of {sizes}; points are {_SHAPES}.")
    if len(array) > MOST:  # before it becomes eight times as large
        raise UsageError(f"{path} holds {len(array):,} points; keep at most {MOST:,} of them.")
    with np.errstate(invalid="ignore"):  # a NaN may be of a kind that complains; all are refused below
        return array.astype(np.float64), [], array.shape[1] == _WIDEST


def _from_text(path: Path) -> tuple[np.ndarray, Sequence[int], bool]:
    """The table, the line of each row, and whether its last column holds labels."""
    rows = []
    for number, line in enumerate(io.StringIO(read_text(path), newline=None), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            rows.append((number, line))
        if len(rows) > MOST + 1 or number > _MOST_LINES:
            raise UsageError(f"{path} has more than {MOST:,} rows; keep fewer of them.")
    if not rows:
        raise UsageError(f"{path} is empty; at least {FEWEST} points are needed.")
    separator = next((mark for mark in _SEPARATORS if mark in rows[0][1]), None)
    first = _cells(rows[0][1], separator)
    header = [] if any(map(_is_number, first)) else [name.strip().lower() for name in first]
    columns = len(first)
    labelled = columns == _WIDEST or (columns > 1 and bool(header) and header[-1] in _LABEL_NAMES)
    if columns > _WIDEST:
        raise UsageError(f"{path} has more than {_WIDEST} columns; points are {_SHAPES}.")
    table, lines = array("d"), array("q")
    for number, line in rows[bool(header) :]:
        cells = _cells(line, separator)
        if len(cells) != columns:
            raise UsageError(f"{path}, line {number}, has not the {columns} columns of the first row.")
        try:
            table.extend(map(_number, cells) if len(line) > _LONGEST else map(float, cells))
        except ValueError:
            wrong = next(cell for cell in cells if not _is_number(cell)).strip()
            wrong = "".join(c if c.isprintable() else "?" for c in wrong[:20])
            raise UsageError(f"{path}, line {number}: '{wrong}' is not a number such as 0.5 or -1e-3.") from None
        lines.append(number)
    return np.array(table).reshape(-1, columns), lines, labelled


def _cells(line: str, separator: str | None) -> list[str]:
    """The first cells of a line: one more than there may be, the last of which is the rest of the line."""
    if '"' in line:
        line = line.replace('"', " ")
    return line.split(separator, _WIDEST)


def _number(cell: str) -> float:
    if len(cell.strip()) > _LONGEST:
        raise ValueError("too long")
    return float(cell)


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except ValueError:
        return False
    return True


def _check(path: Path, table: np.ndarray, lines: Sequence[int]) -> None:
    """Raises UsageError unless there are enough points, not too many, and all of them finite."""
    if len(table) < FEWEST:
        raise UsageError(f"{path} holds {len(table)} points, and at least {FEWEST} are needed.")
    if len(table) > MOST:
        raise UsageError(f"{path} holds {len(table):,} points; keep at most {MOST:,} of them.")
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        more = f" and {bad.size - 1:,} more rows are" if bad.size > 1 else " is"
        raise UsageError(f"{path}: {_place(bad[0], lines)}{more} not finite (NaN or infinity); remove what is not.")


def _labels(path: Path, column: np.ndarray, lines: Sequence[int]) -> np.ndarray:
    bad = np.flatnonzero((column != column.round()) | (np.abs(column) > 2**53))
    if bad.size:
        value = f"{column[bad[0]]:g}"
        raise UsageError(f"{path}, {_place(bad[0], lines)}: the last column holds labels, which are whole numbers, "
                         f"not {value}.")  # fmt: skip
    kinds = len(np.unique(column))
    if kinds > _KINDS:
        raise UsageError(f"{path} has {kinds:,} different labels in its last column; at most {_KINDS} can be learnt.")
    return column.astype(np.int64)


def _place(row: int, lines: Sequence[int]) -> str:
    return f"line {lines[row]}" if lines else f"row {row + 1:,}"
