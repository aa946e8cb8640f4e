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
      left();
    }));
    var rest = button('All steps', '', function () {
      steps.forEach(function (step) {
        step.open = true;
      });
      left();
    });
    rest.className += ' db-minor';
    bar.appendChild(rest);
    // Told a moment later, but of every way to open a step.
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
