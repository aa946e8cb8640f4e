// Drills: one of the variants, the same one on both sides.

// What outlasts a flip differs from client to client, and any of it may throw, be wiped, or not be there at all.
deckbuilder.memory = deckbuilder.memory || {};
var stores = [
  {
    read: function (name) {
      return deckbuilder.memory[name];
    },
    write: function (name, text) {
      deckbuilder.memory[name] = text;
    }
  },
  storage('sessionStorage'),
  storage('localStorage')
];

function storage(kind) {
  return {
    read: function (name) {
      try {
        return window[kind].getItem('deckbuilder ' + name);
      } catch (forbidden) {
        return null;
      }
    },
    write: function (name, text) {
      try {
        window[kind].setItem('deckbuilder ' + name, text);
      } catch (forbidden) {
        return;
      }
    }
  };
}

function remember(key, record) {
  stores.forEach(function (store) {
    store.write('variant ' + key, JSON.stringify(record));
  });
}

// What `store` holds of the drill `key`: {variant, typed}, or null where that is nothing of use.
function recall(store, key, count) {
  var record = null;
  try {
    record = JSON.parse(store.read('variant ' + key) || 'null');
  } catch (garbled) {
    return null;
  }
  var fits = record && record.variant >= 0 && record.variant < count && record.variant % 1 === 0;
  return fits && Array.isArray(record.typed) ? record : null;
}

// The same number on both sides with no storage at all: a day ends at 4 in the morning, so that few flips cross its end.
function ofToday(key, count) {
  var day = new Date();
  if (day.getHours() < 4) {
    day.setDate(day.getDate() - 1);
  }
  var text = key + ' ' + day.getFullYear() + '-' + (day.getMonth() + 1) + '-' + day.getDate();
  // FNV-1a, then the finaliser of MurmurHash3, without which neighbouring days share their low bits.
  var hash = 0x811c9dc5;
  for (var place = 0; place < text.length; place += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  }
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return ((hash ^ hash >>> 16) >>> 0) % count;
}

function anyBut(last, count) {
  var drawn = Math.floor(Math.random() * (count - 1));
  return count < 2 ? 0 : drawn < last ? drawn : drawn + 1;
}

// In front: any variant but the last one where a back has found again what its front had written, else today's.
function drawn(key, count) {
  var last = -1;
  stores.forEach(function (store) {
    var record = recall(store, key, count);
    if (last < 0 && record && store.read('kept') === 'yes') {
      last = record.variant;
    }
  });
  var record = {variant: last < 0 ? ofToday(key, count) : anyBut(last, count), typed: []};
  remember(key, record);
  return record;
}

// On the back: what the front drew, or today's.
function found(key, count) {
  var record = null;
  stores.forEach(function (store) {
    var held = recall(store, key, count);
    if (held) {
      store.write('kept', 'yes');
      record = record || held;
    }
  });
  return record || {variant: ofToday(key, count), typed: []};
}

// The ways to read what a learner typed, each a list of numbers: a comma may part numbers, thousands or decimals,
// and a cross the sizes of a shape.
function readings(typed) {
  var text = typed.replace(/[\u2212\u2013]/g, '-')
    .replace(/\s*[\u00d7\u00b7\u22c5*]\s*10\s*\^?\s*/g, 'e')
    .replace(/(^|[^\d.,])10\s*\^\s*/g, function (found, before) {
      return before + '1e';
    })
    .replace(/[()[\]]/g, ' ').trim();
  var close = text.replace(/\s*\/\s*/g, '/').replace(/([-+])\s+(?=[\d.,])/g, '$1');
  var thousands = /^[-+]?\d{1,3}([\s,_']\d{3})+(\.\d*)?$/.test(close) ? close.replace(/[\s,_']/g, '') : '';
  var shape = /^[\s([]*\d+(\s*[x\u00d7*]\s*\d+)+[\s)\]]*$/i.test(typed) ? typed.match(/\d+/g) : [];
  return [
    close.split(/[\s,;]+/),
    close.replace(/,/g, '.').split(/[\s;]+/),
    [thousands],
    shape
  ].map(function (pieces) {
    return pieces.filter(Boolean).map(number);
  });
}

function number(piece) {
  var halves = piece.split('/');
  var plain = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
  if (halves.length > 2 || !halves.every(plain.test, plain)) {
    return NaN;
  }
  return halves.length === 2 ? halves[0] / halves[1] : Number(halves[0]);
}

function bounds(node, side) {
  return node.getAttribute('data-' + side).split(' ').map(number);
}

// Whether one of `tries` lies within the bounds that `node` carries; a trillionth is allowed for what floats lose.
function within(node, tries) {
  var low = bounds(node, 'low');
  var high = bounds(node, 'high');
  return tries.some(function (numbers) {
    return numbers.length === low.length && numbers.every(function (one, place) {
      var slack = 1e-12 * Math.abs(one);
      return isFinite(one) && one >= low[place] - slack && one <= high[place] + slack;
    });
  });
}

// Says what to make of the answer `typed` to the question of `check`: a class name and an element to show.
function verdict(check, typed) {
  var tries = readings(typed);
  var said = element('span', 'db-verdict');
  var wanted = bounds(check, 'low').length;
  if (within(check, tries)) {
    said.className += ' db-right';
    said.textContent = 'Right.';
    return said;
  }
  var readable = tries.some(function (numbers) {
    return numbers.length === wanted && numbers.every(isFinite);
  });
  if (!readable) {
    said.textContent = wanted > 1
      ? 'Write ' + wanted + ' numbers with commas between them.'
      : 'Write a number, such as 0.25, 1/4 or 2.5e-1.';
    return said;
  }
  said.className += ' db-wrong';
  said.textContent = 'Not yet.';
  var known = all(check, '.db-mistakes > li').filter(function (mistake) {
    return within(mistake, tries);
  })[0];
  if (known) {
    said.textContent = 'Not yet. It looks like: ';
    said.appendChild(copied(known));
  }
  return said;
}

// A copy of what `source` contains.
function copied(source) {
  var copy = document.createDocumentFragment();
  Array.prototype.forEach.call(source.childNodes, function (node) {
    copy.appendChild(node.cloneNode(true));
  });
  return copy;
}

function refill(target, content) {
  while (target.firstChild) {
    target.removeChild(target.firstChild);
  }
  target.appendChild(content);
}

// Sets the maths of what was not on the page when the client did so.
function typeset(target) {
  var mathjax = window.MathJax;
  if (mathjax && mathjax.typesetPromise) {
    mathjax.typesetPromise([target]).catch(function () {
      return;
    });
  }
}

// What to say to the answers `typed`, a line for each that is not blank.
function replies(variant, typed) {
  var lines = document.createDocumentFragment();
  var checks = all(variant, '.db-checks > li');
  checks.forEach(function (check, place) {
    var text = (typed[place] || '').trim();
    var line = element('p', '');
    if (text) {
      line.appendChild(named(check));
      line.appendChild(document.createTextNode(' ' + text + ': '));
      line.appendChild(verdict(check, text));
      lines.appendChild(line);
    }
  });
  return lines;
}

// A place to type an answer: never needed, since some phones keep their keyboard shut.
function answerBox(variant, keep) {
  var box = element('div', 'db-box');
  var checks = all(variant, '.db-checks > li');
  var reply = element('div', 'db-reply');
  var inputs = [];
  function typed() {
    return inputs.map(function (input) {
      return input.value;
    });
  }
  function answer() {
    refill(reply, replies(variant, typed()));
    typeset(reply);
  }
  // On to the next answer; after the last one the keys are the client's again.
  function entered(input) {
    var next = inputs[inputs.indexOf(input) + 1];
    answer();
    if (next && !next.value) {
      next.focus();
    } else {
      input.blur();
    }
  }
  reply.setAttribute('role', 'status');
  checks.forEach(function (check) {
    var field = element('label', 'db-field');
    var input = element('input', 'db-input tappable');
    var name = element('span', 'db-field-name');
    name.appendChild(named(check));
    input.type = 'text';
    input.setAttribute('autocomplete', 'off');
    input.setAttribute('autocapitalize', 'off');
    input.setAttribute('autocorrect', 'off');
    input.setAttribute('spellcheck', 'false');
    input.setAttribute('enterkeyhint', 'done');
    input.addEventListener('input', function () {
      keep(typed());
    });
    // The client must not take a digit for a grade.
    ['keydown', 'keypress', 'keyup'].forEach(function (kind) {
      input.addEventListener(kind, function (event) {
        event.stopPropagation();
        if (kind === 'keydown' && event.key === 'Enter') {
          event.preventDefault();
          entered(input);
        }
      });
    });
    inputs.push(input);
    field.appendChild(name);
    field.appendChild(input);
    box.appendChild(field);
  });
  if (inputs.length) {
    box.appendChild(button('Check', '', answer));
    box.appendChild(reply);
  }
  return box;
}

// The name of one of several answers, or words for the only one.
function named(check) {
  var name = check.querySelector('.db-check-name');
  return name && name.firstChild ? copied(name) : document.createTextNode('Your answer');
}

parts.push(function (card) {
  var holder = card.querySelector('.db-variants');
  var variants = holder ? all(holder, '.db-variant') : [];
  if (!variants.length) {
    return;
  }
  var key = card.getAttribute('data-key');
  var inFront = card.className.indexOf('db-front') >= 0;
  var record = inFront ? drawn(key, variants.length) : found(key, variants.length);
  var seen = [];
  var reply = element('div', 'db-reply db-given');
  if (deckbuilder.variant >= 0 && deckbuilder.variant < variants.length) {
    // The preview's wish.
    var wished = Number(deckbuilder.variant);
    record = {variant: wished, typed: record.variant === wished ? record.typed : []};
  }
  // Off the page, so that the client need not set the maths of all of them.
  refill(holder, document.createDocumentFragment());
  holder.hidden = false;

  function fill(variant) {
    ['.db-ask', '.db-result', '.db-worked'].forEach(function (part) {
      var target = card.querySelector(part);
      var source = variant.querySelector(part);
      if (target && source) {
        refill(target, copied(source));
      }
    });
  }

  function place(number) {
    return 'Variant ' + (number + 1) + ' of ' + variants.length;
  }

  function solved(number, typed) {
    var bar = element('div', 'db-controls');
    card.classList.remove('db-practising');
    refill(reply, replies(variants[number], typed));
    refill(holder, document.createDocumentFragment());
    if (variants.length > 1) {
      bar.appendChild(element('span', 'db-place', place(number)));
      bar.appendChild(button('Another variant', 'n', another));
      holder.appendChild(bar);
    }
  }

  // Practice that is not graded: a variant not seen yet, its solution kept back.
  function another() {
    var fresh = variants.map(function (variant, number) {
      return number;
    }).filter(function (number) {
      return seen.indexOf(number) < 0;
    });
    if (!fresh.length) {
      fresh = [anyBut(seen[seen.length - 1], variants.length)];
      seen = [];
    }
    var number = fresh[Math.floor(Math.random() * fresh.length)];
    var typed = [];
    var content = document.createDocumentFragment();
    var bar = element('div', 'db-controls');
    seen.push(number);
    fill(variants[number]);
    card.classList.add('db-practising');
    refill(reply, document.createDocumentFragment());
    bar.appendChild(element('span', 'db-place', place(number)));
    bar.appendChild(button('Show solution', 'n', function () {
      solved(number, typed);
      typeset(reply);
      show(holder);
    }));
    content.appendChild(answerBox(variants[number], function (values) {
      typed = values;
    }));
    content.appendChild(bar);
    refill(holder, content);
    typeset(card);
    card.scrollIntoView();
  }

  seen.push(record.variant);
  fill(variants[record.variant]);
  if (inFront) {
    refill(holder, answerBox(variants[record.variant], function (values) {
      remember(key, {variant: record.variant, typed: values});
    }));
  } else {
    holder.parentNode.insertBefore(reply, card.querySelector('.db-answer + *') || holder);
    solved(record.variant, record.typed);
  }
});

nexts.push(function (card) {
  var next = card.querySelector('.db-variants .db-controls .db-button');
  if (next) {
    next.click();
  }
  return Boolean(next);
});
