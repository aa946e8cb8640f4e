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
