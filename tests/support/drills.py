"""Drills for tests: read from their blocks as an author's are."""

from __future__ import annotations

import json
from textwrap import dedent

from deckbuilder.drills.reading import read_drill
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.yaml_text import place_in_file

FILE = "drill.md"


def drill(block: str) -> DrillSpec:
    """Return the drill of a block that stands at the beginning of a file, in which nothing may be wrong."""
    spec, diagnostics = read_drill(dedent(block).lstrip("\n"), place_in_file(FILE))
    assert [str(found) for found in diagnostics if found.is_error] == []
    assert spec
    return spec


def drill_of(**keys: object) -> DrillSpec:
    """Return the drill of these keys; the question shows every parameter where no other is given."""
    params = keys["params"]
    assert isinstance(params, dict)
    ask = " ".join(f"@{{{name}}}" for name in params)
    return drill(json.dumps({"ask": ask, **keys}))


SGD = r"""
variants: 12
params:
  w:    {range: [-1, 1], step: 0.1, exclude: [0]}
  g:    {range: [-0.5, 0.5], step: 0.1, exclude: [0]}
  v:    {range: [-0.4, 0.4], step: 0.1, exclude: [0]}
  lr:   {choices: [0.1, 0.01, 0.5]}
  beta: {choices: [0.9, 0.8, 0.5]}
example: {w: 0.5, g: 0.2, v: 0.1, lr: 0.1, beta: 0.9}
let: {v1: beta*v + g, w1: w - lr*v1}
where: ["places(w1) <= 3", "v1 != 0", "abs(lr*beta*v) > 0.001"]
check: ["w1 + lr*v1 == w"]
ask: |
  Weight $w=@{w}$, gradient @{g}, velocity $v=@{v}$, $\alpha=@{lr}$, $\beta=@{beta}$. Find $v'$ and $w'$.
steps:
  - $v' = \beta v + g = @{beta}\cdot@{v:p} + @{g:p} = @{v1}$
  - $w' = w - \alpha v' = @{w} - @{lr}\cdot@{v1:p} = @{w1}$
answer: w1
tolerance: 0.001
mistakes:
  plain SGD, no momentum: w - lr*g
  wrong sign: w + lr*v1
"""
"""One step of gradient descent with momentum."""

STEP = """\
variants: 5
params:
  w: {range: [-1, 1], step: 0.1, exclude: [0]}
  g: {range: [-0.5, 0.5], step: 0.1, exclude: [0]}
  lr: {choices: [0.5, 0.2, 0.1]}
example: {w: 0.5, g: 0.2, lr: 0.1}
let: {w1: w - lr*g}
ask: Weight $w=@{w}$, gradient $g=@{g}$, $\\alpha=@{lr}$. Find $w'$.
steps:
  - $w' = w - \\alpha g = @{w} - @{lr}\\cdot@{g:p} = @{w1}$
answer: w1
tolerance: 0.001
mistakes:
  wrong sign: w + lr*g
"""
"""One step of gradient descent, short."""
