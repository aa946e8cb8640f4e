function alive(card) {
  card.setAttribute('data-db-ready', '');
  parts.forEach(function (part) {
    try {
      part(card);
    } catch (fault) {
      // The card stays readable; the tests look here.
      deckbuilder.fault = String(fault && fault.stack || fault);
    }
  });
}

function pressed(event) {
  var on = event.target;
  var card = document.querySelector('.db-card');
  if (!card || event.key !== 'n' || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  if (on && (on.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(on.tagName) && on.type !== 'checkbox')) {
    return;
  }
  nexts.some(function (next) {
    return next(card);
  });
}

// A page that shows card after card would gather one listener a card.
document.removeEventListener('keydown', deckbuilder.pressed);
deckbuilder.pressed = pressed;
document.addEventListener('keydown', pressed);
all(document, '.db-card:not([data-db-ready])').forEach(alive);
})();
