"""Expressions: read by Python's own grammar, but only what a whitelist names, and worked out here, never by `eval`.

A scanner goes over the text first. It lets only numbers, names, operators and brackets pass, in an order that makes
sense, so that what reaches the grammar is short, of ASCII, with balanced brackets and exact numbers; and it is the
scanner that can say in an author's words what is wrong at which column.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills import quantities as q
from deckbuilder.drills.functions import FUNCTIONS
from deckbuilder.drills.limits import MAX_DEPTH, MAX_DIGITS, MAX_TEXT, NoValue, Work
from deckbuilder.drills.quantities import Value
from deckbuilder.drills.scalars import Scalar
from deckbuilder.yaml_text import suggestion

_TOKEN: Final = re.compile(
    r"""
      (?P<blank>[ \t\n]+)
    | (?P<number>(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[A-Za-z][A-Za-z0-9_]*)
    | (?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%@<>()\[\],])
    """,
    re.VERBOSE | re.ASCII,
)
_INFIX_WORDS: Final = frozenset({"and", "or", "if", "else"})
_CONSTANTS: Final = frozenset({"True", "False"})
KEYWORDS: Final = frozenset(
    "False None True and as assert async await break class continue def del elif else except finally for from global "
    "if import in is lambda nonlocal not or pass raise return try while with yield".split()
)
"""Words that Python reserves, in all versions alike."""

_REFUSED: Final[Mapping[str, str]] = {
    ".": "attributes are not read; a number may have one point only",
    "'": "texts are not read",
    '"': "texts are not read",
    "{": "braces are not read; a vector is written `(1, 2)`",
    "}": "braces are not read",
    ":": "a colon means nothing here; slices and `:=` are not read",
    "=": "a single `=` means nothing here; equality is `==`",
    "^": "a power is written `**`",
    "!": "`!` means nothing here; negation is `not`, inequality `!=`",
    "&": "`&` means nothing here; write `and`",
    "|": "`|` means nothing here; write `or`, and `abs(x)` for a size",
    "~": "`~` means nothing here; write `not`",
    "_": "a name begins with a letter",
    "−": "this is a typographic minus; write `-`",
    "–": "this is a dash; write `-`",
    "×": "write `*`",
    "·": "write `*`",
    "÷": "write `/`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
}


class Expression(Struct, frozen=True, eq=False):
    """An expression that was read and found harmless.

    It begins at character `start` of the scalar that it stands in. `uses` are the names in it, functions apart, each
    with its first character and the one after its last; `needs` are the names under `let` that it depends on, each
    after those that it depends on itself.
    """

    text: str
    scalar: Scalar
    start: int
    tree: ast.expr
    uses: tuple[tuple[str, int, int], ...] = ()
    needs: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, wherever they stand."""
        return isinstance(other, Expression) and (self.text, self.needs) == (other.text, other.needs)

    def __hash__(self) -> int:
        return hash((self.text, self.needs))

    def span(self, start: int = 0, end: int = 0) -> Span:
        """Return the place of the characters `start` to `end` (excluded) of the text, of all of it where end is 0."""
        return self.scalar.span(self.start + start, self.start + (end or len(self.text)))


class _Token(NamedTuple):
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class _Mistake(Exception):
    """What is wrong with a text at its characters `start` to `end`."""

    def __init__(self, problem: str, start: int, end: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.start = start
        self.end = end


# Reading


def parse_expression(
    scalar: Scalar, start: int = 0, end: int | None = None
) -> tuple[Expression | None, list[Diagnostic]]:
    """Read the characters `start` to `end` (excluded) of a scalar as an expression; every mistake at its own column."""
    text = scalar.text[start:end]
    try:
        tokens = list(_tokens(text))
        _check_order(tokens, len(text.rstrip()))
        tree = _tree(text)
        nodes = _nodes(tree, len(text))
    except _Mistake as mistake:
        place = scalar.span(start + mistake.start, start + max(mistake.end, mistake.start + 1))
        return None, [rules.DRILL_EXPRESSION.at(place, problem=mistake.problem)]
    _make_exact(nodes, text)
    expression = Expression(text, scalar, start, tree, _names(nodes))
    diagnostics = list(_check_nodes(nodes, expression))
    return (None if diagnostics else expression), diagnostics


def _tokens(text: str) -> Iterator[_Token]:
    if len(text) > MAX_TEXT:
        raise _Mistake(f"longer than {MAX_TEXT} characters; give its parts names under `let`", 0, 1)
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            character = text[position]
            problem = _REFUSED.get(character)
            raise _Mistake(problem or f"`{_shown(character)}` means nothing here", position, position + 1)
        position = match.end()
        token = _Token(str(match.lastgroup), match.group(), match.start())
        if token.kind == "number":
            _check_number(token)
            if text[position : position + 1].isalpha():
                raise _Mistake(f"an operator is missing after `{token.text}`", position, position + 1)
        if token.kind != "blank":
            yield token


def _shown(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _check_number(token: _Token) -> None:
    mantissa, _, exponent = token.text.lower().partition("e")
    if mantissa.endswith("_") or "__" in mantissa or "_." in mantissa or "._" in mantissa:
        raise _Mistake("an underscore in a number stands between two digits", token.start, token.end)
    if len(exponent) > 5 or len(mantissa) + abs(int(exponent or "0")) > MAX_DIGITS:
        raise _Mistake(f"a number of more than {MAX_DIGITS} digits", token.start, token.end)
    if len(mantissa) > 1 and mantissa[0] == "0" and mantissa[1] in "0123456789_":
        raise _Mistake("a number has no leading zeros", token.start, token.end)


def _check_order(tokens: list[_Token], length: int) -> None:
    """Raise the mistake where a value or an operator is missing, or a bracket has no partner."""
    opened: list[_Token] = []
    before: _Token | None = None
    complete = False  # whether what stands before the token is a value
    for token in tokens:
        text = token.text
        if token.kind == "name" and text in KEYWORDS - _INFIX_WORDS - _CONSTANTS - {"not"}:
            raise _Mistake(f"`{text}` is not read in an expression", token.start, token.end)
        if text in (")", "]"):
            _check_closing(token, opened, before, complete)
            complete = True
        elif complete:
            complete = _after_value(token, opened, before)
        else:
            complete = _before_value(token, opened, before)
        before = token
    if opened:
        raise _Mistake(f"`{opened[-1].text}` is not closed", opened[-1].start, opened[-1].end)
    if not complete:
        where = f" after `{before.text}`" if before else ""
        raise _Mistake(f"a value is missing{where}", before.start if before else 0, before.end if before else length)


def _check_closing(token: _Token, opened: list[_Token], before: _Token | None, complete: bool) -> None:
    if not opened or opened[-1].text != {")": "(", "]": "["}[token.text]:
        raise _Mistake(f"`{token.text}` closes nothing", token.start, token.end)
    opened.pop()
    if not complete and before and before.text != ",":
        raise _Mistake(f"a value is missing before `{token.text}`", token.start, token.end)


def _after_value(token: _Token, opened: list[_Token], before: _Token | None) -> bool:
    """Return whether a value is complete after a token that follows one."""
    text = token.text
    if token.kind == "sign" and text not in ("(", "["):
        return False
    if text in _INFIX_WORDS:
        return False
    callable_ = before is not None and before.kind == "name" and before.text not in _CONSTANTS
    if text == "[" or (text == "(" and callable_):
        opened.append(token)
        return False
    help_ = "; a product needs `*`" if text == "(" or token.kind in ("number", "name") else ""
    raise _Mistake(f"an operator is missing before `{text}`{help_}", token.start, token.end)


def _before_value(token: _Token, opened: list[_Token], before: _Token | None) -> bool:
    """Return whether a value is complete after a token that stands where one is due."""
    text = token.text
    if text in ("(", "["):
        opened.append(token)
        return False
    if text in ("+", "-", "not"):
        return False
    if token.kind == "sign" or text in _INFIX_WORDS:
        after = f" between `{before.text}` and `{text}`" if before else f" before `{text}`"
        raise _Mistake(f"a value is missing{after}", token.start, token.end)
    return True


def _tree(text: str) -> ast.expr:
    """Return the tree of a text that was scanned."""
    try:
        tree = ast.parse("(" + re.sub(r"\s", " ", text) + "\n)", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        offset = max(0, (getattr(error, "offset", None) or 2) - 2)
        raise _Mistake(_grammar_problem(error), min(offset, len(text) - 1), 0) from error
    return tree


def _make_exact(nodes: list[ast.expr], text: str) -> None:
    """Put in place of each number the fraction that its text says."""
    for node in nodes:
        if isinstance(node, ast.Constant) and not isinstance(node.value, bool):
            start, end = _extent(node)
            node.value = Fraction(text[start:end].replace("_", ""))  # type: ignore[assignment]


def _names(nodes: list[ast.expr]) -> tuple[tuple[str, int, int], ...]:
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return tuple([(node.id, *_extent(node)) for node in nodes if isinstance(node, ast.Name) and id(node) not in called])


def _grammar_problem(error: BaseException) -> str:
    if isinstance(error, MemoryError | RecursionError):
        return "nested too deep"
    return "this cannot be read as an expression; a condition is written `1 if x > 0 else 0`"


def _extent(node: ast.expr) -> tuple[int, int]:
    """Return where a node begins and ends in its text: one less than in the tree, which was read in brackets."""
    if node.end_col_offset is None or node.end_lineno != 1:
        return max(0, node.col_offset - 1), 0
    return max(0, node.col_offset - 1), node.end_col_offset - 1


def _nodes(tree: ast.expr, length: int) -> list[ast.expr]:
    """Return the tree's nodes, the outer ones first."""
    found, level = [tree], [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        if not level:
            return found
        found += level
    raise _Mistake(f"nested deeper than {MAX_DEPTH} operations; give its parts names under `let`", 0, length)


def _check_nodes(nodes: list[ast.expr], expression: Expression) -> Iterator[Diagnostic]:
    """Yield what the whitelist refuses: nothing gets through for being unknown to a list of forbidden things."""
    for node in nodes:
        if isinstance(node, ast.Call):
            yield from _check_call(node, expression)
        elif type(node) not in _RULES:
            place = expression.span(*_extent(node))
            yield rules.DRILL_EXPRESSION.at(place, problem="this is not read in an expression")


def _check_call(node: ast.Call, expression: Expression) -> Iterator[Diagnostic]:
    if not isinstance(node.func, ast.Name) or node.keywords:
        place = expression.span(*_extent(node))
        yield rules.DRILL_EXPRESSION.at(place, problem="only a function can be called")
        return
    name, place = node.func.id, expression.span(*_extent(node.func))
    function = FUNCTIONS.get(name)
    if function is None:
        yield rules.DRILL_FUNCTION.at(place, name=name, suggestion=suggestion(name, tuple(FUNCTIONS)))
        return
    given = len(node.args)
    if given < function.least or (function.most is not None and given > function.most):
        wanted = str(function.least) if function.least == function.most else f"{function.least} or more"
        if function.most is not None and function.most > function.least:
            wanted = f"{function.least} to {function.most}"
        yield rules.DRILL_EXPRESSION.at(
            place, problem=f"`{name}` takes {wanted} value{'' if wanted == '1' else 's'}, not {given}"
        )


# Working out


def evaluate(expression: Expression, look_up: Callable[[str], Value], work: Work) -> Value:
    """Return an expression's value; raises NoValue with the place in its text, and whatever `look_up` raises."""
    try:
        return _evaluate(expression.tree, look_up, work)
    except NoValue as error:
        error.span = error.span or expression.span(error.start, error.end)
        raise


def _evaluate(node: ast.expr, look_up: Callable[[str], Value], work: Work) -> Value:
    work.spend(1)
    try:
        return _RULES[type(node)](node, look_up, work)
    except NoValue as error:
        if not error.span and not error.end:
            error.start, error.end = _extent(node)
        raise


def _name(node: ast.Name, look_up: Callable[[str], Value], work: Work) -> Value:
    return look_up(node.id)


def _constant(node: ast.Constant, look_up: Callable[[str], Value], work: Work) -> Value:
    value: Any = node.value  # a Fraction, see `_tree`, or a bool
    return value  # type: ignore[no-any-return]


def _array(node: ast.Tuple | ast.List, look_up: Callable[[str], Value], work: Work) -> Value:
    return q.array(tuple([_evaluate(entry, look_up, work) for entry in node.elts]))


def _operation(node: ast.BinOp, look_up: Callable[[str], Value], work: Work) -> Value:
    left, right = _evaluate(node.left, look_up, work), _evaluate(node.right, look_up, work)
    if isinstance(node.op, ast.MatMult):
        return q.matrix_product(left, right, work)
    if isinstance(node.op, ast.Pow):
        work.spend(20)
    return q.pairwise(_OPERATIONS[type(node.op)], left, right, work)


def _sign(node: ast.UnaryOp, look_up: Callable[[str], Value], work: Work) -> Value:
    value = _evaluate(node.operand, look_up, work)
    if isinstance(node.op, ast.Not):
        return not _condition(value)
    if isinstance(node.op, ast.USub):
        return q.each(q.negative, value, work)
    return q.each(lambda entry: entry, value, work)


def _condition(value: Value) -> bool:
    if not isinstance(value, bool):
        raise NoValue(f"a condition is needed here, not {q.named(value)}; compare it with something")
    return value


def _both_or_either(node: ast.BoolOp, look_up: Callable[[str], Value], work: Work) -> Value:
    decisive = isinstance(node.op, ast.Or)
    for part in node.values:
        if _condition(_evaluate(part, look_up, work)) is decisive:
            return decisive
    return not decisive


def _comparison(node: ast.Compare, look_up: Callable[[str], Value], work: Work) -> Value:
    left = _evaluate(node.left, look_up, work)
    for operator, part in zip(node.ops, node.comparators, strict=True):
        right = _evaluate(part, look_up, work)
        work.spend(1)
        if not _holds(operator, left, right):
            return False
        left = right
    return True


def _holds(operator: ast.cmpop, left: Value, right: Value) -> bool:
    if isinstance(operator, ast.Eq | ast.NotEq):
        if q.shape_of(left) != q.shape_of(right) or isinstance(left, bool) != isinstance(right, bool):
            raise NoValue(f"{q.named(left)} cannot equal {q.named(right)}")
        return q.same(left, right) is isinstance(operator, ast.Eq)
    one, other = q.number(left), q.number(right)
    if isinstance(operator, ast.Lt):
        return q.less(one, other)
    if isinstance(operator, ast.Gt):
        return q.less(other, one)
    if isinstance(operator, ast.LtE):
        return not q.less(other, one)
    return not q.less(one, other)


def _choice(node: ast.IfExp, look_up: Callable[[str], Value], work: Work) -> Value:
    chosen = node.body if _condition(_evaluate(node.test, look_up, work)) else node.orelse
    return _evaluate(chosen, look_up, work)


def _entry(node: ast.Subscript, look_up: Callable[[str], Value], work: Work) -> Value:
    value = _evaluate(node.value, look_up, work)
    several = isinstance(node.slice, ast.Tuple)
    for part in node.slice.elts if isinstance(node.slice, ast.Tuple) and several else [node.slice]:
        index = q.integer(_evaluate(part, look_up, work))
        if not isinstance(value, tuple):
            raise NoValue(f"{q.named(value)} has no entries")
        if not -len(value) <= index < len(value):
            raise NoValue(f"{q.named(value)} has no entry {index}; the first is 0, the last {len(value) - 1}")
        value = value[index]
    return value


def _call(node: ast.Call, look_up: Callable[[str], Value], work: Work) -> Value:
    if not isinstance(node.func, ast.Name):  # `_check_call` has let nothing else through
        raise TypeError(node.func)
    arguments = tuple([_evaluate(argument, look_up, work) for argument in node.args])
    return FUNCTIONS[node.func.id].call(arguments, work)


_OPERATIONS: Final[Mapping[type[ast.operator], Callable[[q.Number, q.Number], q.Number]]] = {
    ast.Add: q.add,
    ast.Sub: q.subtract,
    ast.Mult: q.multiply,
    ast.Div: q.divide,
    ast.FloorDiv: q.floor_divide,
    ast.Mod: q.remainder,
    ast.Pow: q.power,
}
_RULES: Final[Mapping[type[ast.expr], Callable[[Any, Callable[[str], Value], Work], Value]]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Tuple: _array,
    ast.List: _array,
    ast.BinOp: _operation,
    ast.UnaryOp: _sign,
    ast.BoolOp: _both_or_either,
    ast.Compare: _comparison,
    ast.IfExp: _choice,
    ast.Subscript: _entry,
    ast.Call: _call,
}
"""The whitelist: a kind of node that has no rule here does not exist."""
