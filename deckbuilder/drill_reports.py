"""What there is to say of drills, as tables that fit a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from io import StringIO

from msgspec import Struct
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deckbuilder.diagnostics import Span, with_lines
from deckbuilder.drafting import at_line, settled_note
from deckbuilder.drills.quantities import exact_text
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.drills.survey import AnswerRange, Overview, Row, Survey, overview, survey, table
from deckbuilder.drills.variants import Chosen
from deckbuilder.kinds.drill.notes import DrillNote
from deckbuilder.pipeline import Prepared
from deckbuilder.project import Project
from deckbuilder.reporters import no_style, text_report
from deckbuilder.source.files import read_files

THE_ANSWER = "answer"
"""What an answer without a name is called in a table."""


class Drill(Struct, frozen=True):
    """A drill of a deck, or a level of one: its key, where it stands, and its variants if they could be chosen."""

    key: str
    span: Span
    spec: DrillSpec
    chosen: Chosen | None


def drills_of(prepared: Prepared) -> tuple[Drill, ...]:
    """Return the drills of a deck in reading order, those whose block cannot be read left out."""
    found = []
    for note in (stamped.rendered.resolved for stamped in prepared.notes):
        if note.settling is None:
            continue
        drill = settled_note(at_line(note.settling, note.question.span.line)).note
        if isinstance(drill, DrillNote) and drill.spec is not None and drill.is_sound:
            found.append(Drill(note.identity.key, note.span, drill.spec, drill.chosen))
    return tuple(found)


# drill list


def list_text(drills: Sequence[Drill], width: int) -> str:
    """Return one row a drill: key, parameters, variants, how many draws the rules reject, where it stands."""
    grid = _grid("key", "parameters", "variants", "rejected", "where")
    for drill, row in _overviews(drills):
        cells = (row.key, " ".join(row.parameters), str(row.variants), _percent(row.rejected), _place(drill.span))
        grid.add_row(*map(Text, cells))
    return _drawn(grid, width)


def list_json(drills: Sequence[Drill]) -> str:
    """Return the same as a JSON list."""
    rows = [
        {
            "key": row.key, "parameters": list(row.parameters), "variants": row.variants,
            "rejected": round(float(row.rejected), 4), "file": drill.span.file, "line": drill.span.line,
        }
        for drill, row in _overviews(drills)
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=2)


def _overviews(drills: Sequence[Drill]) -> Iterator[tuple[Drill, Overview]]:
    return ((drill, overview(drill.spec, drill.key)) for drill in drills)


# drill show


def show_text(drill: Drill, width: int) -> str:
    """Return all variants in a table, with the answers and what each mistake gives."""
    rows = table(drill.chosen) if drill.chosen else ()
    mistakes = [mistake.name for mistake in drill.spec.mistakes]
    grid = _grid("#", *drill.spec.params, *(name or THE_ANSWER for name in drill.spec.answers), *_labels(mistakes))
    for row in rows:
        grid.add_row(*map(Text, _cells(row, drill.spec)))
    legend = [f"{label}  {name}" for label, name in zip(_labels(mistakes), mistakes, strict=True)]
    rule = drill.spec.tolerance.rule()
    notes = ["variant 0 is the example", *([f"answers count {rule}"] if rule else []), *legend]
    return f"{drill.key}  {_place(drill.span)}\n{_drawn(grid, width)}\n" + "\n".join(f"  {note}" for note in notes)


def _cells(row: Row, spec: DrillSpec) -> Iterator[str]:
    yield str(row.number)
    yield from (row.values[name] for name in spec.params)
    yield from (row.answers[name] for name in spec.answers)
    for mistake in spec.mistakes:
        yield ", ".join(row.mistakes[mistake.name].values())


def _labels(mistakes: Sequence[str]) -> list[str]:
    return [f"✗{number}" for number in range(1, len(mistakes) + 1)]


def show_json(drill: Drill) -> str:
    """Return the same as a JSON object; every number as the text that is shown."""
    rows = table(drill.chosen) if drill.chosen else ()
    variants = [
        {
            "variant": row.number,
            "values": dict(row.values),
            "answers": dict(row.answers),
            "mistakes": {name: dict(given) for name, given in row.mistakes.items()},
        }
        for row in rows
    ]
    found = {"key": drill.key, "tolerance": drill.spec.tolerance.rule(), "variants": variants}
    return json.dumps(found, ensure_ascii=False, indent=2)


# drill test


def texts_of(project: Project) -> dict[str, str]:
    """Return the text of each of a project's Markdown files, by the name that spans give it."""
    files, _ = read_files(project.folder, list(project.files), project.root)
    return {file.name: file.text for file in files}


def surveys_of(drills: Iterable[Drill]) -> Iterator[tuple[Drill, Survey]]:
    """Yield each drill with what was found at all its points, or at a sample of them."""
    return ((drill, survey(drill.spec, drill.key)) for drill in drills)


def test_text(drill: Drill, found: Survey, texts: Mapping[str, str]) -> str:
    """Return what was found at a drill's points, and every fault at its place; `texts` are the sources, by name."""
    lines = [f"{drill.key}  {_place(drill.span)}", *(f"  {line}" for line in _findings(found))]
    faults = text_report(with_lines([fault.diagnostic for fault in found.faults], texts), no_style)
    counts = [f"  at {fault.count:,} points: {fault.diagnostic.message}" for fault in found.faults]
    return "\n".join([*lines, *counts, *([faults] if faults else ["  sound"])])


def _findings(found: Survey) -> Iterator[str]:
    how = (
        f"a sample of {found.examined:,}"
        if found.sampled
        else "all"
        if not found.cut
        else f"{found.examined:,} of them"
    )
    cut = ", cut at the bound on work" if found.cut else ""
    yield f"{found.points:,} points, {how} examined{cut} in {found.seconds:.1f} s: {found.passing:,} pass"
    for rule, count in found.rejections:
        yield f"{_percent(Fraction(count, found.examined or 1)):>4} rejected by {rule}"
    for name, count in found.strata:
        yield f"{count:,} in stratum {name}"
    yield from map(_range, found.answers)
    if found.longest:
        yield f"longest number shown: {found.longest}"


def _range(answer: AnswerRange) -> str:
    ends = " to ".join(exact_text(end).lstrip("~") for end in (answer.least, answer.most))
    commonest = f"commonest {answer.commonest.lstrip('~')} ({_percent(answer.share)})"
    return f"{answer.name or THE_ANSWER}: {ends}; {commonest}"


def tests_json(found: Iterable[tuple[Drill, Survey]]) -> str:
    """Return what was found as a JSON list, one object a drill."""
    return json.dumps([_survey_object(drill, one) for drill, one in found], ensure_ascii=False, indent=2)


def _survey_object(drill: Drill, found: Survey) -> dict[str, object]:
    return {
        "key": drill.key,
        "points": found.points,
        "examined": found.examined,
        "sampled": found.sampled,
        "cut": found.cut,
        "passing": found.passing,
        "rejections": [{"rule": rule, "points": count} for rule, count in found.rejections],
        "strata": [{"name": name, "points": count} for name, count in found.strata],
        "answers": [
            {
                "name": answer.name,
                "least": exact_text(answer.least),
                "most": exact_text(answer.most),
                "commonest": answer.commonest,
                "share": round(float(answer.share), 4),
            }
            for answer in found.answers
        ],
        "longest": found.longest,
        "faults": [
            {
                "code": fault.diagnostic.code,
                "message": fault.diagnostic.message,
                "file": fault.diagnostic.span.file,
                "line": fault.diagnostic.span.line,
                "column": fault.diagnostic.span.column,
                "points": fault.count,
            }
            for fault in found.faults
        ],
    }


# Tables


def _grid(*titles: str) -> Table:
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in titles:
        grid.add_column(Text(title), overflow="fold")
    return grid


def _drawn(grid: Table, width: int) -> str:
    """Return a table as text of at most `width` columns; cells that are too long are folded."""
    file = StringIO()
    Console(file=file, width=width, color_system=None, legacy_windows=False).print(grid)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()).strip("\n")


def _percent(share: Fraction) -> str:
    return "<1%" if 0 < share < Fraction(1, 200) else f"{round(share * 100)}%"


def _place(span: Span) -> str:
    return f"{span.file}:{span.line}"
