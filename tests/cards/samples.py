"""Notes as the build writes them, one or more a kind, with what most easily goes wrong on a narrow screen in each."""

from __future__ import annotations

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from deckbuilder.kinds.fields import FIELDS

Note = dict[str, str]


def code(source: str, language: str = "python") -> str:
    inner = highlight(source, get_lexer_by_name(language), HtmlFormatter(nowrap=True)) if language else escape(source)
    return f'<div class="db-code" dir="ltr"><pre><code>{inner}</code></pre></div>'


def hints(*bodies: str) -> str:
    many = len(bodies)
    return "".join(
        f'<details class="db-hint"><summary class="tappable">Hint{f" {place} of {many}" if many > 1 else ""}</summary>'
        f'<div class="db-hint-body">{body}</div></details>'
        for place, body in enumerate(bodies, 1)
    )


def points(*items: str) -> str:
    return '<ul class="db-points">' + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def steps(*titled: tuple[str, str]) -> str:
    return (
        '<ol class="db-steps">'
        + "".join(
            '<li class="db-step"><details><summary class="tappable">'
            f'<span class="db-step-title">{title}</span></summary><div class="db-step-body">{body}</div></details></li>'
            if body
            else f'<li class="db-step db-step-bare"><span class="db-step-title">{title}</span></li>'
            for title, body in titled
        )
        + "</ol>"
    )


def note(**given: str) -> Note:
    """Return a whole note; `key_points` stands for the field Key Points."""
    named = {name.replace("_", " ").title(): html for name, html in given.items()}
    assert set(named) <= {*FIELDS, "Tags"}, named.keys()
    return {
        **dict.fromkeys(FIELDS, ""),
        "Source": '<a href="https://example.org/review/blob/main/content/review.md#L41">content/review.md:41</a>',
        "Version": "1.2",
        "Tags": "transformers::maths::linear-algebra review",
        **named,
    }


PICTURE = (
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='900' height='420' viewBox='0 0 900 420'>"
    "<g fill='none' stroke='%23222' stroke-width='3'><path d='M60 380V30M60 380H870'/>"
    "<path stroke='%232a5f9e' d='M80 60C200 330 480 350 860 365'/><path stroke='%23a3372b' d='M80 350C380 340 560 300 860 60'/></g>"
    "<g font-family='sans-serif' font-size='24'><text x='640' y='410'>model capacity</text><text x='610' y='340'>bias</text>"
    "<text x='700' y='110'>variance</text></g></svg>"
)

CONCEPT = note(
    key="dot-product-geometric-meaning",
    kind="concept",
    question="What is the dot product and what does it represent geometrically?",
    topic="Transformers › Background › Math Foundations › Linear Algebra",
    hints=hints(
        "Write it once with components and once with an angle: \\(a \\cdot b = \\;?\\)",
        "What is left of \\(\\|a\\|\\,\\|b\\|\\cos\\theta\\) when the vectors are orthogonal?",
        "Think of the shadow that <em>a</em> casts onto <em>b</em>.",
    ),
    answer=(
        "<p>The dot product is the <strong>scaled overlap</strong> of two vectors: how much of \\(a\\) points along \\(b\\), "
        "times the length of \\(b\\).</p>"
        '<div class="db-math">\\[a \\cdot b = \\sum_{i=1}^{n} a_i b_i = \\|a\\|\\,\\|b\\| \\cos\\theta\\]</div>'
        "<p>It is a scalar, unbounded and real. It is \\(0\\) when the vectors are <em>orthogonal</em>, positive when they "
        "point the same way and negative when they point apart. It conflates direction and magnitude, which is why "
        "a single value does not tell whether it is large because of alignment or because the vectors are long.</p>"
        '<p>More: <a href="https://betterexplained.com/articles/vector-calculus-understanding-the-dot-product/">Better '
        "Explained – Understanding the Dot Product</a></p>"
    ),
    key_points=points(
        "sum of element-wise products, a scalar",
        "\\(\\|a\\|\\,\\|b\\|\\cos\\theta\\): overlap scaled by both lengths",
        "zero means orthogonal; the sign tells same or opposite direction",
        "mixes up direction and magnitude, unlike <a href='https://example.org'>cosine similarity</a>",
    ),
)

WIDE = note(
    key="l1-loss-median",
    kind="concept",
    question="Which penalties do ridge and lasso add, what do they do to the weights, and how does the bias–variance "
    "trade-off move with \\(\\lambda\\)?",
    topic="Machine Learning › Regression › Regularisation",
    answer=(
        "<p>Ridge adds \\(\\lambda\\|w\\|_2^2\\) and shrinks all weights; lasso adds \\(\\lambda\\|w\\|_1\\) and sets some to zero.</p>"
        '<div class="db-math">\\[\\hat{w} = \\arg\\min_{w} \\; \\frac{1}{2n}\\sum_{i=1}^{n}\\left(y_i - w_0 - \\sum_{j=1}^{p} x_{ij} w_j\\right)^2'
        " + \\lambda \\sum_{j=1}^{p} \\left(\\alpha |w_j| + \\frac{1-\\alpha}{2} w_j^2\\right) \\quad \\text{subject to } \\|w\\|_1 \\le t\\]</div>"
        '<div class="db-table"><table><thead><tr><th>Penalty</th><th>Norm</th><th style="text-align:right">Zero weights</th><th>Solution</th><th>Prior it stands for</th></tr></thead>'
        '<tbody><tr><td>ridge</td><td>\\(\\|w\\|_2^2\\)</td><td style="text-align:right">0 of 100</td><td>closed form, \\((X^\\top X + \\lambda I)^{-1}X^\\top y\\)</td><td>Gaussian</td></tr>'
        '<tr><td>lasso</td><td>\\(\\|w\\|_1\\)</td><td style="text-align:right">62 of 100</td><td>coordinate descent with soft thresholding</td><td>Laplace</td></tr>'
        '<tr><td>elastic net</td><td>both</td><td style="text-align:right">41 of 100</td><td>coordinate descent</td><td>a product of both</td></tr></tbody></table></div>'
        f'<p align="center"><img src="{PICTURE}" alt="Bias falls and variance rises with the capacity of the model" width="80%"><br><em>Bias and variance against capacity</em></p>'
        "<blockquote><p>With <code>alpha=0</code>, scikit-learn advises against <code>Lasso</code> and names <code>LinearRegression</code> instead.</p></blockquote>"
        "<ul><li>Larger \\(\\lambda\\): more bias, less variance.<ul><li>nested: standardise the columns first</li></ul></li><li>Choose \\(\\lambda\\) by cross-validation.</li></ul>"
        "<details><summary>Why does lasso give zeros?</summary><p>The diamond's corners lie on the axes.</p></details>"
    ),
)

DERIVATION = note(
    key="softmax-cross-entropy-gradient",
    kind="derivation",
    question="Derive the gradient of the cross-entropy loss with respect to the logits of a softmax.",
    context="<p>Given: logits \\(z \\in \\mathbb{R}^K\\), \\(p = \\operatorname{softmax}(z)\\), a one-hot target \\(y\\), and</p>"
    '<div class="db-math">\\[L = -\\sum_{k} y_k \\log p_k\\]</div>',
    hints=hints("Take the logarithm of the softmax before you differentiate."),
    topic="Transformers › Training › Losses",
    answer='<p>The gradient is the error of the prediction:</p><div class="db-math">\\[\\frac{\\partial L}{\\partial z_j} = p_j - y_j\\]</div>',
    steps=steps(
        (
            "Write the log-probabilities",
            '<div class="db-math">\\[\\log p_k = z_k - \\log \\sum_{j} e^{z_j}\\]</div><p>The logarithm of a quotient is a difference.</p>',
        ),
        (
            "Insert into the loss",
            '<div class="db-math">\\[L = -\\sum_k y_k z_k + \\Big(\\sum_k y_k\\Big) \\log\\sum_j e^{z_j} = -\\sum_k y_k z_k + \\log \\sum_j e^{z_j}\\]</div>'
            "<p>since the entries of a one-hot vector add up to \\(1\\).</p>",
        ),
        (
            "Differentiate with respect to \\(z_j\\)",
            '<div class="db-math">\\[\\frac{\\partial L}{\\partial z_j} = -y_j + \\frac{e^{z_j}}{\\sum_i e^{z_i}}\\]</div>',
        ),
        ("Recognise the softmax in the last term, which gives \\(p_j - y_j\\)", ""),
    ),
    key_points=points("log-sum-exp", "the targets add up to 1", "prediction minus target"),
)

STEP = note(
    key="softmax-cross-entropy-gradient.differentiate",
    kind="derivation",
    question='<div class="db-goal">Derive the gradient of the cross-entropy loss with respect to the logits of a softmax.</div> '
    '<div class="db-next">After “Insert into the loss”: what comes next, and why?</div>',
    context=DERIVATION["Context"]
    + '<ol class="db-taken"><li class="db-taken-step"><div class="db-step-title">Write the log-probabilities</div>'
    '<div class="db-step-body"><div class="db-math">\\[\\log p_k = z_k - \\log \\sum_{j} e^{z_j}\\]</div></div></li>'
    '<li class="db-taken-step"><div class="db-step-title"></div><div class="db-step-body"><p>\\(L = -\\sum_k y_k z_k + \\log \\sum_j e^{z_j}\\)</p></div></li></ol>',
    topic="Transformers › Training › Losses",
    answer='<p class="db-title">Differentiate with respect to \\(z_j\\)</p><div class="db-math">\\[\\frac{\\partial L}{\\partial z_j} = -y_j + p_j\\]</div>',
)


def variant(number: int, w: float, g: float) -> str:
    v1, w1 = round(0.09 + g, 3), round(w - 0.1 * (0.09 + g), 4)
    return (
        '<div class="db-variant">'
        f'<div class="db-ask"><p>Weight \\(w={w}\\), gradient \\({g}\\), velocity \\(v=0.1\\), \\(\\alpha=0.1\\), \\(\\beta=0.9\\). '
        "Find \\(v'\\) and \\(w'\\).</p></div>"
        f'<div class="db-result"><p>\\(v\' = {v1}\\) and \\(w\' = {w1}\\) <span class="db-tolerance">(±0.001)</span></p></div>'
        f'<ol class="db-worked"><li>\\(v\' = \\beta v + g = 0.9\\cdot 0.1 + {g} = {v1}\\)</li>'
        f"<li>\\(w' = w - \\alpha v' = {w} - 0.1\\cdot {v1} = {w1}\\)</li></ol>"
        f'<ul class="db-checks"><li data-low="{v1 - 0.001:.4f}" data-high="{v1 + 0.001:.4f}"><span class="db-check-name">\\(v\'\\)</span></li>'
        f'<li data-low="{w1 - 0.001:.4f}" data-high="{w1 + 0.001:.4f}"><span class="db-check-name">\\(w\'\\)</span><ul class="db-mistakes">'
        f'<li data-low="{w - 0.1 * g - 0.001:.4f}" data-high="{w - 0.1 * g + 0.001:.4f}">plain SGD, no momentum</li>'
        f'<li data-low="{w + 0.1 * v1 - 0.001:.4f}" data-high="{w + 0.1 * v1 + 0.001:.4f}">wrong sign</li></ul></li></ul>'
        "</div>"
    )


def inner(html: str, tag: str, name: str) -> str:
    """Return the first `tag` element of class `name` in `html`, which nests no other of its tag."""
    begin = html.index(f'<{tag} class="{name}">')
    return html[begin : html.index(f"</{tag}>", begin) + len(tag) + 3]


VARIANTS = [variant(number, round(0.5 - 0.1 * number, 1), round(0.2 + 0.05 * number, 2)) for number in range(5)]

DRILL = note(
    key="sgd-momentum-step",
    kind="drill",
    question="One step of SGD with momentum.",
    context=inner(VARIANTS[0], "div", "db-ask"),
    topic="Practice › Optimisers",
    hints=hints("The velocity moves first; the weight follows the new velocity."),
    answer=inner(VARIANTS[0], "div", "db-result"),
    steps=inner(VARIANTS[0], "ol", "db-worked"),
    variants="".join(VARIANTS),
)

IMPLEMENTATION = note(
    key="implement-attention",
    kind="implementation",
    question="Implement scaled dot-product attention in NumPy, with an optional causal mask.",
    context=code(
        "def attention(\n    q: np.ndarray,  # (heads, queries, d_k)\n    k: np.ndarray,  # (heads, keys, d_k)\n"
        "    v: np.ndarray,  # (heads, keys, d_v)\n    causal: bool = False,\n) -> np.ndarray:  # (heads, queries, d_v)\n    ...\n"
    )
    + code(
        "assert attention(q, k, v).shape == (2, 3, 4)\nassert np.allclose(attention(q, k, v, causal=True)[:, 0], v[:, 0])\n"
    ),
    hints=hints(
        "Scores first: \\(QK^\\top / \\sqrt{d_k}\\).",
        "Which entries must not be seen? Set them to \\(-\\infty\\) <em>before</em> the softmax.",
    ),
    topic="Transformers › Attention › From scratch",
    code=code(
        'import numpy as np\n\n\ndef attention(q, k, v, causal=False):\n    """Return the values, averaged by how well keys match queries."""\n'
        "    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])  # (heads, queries, keys)\n    if causal:\n"
        "        future = np.triu(np.ones(scores.shape[-2:], dtype=bool), k=1)\n        scores = np.where(future, -np.inf, scores)\n"
        "    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))  # the largest is 1: no overflow\n"
        "    return weights / weights.sum(axis=-1, keepdims=True) @ v\n"
    ),
    complexity="<p>Time \\(O(n^2 d)\\), memory \\(O(n^2)\\) for the scores of \\(n\\) tokens.</p>",
    pitfalls="<ul><li>The mask after the softmax: rows no longer add up to 1.</li>"
    "<li><code>scores.max()</code> over the whole array: rows underflow to <code>0/0</code>.</li>"
    "<li>\\(\\sqrt{d}\\) of the model instead of \\(\\sqrt{d_k}\\) of the head.</li></ul>",
    key_points=points("scale by \\(\\sqrt{d_k}\\)", "mask before the softmax", "subtract the maximum of the row"),
)

PLAIN = note(key="short", kind="concept", question="What does BPE stand for?", answer="<p>Byte-pair encoding.</p>")

ARABIC = note(
    key="arabic",
    kind="concept",
    question="ما هو التدرج (gradient) وما معناه الهندسي؟",
    answer="<p>التدرج متجه يشير إلى اتجاه أسرع زيادة للدالة \\(f(x)\\).</p><ul><li>عمودي على خطوط المستوى</li></ul>"
    + code("g = grad(f)(x)"),
    topic="الرياضيات › التفاضل",
    key_points=points("اتجاه", "مقدار"),
)

CROWDED = note(
    key="crowded-" + "x" * 60,
    kind="concept",
    question="<p>A question of several blocks, with inline maths that is long: "
    "\\(\\mathrm{softmax}(z)_i = e^{z_i}/\\sum_j e^{z_j} = e^{z_i - m}/\\sum_j e^{z_j - m}, \\; m = \\max_j z_j\\), and data:</p>"
    "<ul><li><code>a_very_long_identifier_that_has_no_place_to_break_at_all_in_any_way</code></li>"
    "<li>https://example.org/a/very/long/address/that/nobody/would/ever/type/by/hand/but/everybody/pastes</li></ul>",
    answer="<p>x</p><p>Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft</p>"
    "<div class='db-alert db-alert-warning'><p class='db-alert-title'>Warning</p><p>Mind the scale.</p></div>"
    "<div class='db-alert db-alert-important'><p class='db-alert-title'>Important</p><p>Mind the gap.</p></div>"
    "<figure><p>x</p><figcaption>A caption</figcaption></figure>"
    "<h3>A heading</h3><pre>plain pre without a wrapper that is much too long for any narrow screen whatsoever, as old notes have it</pre>"
    "<ul class='contains-task-list'><li class='db-task'><input type='checkbox' disabled checked> done</li><li class='db-task'><input type='checkbox' disabled> open</li></ul>"
    "<dl><dt>term</dt><dd>meaning</dd></dl><p>Press <kbd>Ctrl</kbd>+<kbd>C</kbd>, H<sub>2</sub>O, x<sup>2</sup>, <del>gone</del>.</p>"
    "<p>Amid text <span class='db-math'>\\[\\int_0^1 f(x)\\,dx\\]</span> goes on.</p><hr><p>End.</p>",
    topic="A › " * 12 + "B",
    tags="a::b::c::d " * 12,
)

SAMPLES: dict[str, Note] = {
    "concept": CONCEPT,
    "wide": WIDE,
    "derivation": DERIVATION,
    "step": STEP,
    "drill": DRILL,
    "implementation": IMPLEMENTATION,
    "plain": PLAIN,
    "arabic": ARABIC,
    "crowded": CROWDED,
}
