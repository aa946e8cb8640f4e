"""Numbers as a person writes them: in a formula, amid words, in code."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.diagnostics import Span
from deckbuilder.drills.expressions import evaluate
from deckbuilder.drills.limits import MAX_POINT_STEPS, NoValue, Work
from deckbuilder.drills.quantities import Value, exponential
from deckbuilder.drills.scalars import Scalar
from deckbuilder.drills.templates import parse_template
from deckbuilder.drills.writing import Script, fixed, parse_format, significant, write

PROSE, LATEX, CODE = Script.PROSE, Script.LATEX, Script.CODE
F = Fraction


def written(value: Value, how: str = "", script: Script = PROSE) -> str:
    found = parse_format(how)
    assert found
    return write(value, found, script)


def filled(text: str, **values: Value) -> str:
    """Return a text with its numbers."""
    template, diagnostics = parse_template(Scalar(text, ((0, Span("x.md")),)))
    assert not diagnostics
    return template.filled(
        template.numbers(lambda expression: evaluate(expression, values.__getitem__, Work(MAX_POINT_STEPS)))
    )


@pytest.mark.parametrize(
    ("value", "how", "prose", "latex", "code"),
    [
        (F("0.1") + F("0.2"), "", "0.3", "0.3", "0.3"),
        (F("-0.471"), "", "−0.471", "-0.471", "-0.471"),
        (F(0), "", "0", "0", "0"),
        (F(123651840), "", "123651840", "123651840", "123651840"),
        (F(123651840), ",", "123,651,840", "123{,}651{,}840", "123,651,840"),
        (F("-1234.5"), ",", "−1,234.5", "-1{,}234.5", "-1,234.5"),
        (F("5e-8"), "", "5·10⁻⁸", r"5 \cdot 10^{-8}", "5e-8"),
        (F("1e-8"), "", "10⁻⁸", "10^{-8}", "1e-8"),
        (F("-1e20"), "", "−10²⁰", "-10^{20}", "-1e20"),
        (F("0.0001"), "", "0.0001", "0.0001", "0.0001"),
        (F(1, 3), "", "0.3333", "0.3333", "0.3333"),
        (F(370370, 3), "", "123457", "123457", "123457"),
        (F(1, 3), "frac", "1/3", r"\frac{1}{3}", "1/3"),
        (F(-1, 3), "frac", "−1/3", r"-\frac{1}{3}", "-1/3"),
        (F(4), "frac", "4", "4", "4"),
        (F(1, 3), "3", "0.333", "0.333", "0.333"),
        (F("0.125"), "2", "0.12", "0.12", "0.12"),
        (F("0.375"), "2", "0.38", "0.38", "0.38"),
        (F("2.5"), "0", "2", "2", "2"),
        (F("-0.004"), "2", "0.00", "0.00", "0.00"),
        (F("12345.6"), "3g", "12300", "12300", "12300"),
        (F("0.00012345"), "3g", "0.000123", "0.000123", "0.000123"),
        (F("0.000012345"), "3g", "1.23·10⁻⁵", r"1.23 \cdot 10^{-5}", "1.23e-5"),
        (F("9.999"), "3g", "10.0", "10.0", "10.0"),
        (F(0), "3g", "0.00", "0.00", "0.00"),
        (F(-3), "p", "(−3)", "(-3)", "(-3)"),
        (F(3), "p", "3", "3", "3"),
        (F(-1, 2), "fracp", "(−1/2)", r"\left(-\frac{1}{2}\right)", "(-1/2)"),
        (F(3), "+", "+ 3", "+ 3", "+ 3"),
        (F(-3), "+", "− 3", "- 3", "- 3"),
        (F("-0.001"), "2+", "+ 0.00", "+ 0.00", "+ 0.00"),
        (F("-0.471"), "2p", "(−0.47)", "(-0.47)", "(-0.47)"),
        (F(-1234567), "2p,", "(−1,234,567.00)", "(-1{,}234{,}567.00)", "(-1,234,567.00)"),
        ((F(1), F(-2)), "", "(1, −2)", "(1, -2)", "[1, -2]"),
        ((F(1, 3), F(-2)), "2", "(0.33, −2.00)", "(0.33, -2.00)", "[0.33, -2.00]"),
        (((F(1), F(2)), (F(3), F(-4))), "", "[[1, 2], [3, −4]]",
         r"\begin{pmatrix} 1 & 2 \\ 3 & -4 \end{pmatrix}", "[[1, 2], [3, -4]]"),
        (exponential(F(1)), "", "2.718", "2.718", "2.718"),
        (exponential(F(1)), "6", "2.718282", "2.718282", "2.718282"),
        (exponential(F(-20)), "", "2.061·10⁻⁹", r"2.061 \cdot 10^{-9}", "2.061e-9"),
        (Decimal(-3), "", "−3.000", "-3.000", "-3.000"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_a_person_would(value: Value, how: str, prose: str, latex: str, code: str) -> None:
    """If this failed, a card would show 0.30000000000000004, a hyphen for a minus, or a rounding that is wrong."""
    assert [written(value, how, script) for script in (PROSE, LATEX, CODE)] == [prose, latex, code]


def test_a_vector_is_a_column_where_a_matrix_is_asked_for() -> None:
    """If this failed, `:mat` would do nothing for vectors."""
    assert written((F(1), F(2)), "mat", LATEX) == r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"
    assert written(((F(1, 3), F(2)),), "2mat", LATEX) == r"\begin{pmatrix} 0.33 & 2.00 \end{pmatrix}"


@pytest.mark.parametrize("text", ["x", "3f", "g", "0g", "frac3", "3frac", "p3", "-3", "333", "matmat", "+p", " ", "٣"])
def test_what_is_no_format_is_refused(text: str) -> None:
    """If this failed, a slip in a format would be passed over in silence."""
    assert parse_format(text) is None


@pytest.mark.parametrize(
    ("value", "how"),
    [(True, ""), (F(1), "mat"), ((F(1), F(2)), "+"), (exponential(F(1)), "frac")],
)
def test_what_cannot_be_written_so_is_an_error(value: Value, how: str) -> None:
    """If this failed, a card would show "True", or a fraction that is none."""
    with pytest.raises(NoValue):
        written(value, how, LATEX)


NUMBERS = st.fractions(min_value=-(10**12), max_value=10**12)


@given(NUMBERS, st.integers(0, 20))
def test_rounding_to_decimals_is_half_to_even(value: Fraction, decimals: int) -> None:
    """If this failed, a learner who rounds right would be told that he is wrong."""
    text = fixed(value, decimals)
    assert Fraction(text) == Fraction(round(value * 10**decimals), 10**decimals)
    assert re.fullmatch(r"-?\d+" + (rf"\.\d{{{decimals}}}" if decimals else ""), text)
    assert not re.fullmatch(r"-0(\.0*)?", text)


@given(NUMBERS, st.integers(1, 20))
def test_significant_figures_are_as_many_as_asked_for(value: Fraction, figures: int) -> None:
    """If this failed, a result to three figures would show two, or four."""
    digits, exponent = significant(value, figures)
    shown = Fraction(digits) * (Fraction(10) ** (exponent or 0))
    assert abs(shown - value) <= abs(value) * Fraction(10) ** (1 - figures) / 2
    count = len(re.sub(r"\D", "", digits).lstrip("0"))
    assert not value or count == figures or (exponent is None and "." not in digits and count > figures)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**5), max_value=10**5, places=4).map(Fraction))
def test_a_decimal_is_shown_as_it_is(value: Fraction) -> None:
    """If this failed, a number of up to ten figures that an author wrote would be shown as another one."""
    assert Fraction(written(value, "", CODE)) == value


# In a text


@pytest.mark.parametrize("text", ["$2@{y}$", "$2 @{y}$", "$= 0.5@{y}$", "$@{y}@{n}$", "$@{y} @{n:p}$"])
def test_two_numbers_never_run_together(text: str) -> None:
    """If this failed, a card would show 7 times 3 as 73."""
    with pytest.raises(NoValue, match="more digits"):
        filled(text, y=F(3), n=F(10))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$@{x}$, @{x}, `@{x}`", "$-3$, −3, `-3`"),
        ("$2 + @{x}$", "$2 + (-3)$"),
        ("$2 - @{x}$ and 2 − @{x}", "$2 - (-3)$ and 2 − (−3)"),
        (r"$2\cdot@{x}$", r"$2\cdot(-3)$"),
        (r"$2 \times @{x}$", r"$2 \times (-3)$"),
        ("$2@{x}$", "$2(-3)$"),
        ("$a@{x}$", "$a(-3)$"),
        (r"$\alpha = @{x}$", r"$\alpha = -3$"),
        (r"$\frac{@{x}}{2}$", r"$\frac{-3}{2}$"),
        ("$@{x}^2$", "$(-3)^2$"),
        ("$@{x} ^2$", "$(-3) ^2$"),
        ("`@{x}**2`", "`(-3)**2`"),
        ("$@{y}^2$", "$3^2$"),
        ("$@{h:frac}^2$", r"$\left(\frac{1}{2}\right)^2$"),
        ("$x @{x:+}$, $x @{y:+}$", "$x - 3$, $x + 3$"),
        ("$@{y} + @{x:p}$", "$3 + (-3)$"),
        ("- @{x}\n- @{x}", "- −3\n- −3"),
        ("* @{x}", "* −3"),
        ("Round *@{x}* and (**@{x}**), **now @{x}**", "Round *−3* and (**−3**), **now −3**"),
        ("2 * @{x}, 2*@{x} and `*@{x}`", "2 * (−3), 2*(−3) and `*(-3)`"),
        ("a\n\n  - @{x}", "a\n\n  - −3"),
        ("1 - @{x}", "1 - (−3)"),
        (r"\$@{x}", r"\$−3"),
        ("It costs $5 and $@{x}", "It costs $5 and $−3"),
        ("```\na = @{x}\n```\n@{x}", "```\na = -3\n```\n−3"),
        ("``@{x}`` @{x}", "``-3`` −3"),
        ("$$\n@{x}\n$$", "$$\n-3\n$$"),
        ("@{x + 1} and @{(x, y)[0]}", "−2 and −3"),
        ("{x} @ {x} @x", "{x} @ {x} @x"),
        ("$@{x:2p,}$", "$(-3.00)$"),
        ("$w_@{y}$", "$w_3$"),
        ("$w_@{n}$, $2^@{n}$, $2^@{x}$", "$w_{10}$, $2^{10}$, $2^{-3}$"),
        (r"$\sqrt@{n}$ and $\sqrt@{y}$", r"$\sqrt{10}$ and $\sqrt3$"),
        ("2^@{n}", "2^10"),
        ("$2 @{x}$ and $a @{x}$", "$2 (-3)$ and $a (-3)$"),
        (r"$w_1 @{y}$, $\delta_{@{y}@{y}}$, $2{}@{y}$", r"$w_1 3$, $\delta_{33}$, $2{}3$"),
    ],
)
def test_what_surrounds_a_number_decides_how_it_is_written(text: str, shown: str) -> None:
    """If this failed, a card would show "2 - -3" or "−3" inside of code that is to be copied."""
    assert filled(text, x=F(-3), y=F(3), h=F(1, 2), n=F(10)) == shown


@given(st.fractions(-1000, 1000, max_denominator=100), st.sampled_from(["+", "-", r"\cdot", r"\times", "/", "*"]))
def test_no_sign_follows_an_operator(value: Fraction, operator: str) -> None:
    """If this failed, a card would show `+-` or `--`."""
    for how in ("", ":2", ":3g", ":frac", ":p"):
        for gap in ("", " ", "\n"):
            text = filled(f"$1 {operator}{gap}@{{x{how}}}$", x=value)
            assert not re.search(r"(?:[-+*/]|cdot|times)[ \n]*[-+]", text)
            assert (
                text.count("(") == text.count(")") == (1 if value < 0 and text.count("-") > operator.count("-") else 0)
            )


@given(st.text(st.sampled_from(list("@{}x:3gp$`~\\ \n-+^é()")), max_size=40))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """If this failed, one odd question would stop a build with a traceback."""
    template, diagnostics = parse_template(Scalar(text, ((0, Span("x.md")),)))
    for found in diagnostics:
        assert found.span.line == 1
    if not diagnostics:
        try:
            shown = template.filled(template.numbers(lambda _: F(-1)))
        except NoValue as error:
            assert error.span
        else:
            assert template.places or shown == text
