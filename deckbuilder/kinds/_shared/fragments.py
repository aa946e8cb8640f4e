"""The small pieces of HTML that fields are made of, kept as files beside this one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from string import Template


@cache
def _fragment(name: str, folder: str = "_shared") -> Template:
    return Template((files("deckbuilder.kinds") / folder / f"{name}.html").read_text("utf-8").strip())


def hints(bodies: Sequence[str]) -> str:
    """Return the field of hints, to be opened one after the other."""
    if not bodies:
        return ""
    titles = (
        ["Hint"] if len(bodies) == 1 else [f"Hint {number} of {len(bodies)}" for number in range(1, len(bodies) + 1)]
    )
    fragment = _fragment("hint")
    return "".join(fragment.substitute(title=title, body=body) for title, body in zip(titles, bodies, strict=True))


def key_points(bodies: Sequence[str]) -> str:
    """Return the field of key points: a checklist to grade oneself by."""
    if not bodies:
        return ""
    fragment = _fragment("point")
    return f'<ul class="db-points">{"".join(fragment.substitute(body=body) for body in bodies)}</ul>'


def steps(titled: Sequence[tuple[str, str]]) -> str:
    """Return the field of steps, each a title (empty: told by its number) and a body to be opened (empty: bare)."""
    if not titled:
        return ""
    items = "".join(
        _fragment("step" if body else "step_bare").substitute(title=_heading(title), body=body)
        for title, body in titled
    )
    return f'<ol class="db-steps">{items}</ol>'


def _heading(title: str) -> str:
    """Return a title without the full stop that it had before the text went on; a heading ends without one."""
    return title if title.endswith("..") else title.removesuffix(".")


def next_step(goal: str, after: str | None) -> str:
    """Return the question of a step's own note: the goal, and what comes after the step called `after` (None: first).

    The titles tell the notes of one derivation apart in Anki's browser.
    """
    if after is None:
        asked = "What comes first, and why?"
    else:
        asked = f"After “{_heading(after)}”: what comes next, and why?" if after else "What comes next, and why?"
    return _fragment("next_step").substitute(goal=goal, asked=asked)


def steps_so_far(titled: Sequence[tuple[str, str]]) -> str:
    """Return the steps before the one that is asked for, open."""
    if not titled:
        return ""
    fragment = _fragment("taken_step")
    items = "".join(fragment.substitute(title=_heading(title), body=body) for title, body in titled)
    return f'<ol class="db-taken">{items}</ol>'


def titled(title: str, body: str) -> str:
    """Return a body with its title above it, where it has one."""
    return _fragment("titled").substitute(title=_heading(title), body=body) if title else body


def labelled(question: str, label: str) -> str:
    """Return a question with a label that tells it from others of the same words, where there is one."""
    return _fragment("labelled").substitute(question=question, label=label) if label else question


def worked(steps: Sequence[str]) -> str:
    """Return a worked solution, one item a step; empty where there is none."""
    return f'<ol class="db-worked">{"".join(f"<li>{step}</li>" for step in steps)}</ol>' if steps else ""


def drill(piece: str, /, **content: str) -> str:
    """Return one of the pieces of a drill, filled."""
    return _fragment(piece, "drill/pieces").substitute(content)
