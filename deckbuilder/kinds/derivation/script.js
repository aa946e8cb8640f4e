// Steps: one after the other, or all at once.
parts.push(function (card) {
  all(card, '.db-steps').forEach(function (list) {
    var steps = all(list, '.db-step > details');
    var bar = element('div', 'db-controls');
    function left() {
      var closed = steps.filter(function (step) {
        return !step.open;
      });
      bar.hidden = !closed.length;
    }
    if (steps.length < 2) {
      return;
    }
    bar.appendChild(button('Next step', 'n', function () {
      openNext(steps);
    }));
    bar.appendChild(button('All steps', '', function () {
      steps.forEach(function (step) {
        step.open = true;
      });
    }));
    steps.forEach(function (step) {
      step.addEventListener('toggle', left);
    });
    list.parentNode.insertBefore(bar, list.nextSibling);
    left();
  });
});

nexts.push(function (card) {
  return openNext(all(card, '.db-step > details'));
});
