(function () {
'use strict';
// Some clients keep one page for all cards, others load a new one for each side; so nothing here outlives its card but
// this one object. A card reads well without any of it. Written for browsers back to 2019, which old phones have.
var deckbuilder = window.deckbuilder = window.deckbuilder || {};
// What makes a card come alive: functions of the card's root element.
var parts = [];
// What the key "n" does: functions of the card that return whether there was a next thing to show.
var nexts = [];

function all(root, selector) {
  return Array.prototype.slice.call(root.querySelectorAll(selector));
}

function element(tag, className, text) {
  var made = document.createElement(tag);
  made.className = className;
  if (text) {
    made.textContent = text;
  }
  return made;
}

function button(text, key, act) {
  var made = element('button', 'db-button tappable', text);
  made.type = 'button';
  if (key) {
    made.appendChild(element('kbd', 'db-shortcut', key));
  }
  made.addEventListener('click', act);
  return made;
}

// Opens the first closed one of some <details>; false where none is closed.
function openNext(details) {
  var closed = details.filter(function (one) {
    return !one.open;
  });
  if (!closed.length) {
    return false;
  }
  closed[0].open = true;
  show(closed[0]);
  return true;
}

function show(target) {
  try {
    target.scrollIntoView({block: 'nearest'});
  } catch (old) {
    target.scrollIntoView(false);
  }
}

// Formulas in a line of text. MathJax makes a box of each: it never breaks, but the line may break between it and the
// comma after it. So what touches a formula is held to it, and a long one becomes several, that end with a relation
// each, as books break them. (Written so that no delimiter stands here: Anki would load MathJax for every card.)
var FORMULA = /([^\s\\]{0,12})[\\][(]((?:[^\\]|[\\][^)])*?)[\\][)]([^\s\\]{0,12})/;
var NESTED = /[\\][(](?:[^\\]|[\\][^()])*[\\][(]/;
var TOKEN = /[\\][a-zA-Z]+|[\\]?[^]/g;
var RELATION = /^(?:[=<>]|[\\](?:approx|equiv|geq?|iff|implies|leq?|longrightarrow|mapsto|neq?|propto|Rightarrow|rightarrow|sim|to))$/;
var OPENS = /^(?:[({[]|[\\](?:\{|left))$/;
var CLOSES = /^(?:[)}\]]|[\\](?:\}|right))$/;
// What reaches further than to the next relation.
var WHOLE = /[&%]|[\\]{2}|[\\](?:atop|begin|bf|choose|color|def|displaystyle|it|label|newcommand|over|rm|tag|textstyle)(?![a-zA-Z])/;

// The pieces of a formula, each whole in itself; braces stand for what follows, so that a relation keeps its distance.
function pieces(tex) {
  var made = [''];
  var depth = 0;
  if (tex.length < 40 || WHOLE.test(tex)) {
    return [tex];
  }
  tex.match(TOKEN).forEach(function (token) {
    var begun = made[made.length - 1];
    made[made.length - 1] += token;
    depth += OPENS.test(token) ? 1 : CLOSES.test(token) ? -1 : 0;
    if (!depth && begun.trim() && RELATION.test(token)) {
      made[made.length - 1] += '{' + '}';
      made.push('');
    }
  });
  return made[made.length - 1].trim() ? made : [tex];
}

parts.push(function (card) {
  // Text in code is no formula, and nothing may be put inside of one, as a formula within a formula's words would do.
  var walker = document.createTreeWalker(card, 5, function (node) {
    if (node.nodeType === 1) {
      return /^(?:CODE|PRE)$/.test(node.tagName) || /\bdb-math\b/.test(node.className) ? 2 : 3;
    }
    return FORMULA.test(node.data) && !NESTED.test(node.data) ? 1 : 2;
  }, false);
  var texts = [];
  while (walker.nextNode()) {
    texts.push(walker.currentNode);
  }
  texts.forEach(function (text) {
    for (var found = FORMULA.exec(text.data); found; found = FORMULA.exec(text.data)) {
      var old = text.splitText(found.index);
      var before = found[1];
      var after = found[3];
      text = old.splitText(found[0].length);
      pieces(found[2]).forEach(function (tex, place, made) {
        var lead = place ? '' : before;
        var tail = place < made.length - 1 ? '' : after;
        var words = lead + '\x5c(' + tex + '\x5c)' + tail;
        old.parentNode.insertBefore(lead || tail ? element('span', 'db-held', words) : document.createTextNode(words), old);
      });
      old.parentNode.removeChild(old);
    }
  });
});

// A picture alone in its paragraph stands in the middle, as formulas of their own do.
parts.push(function (card) {
  all(card, 'p > img:only-child').forEach(function (picture) {
    if (!picture.parentNode.textContent.trim() && !picture.parentNode.align) {
      picture.className += ' db-alone';
    }
  });
});

// Hints: which one is on offer is the style sheet's matter; here only the key.
nexts.push(function (card) {
  return openNext(all(card, '.db-hint'));
});

// Key points: a box to tick before each, and a count.
parts.push(function (card) {
  all(card, '.db-points').forEach(function (list) {
    var points = Array.prototype.slice.call(list.children);
    var label = card.querySelector('.db-checklist > .db-label');
    var count = element('span', 'db-count');
    function recount() {
      count.textContent = list.querySelectorAll(':checked').length + ' of ' + points.length;
    }
    points.forEach(function (point) {
      var box = element('input', 'db-tick tappable');
      var words = element('span', 'db-point-words');
      while (point.firstChild) {
        words.appendChild(point.firstChild);
      }
      box.type = 'checkbox';
      box.setAttribute('aria-label', (words.textContent || '').trim());
      point.className += ' db-point tappable';
      point.appendChild(box);
      point.appendChild(words);
      point.addEventListener('click', function (event) {
        var onLink = event.target.closest && event.target.closest('a');
        if (event.target !== box && !onLink) {
          box.checked = !box.checked;
        }
        recount();
      });
    });
    list.className += ' db-live';
    if (label) {
      label.appendChild(count);
    }
    recount();
  });
});
