"""What to write in place of a macro that Anki's MathJax lacks, so that GitHub and Anki both typeset it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from typing import Final

_OPERATORS: Final = """
    argmax argmin softmax sigmoid relu ReLU sign sgn tr Tr trace rank diag Diag vec var Var cov Cov Cor corr std Bias
    MSE supp dom cl conv spn span im Im nullspace null prox proj erf arcsinh sinc lcm id grad div curl rot
""".split()  # fmt: skip
_APART: Final = {"argmax": r"arg\thinspace max", "argmin": r"arg\thinspace min", "grad": "grad"}
_SETS: Final = {name: rf"\mathbb{{{name}}}" for name in "CEFHKNPQRZ"}

_INSTEAD: Final = {
    **{name: rf"\mathop{{\mathrm{{{_APART.get(name, name)}}}}}" for name in _OPERATORS},
    **_SETS,
    **{name * 2: f"\\mathbb{{{name}}}" for name in "CEFNPQRZ"},
    "abs": r"\lvert x\rvert",
    "bold": r"\mathbf{x}",
    "bigO": r"\mathcal{O}",
    "bm": r"\boldsymbol{x}",
    "bra": r"\langle x\rvert",
    "ceil": r"\lceil x\rceil",
    "cond": r"\mid",
    "dd": r"\mathrm{d}x",
    "defeq": ":=",
    "degC": r"^\circ\mathrm{C}",
    "dv": r"\frac{\mathrm{d}f}{\mathrm{d}x}",
    "emph": r"\textit{…}",
    "ensuremath": "x",
    "eps": r"\epsilon",
    "floor": r"\lfloor x\rfloor",
    "given": r"\mid",
    "indep": r"\perp\negthinspace\negthinspace\negthinspace\perp",
    "ind": r"\mathbf{1}",
    "inner": r"\langle x, y\rangle",
    "intertext": r"\text{…} on a row of its own",
    "ip": r"\langle x, y\rangle",
    "KL": r"D_{\mathrm{KL}}",
    "llbracket": r"[\negthinspace[",
    "Loss": r"\mathcal{L}",
    "mathbbm": r"\mathbf{1}",
    "mathds": r"\mathbf{1}",
    "nicefrac": "a/b",
    "norm": r"\lVert x\rVert",
    "pdv": r"\frac{\partial f}{\partial x}",
    "qty": r"\left( x \right)",
    "rrbracket": r"]\negthinspace]",
    "textsc": r"\text{…}",
    "textsl": r"\textit{…}",
    "T": r"^\top",
    "transpose": r"^\top",
    "unit": r"\thinspace\mathrm{m}",
    "vb": r"\mathbf{x}",
    "vv": r"\vec{x}",
    "vspace": "nothing: rows are spaced by the style",
    "widebar": r"\overline{x}",
    "xspace": "nothing",
}

_USUAL: Final = frozenset(
    """
    alpha bar begin beta bmod cdot chi cos delta dot end epsilon eta exp frac gamma geq hat in infty int kappa lambda
    ldots left leq lim ln log lvert lVert mathbb mathbf mathcal mathrm max min mu nabla neq nu omega partial phi pi
    prod psi quad rho right rvert rVert sigma sim sin sqrt sum tau text theta tilde times to top vec xi zeta
    """.split()
)
"""What a misspelling most likely stands for, where two macros are equally near."""

REFUSED_BY_GITHUB: Final = {
    "operatorname": r"\mathop{\mathrm{…}}",
    "mbox": r"\text{…}",
    "phantom": r"\hspace{1em}",
}
"""Macros that GitHub answers with "The following macros are not allowed" (github/markup 1688 and reports since)."""


def instead_of(macro: str, names: Iterable[str]) -> str:
    """Return in words what to write for a `macro` (without backslash) that is none of the known `names`."""
    if not macro.isascii() or not macro.isalpha():
        return f"write `{macro}` without the backslash"
    if instead := _INSTEAD.get(macro):
        return f"write `{instead}`" if not instead.startswith("nothing") else f"write {instead}"
    near = get_close_matches(macro, list(names), n=5, cutoff=0.7) if len(macro) > 2 else []
    if near:
        best = max(near, key=lambda name: (SequenceMatcher(None, name, macro).ratio(), name in _USUAL))
        return f"did you mean `\\{best}`?"
    return rf"for an operator's name write `\mathop{{\mathrm{{{macro}}}}}`"
