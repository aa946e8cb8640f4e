// A page of one of Anki's programs: shows what the page around it sends, the way that the program does. It has no
// origin of its own and no way out but messages.
(() => {
'use strict';

const here = document.currentScript.src || document.baseURI;
const page = window.parent;
const say = (message) => page.postMessage(message, '*');
let showing = null;

// As Anki configures it (ts/mathjax/index.ts). Fonts come as data: a frame of no origin can load none.
window.MathJax = {
  tex: {
    displayMath: [['\\[', '\\]']], processEscapes: false, processEnvironments: false, processRefs: false,
    packages: {'[+]': ['noerrors', 'mathtools'], '[-]': ['textmacros']},
  },
  loader: {load: ['[tex]/noerrors', '[tex]/mathtools'], paths: {mathjax: new URL('mathjax', here).href}},
  startup: {
    typeset: false,
    ready() {
      MathJax.startup.defaultReady();
      for (const face of Object.values(MathJax.startup.output.font.constructor.defaultFonts)) {
        face.src = face.src.replace(/url\("%%URL%%\/(.+?)"\)/, (whole, name) => `url("${window.mathjaxFonts[name]}")`);
      }
    },
  },
};

async function show(wanted) {
  showing = wanted.id;
  document.documentElement.className = wanted.htmlClass;
  document.body.className = wanted.bodyClass;
  document.getElementById('client-style').textContent = wanted.style;
  window.deckbuilder = window.deckbuilder || {};
  window.deckbuilder.variant = wanted.variant;
  const card = document.getElementById('qa');
  card.className = wanted.innerClass;
  card.innerHTML = `<style>${wanted.css}</style>${wanted.html}`;
  // Scripts that come with innerHTML do not run; ones made anew do. The desktop does the same.
  for (const old of card.querySelectorAll('script')) {
    const script = document.createElement('script');
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
  if (window.MathJax.startup && window.MathJax.startup.promise) {
    await window.MathJax.startup.promise;
    if (showing !== wanted.id) {
      return;
    }
    window.MathJax.typesetClear();
    await window.MathJax.typesetPromise([card]);
    await document.fonts.ready;
  }
  if (showing !== wanted.id) {
    return;
  }
  restore(wanted);
  say({type: 'shown', id: wanted.id});
}

// Where the reader is on a card: how far down, and what is open.
function state() {
  const details = [...document.querySelectorAll('#qa details')];
  return {top: window.scrollY, open: details.map((one) => one.open)};
}

// A card that is shown again stands as it stood; of a new answer Anki's programs show the beginning.
function restore(wanted) {
  const answer = document.getElementById('answer');
  if (wanted.state) {
    document.querySelectorAll('#qa details').forEach((one, place) => {
      one.open = wanted.state.open[place] ?? one.open;
    });
    window.scrollTo(0, wanted.state.top);
  } else if (answer) {
    answer.scrollIntoView();
  } else {
    window.scrollTo(0, 0);
  }
}

function isInteractive(target) {
  return target instanceof Element && target.closest('input, button, summary, a');
}

window.addEventListener('message', (event) => {
  if (event.source !== page) {
    return;
  }
  if (event.data.type === 'show') {
    show(event.data).catch((error) => say({type: 'fault', text: String(error)}));
  } else if (event.data.type === 'key') {
    document.dispatchEvent(new KeyboardEvent('keydown', {key: event.data.key, bubbles: true, cancelable: true}));
  }
});

// What the card does not want of the keyboard belongs to the page.
window.addEventListener('keydown', (event) => {
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  const typing = event.target instanceof Element && event.target.closest('input:not([type=checkbox]), textarea, select');
  const pressing = /^(?: |Enter)$/.test(event.key) && isInteractive(event.target);
  const taken = event.defaultPrevented || modified || typing || pressing;
  if (event.isTrusted && !taken) {
    if (event.key === ' ' || event.key === '/') {
      event.preventDefault();
    }
    say({type: 'key', key: event.key});
  }
});

// A link leads out of Anki into the browser.
window.addEventListener('click', (event) => {
  const link = event.target instanceof Element && event.target.closest('a[href]');
  const wanted = link ? link.getAttribute('href') : '';
  if (/^https?:/i.test(wanted)) {
    event.preventDefault();
    say({type: 'link', address: link.href});
  } else if (wanted.startsWith('#')) {
    event.preventDefault();
    const target = document.getElementById(decodeURIComponent(wanted.slice(1)));
    if (target) {
      target.scrollIntoView();
    }
  }
});

let waiting = 0;
function tell() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => say({type: 'state', id: showing, state: state()}));
}
window.addEventListener('scroll', tell, {passive: true});
document.addEventListener('toggle', tell, true);

window.addEventListener('error', (event) => say({type: 'fault', text: event.message || 'a file did not load'}), true);
window.addEventListener('load', () => say({type: 'ready'}));
})();
