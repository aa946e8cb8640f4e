// The page of the preview: which card is shown, how, and what was found there. The same for a live deck and for a site.
(() => {
'use strict';

const WIDTHS = ['320', '390', '0'];
const TITLES = {desktop: 'Desktop', android: 'Android', ios: 'iOS', web: 'AnkiWeb'};
const get = (id) => document.getElementById(id);

// ── what is remembered ─────────────────────────────────────────────────────────────────────────────────────────────

const MEMORY = 'deckbuilder preview';
const view = {
  key: '', side: 'front', both: false, client: 'desktop', width: '0', scripts: true, variant: 0,
  night: window.matchMedia('(prefers-color-scheme: dark)').matches,
  ...remembered(),
};

function remembered() {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(MEMORY) || '{}');
  } catch {
    // Nothing is remembered where a browser keeps nothing.
  }
  const {key, side} = addressed();
  return {...kept, key, side, variant: 0};
}

// The card and side that the address names.
function addressed() {
  const [key, side] = location.hash.slice(1).split('/').map(decodeURIComponent);
  return {key: key || '', side: side === 'back' ? 'back' : 'front'};
}

function remember() {
  const {both, client, width, scripts, night} = view;
  history.replaceState(null, '', `#${encodeURIComponent(view.key)}/${view.side}`);
  try {
    localStorage.setItem(MEMORY, JSON.stringify({both, client, width, scripts, night}));
  } catch {
    // As above.
  }
}

// ── the deck ───────────────────────────────────────────────────────────────────────────────────────────────────────

const embedded = window.deckbuilderPreview;
let deck = {name: '', cards: [], findings: [], types: {}, clients: []};
let visible = [];
const sides = new Map();  // by a card's imprint, so that what has not changed is not asked for again

async function sidesOf(card) {
  if (embedded) {
    return embedded.sides[card.imprint];
  }
  if (!sides.has(card.imprint)) {
    const answer = fetch(`sides/${card.imprint}.json`).then((found) => found.ok ? found.json() : Promise.reject(found));
    sides.set(card.imprint, answer);
    answer.catch(() => sides.delete(card.imprint));
  }
  return sides.get(card.imprint);
}

function take(fresh) {
  const before = current();
  deck = fresh;
  if (!deck.clients.some((client) => client.name === view.client)) {
    view.client = deck.clients[0].name;
  }
  if (!current() && before) {
    // A new question is known by its words as long as it is in no deck.lock: edited, it is another card in its place.
    const near = deck.cards.filter((card) => card.file === before.file);
    near.sort((one, other) => Math.abs(one.line - before.line) - Math.abs(other.line - before.line));
    view.key = near.length ? near[0].key : '';
  }
  const imprints = new Set(deck.cards.map((card) => card.imprint));
  for (const imprint of sides.keys()) {
    if (!imprints.has(imprint)) {
      sides.delete(imprint);
    }
  }
  drawChoices();
  filter();
}

const current = () => deck.cards.find((card) => card.key === view.key);
const client = () => deck.clients.find((one) => one.name === view.client);

// ── the list ───────────────────────────────────────────────────────────────────────────────────────────────────────

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className || '';
  if (text) {
    made.textContent = text;
  }
  return made;
}

const counted = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`;

function drawChoices() {
  document.title = `${deck.name} – preview`;
  get('deck-name').textContent = deck.name;
  choices(get('kind'), 'All kinds', new Set(deck.cards.map((card) => card.kind)));
  choices(get('tag'), 'All tags', new Set(deck.cards.flatMap((card) => tagsAndParents(card))));
  choices(get('file'), 'All files', new Set(deck.cards.map((card) => card.file)));
  get('client').replaceChildren(...deck.clients.map((one) => new Option(TITLES[one.name], one.name)));
}

function choices(select, all, values) {
  const chosen = select.value;
  select.replaceChildren(new Option(all, ''), ...[...values].sort().map((value) => new Option(value, value)));
  select.value = values.has(chosen) ? chosen : '';
}

// A tag and all above it: Anki finds `a::b` when asked for `a` too.
function tagsAndParents(card) {
  return card.tags.flatMap((tag) => tag.split('::').map((_, end, parts) => parts.slice(0, end + 1).join('::')));
}

function filter() {
  const words = get('text').value.toLowerCase().split(/\s+/).filter(Boolean);
  const kind = get('kind').value;
  const tag = get('tag').value;
  const file = get('file').value;
  visible = deck.cards.filter((card) => {
    const text = `${card.text} ${card.key} ${card.file} ${card.tags.join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word)) && (!kind || card.kind === kind) && (!file || card.file === file) &&
      (!tag || tagsAndParents(card).includes(tag)) && (!get('found').checked || card.findings.length > 0);
  });
  if (!visible.some((card) => card.key === view.key)) {
    view.key = visible.length ? visible[0].key : '';
    view.variant = 0;
  }
  const all = deck.cards.length;
  get('count').textContent = visible.length === all ? counted(all, 'card') : `${visible.length} of ${counted(all, 'card')}`;
  get('cards').replaceChildren(...visible.map(row));
  draw();
}

function row(card) {
  const item = element('li', card.old ? 'old' : '');
  const link = element('a', `row ${card.kind}`);
  link.href = `#${encodeURIComponent(card.key)}/${view.side}`;
  link.dataset.key = card.key;
  link.append(element('span', 'question', card.text));
  const small = element('span', 'small');
  small.append(element('span', 'kind', card.kind), element('span', 'place', `${card.file.split('/').pop()}:${card.line}`));
  const worst = ['error', 'warning', 'note'].find((severity) => card.findings.some((one) => one.severity === severity));
  if (worst) {
    small.append(element('span', `mark ${worst}`, counted(card.findings.length, 'finding')));
  }
  link.append(small);
  item.append(link);
  return item;
}

// ── the card ───────────────────────────────────────────────────────────────────────────────────────────────────────

// One side of a card, in a frame of its own. A new frame is made behind the one that is seen, and takes its place once
// its maths is set, so that nothing flickers.
class Pane {
  constructor(place) {
    this.place = place;
    this.frame = null;
    this.coming = null;
    this.wanted = null;
    this.state = null;
    this.serial = 0;
  }

  show(wanted) {
    if (this.wanted && JSON.stringify({...this.wanted, id: 0, state: 0}) === JSON.stringify({...wanted, id: 0, state: 0})) {
      return;
    }
    const same = this.wanted && this.wanted.key === wanted.key && this.wanted.side === wanted.side;
    const room = this.wanted && ['client', 'night', 'scripts'].every((name) => this.wanted[name] === wanted[name]);
    this.serial += 1;
    this.wanted = {...wanted, type: 'show', id: this.serial, state: same ? this.stateNow() : null};
    this.place.setAttribute('aria-busy', 'true');
    if (!same) {
      this.state = null;
    }
    if (!wanted.scripts) {
      this.showBare();
    } else if (this.frame && this.frame.isReady && room && wanted.longPage && !this.coming) {
      this.frame.contentWindow.postMessage(this.wanted, '*');
    } else if (!(this.coming && this.coming.isBare === false && room && wanted.longPage)) {
      const frame = this.make('allow-scripts');
      if (embedded) {
        frame.srcdoc = window.deckbuilderFrame;
      } else {
        frame.src = 'frame.html';
      }
    } else if (this.coming.isReady) {
      this.coming.contentWindow.postMessage(this.wanted, '*');
    }
  }

  // Without scripts the page may look into the frame, since nothing in there can run: it keeps the scroll itself.
  showBare() {
    const {htmlClass, bodyClass, innerClass, style, css, html, state} = this.wanted;
    const frame = this.make('allow-same-origin');
    const base = new URL('media/', location.href).href;
    frame.isBare = true;
    frame.srcdoc = `<!doctype html><html class="${htmlClass}" lang="en"><head><meta charset="utf-8"><base href="${base}">` +
      `<style>${style}</style></head><body class="${bodyClass}"><div id="qa" class="${innerClass}"><style>${css}</style>` +
      `${html}</div></body></html>`;
    frame.addEventListener('load', () => {
      if (this.coming === frame) {
        this.arrive(frame);
        frame.contentWindow.scrollTo(0, state ? state.top : 0);
        frame.contentWindow.addEventListener('keydown', pressed);
      }
    });
  }

  stateNow() {
    return this.frame && this.frame.isBare ? {top: this.frame.contentWindow.scrollY, open: []} : this.state;
  }

  make(allowed) {
    if (this.coming) {
      this.coming.remove();
    }
    this.coming = element('iframe', 'coming');
    this.coming.title = this.place.getAttribute('aria-label');
    this.coming.setAttribute('sandbox', allowed);
    this.coming.isBare = false;
    this.place.append(this.coming);
    return this.coming;
  }

  arrive(frame) {
    if (this.coming === frame) {
      if (this.frame) {
        this.frame.remove();
      }
      const focused = document.activeElement === this.frame;
      this.frame = frame;
      this.coming = null;
      frame.className = '';
      if (focused) {
        frame.focus();
      }
    }
    this.place.setAttribute('aria-busy', 'false');
    this.place.dataset.shown = `${this.wanted.key}/${this.wanted.side}`;
  }

  hear(source, message) {
    const frame = [this.frame, this.coming].find((one) => one && one.contentWindow === source);
    if (!frame) {
      return false;
    }
    if (message.type === 'ready') {
      frame.isReady = true;
      source.postMessage(this.wanted, '*');
    } else if (message.type === 'shown' && message.id === this.wanted.id) {
      this.arrive(frame);
    } else if (message.type === 'state' && message.id === this.wanted.id) {
      this.state = message.state;
    } else if (message.type === 'fault') {
      tell(`A script of this card failed: ${message.text}`, 'error');
    } else if (message.type === 'key') {
      press(message.key);
    } else if (message.type === 'link') {
      window.open(message.address, '_blank', 'noopener');
    }
    return true;
  }

  key(key) {
    if (this.frame && this.frame.isReady) {
      this.frame.contentWindow.postMessage({type: 'key', key}, '*');
    }
  }
}

const panes = {};
for (const place of document.querySelectorAll('.pane')) {
  panes[place.dataset.side] = new Pane(place);
}
window.addEventListener('message', (event) => {
  Object.values(panes).some((pane) => pane.hear(event.source, event.data));
});

let drawing = 0;

async function draw() {
  const card = current();
  const turn = drawing += 1;
  drawControls(card);
  drawSelected();
  drawFindings(card);
  get('nothing').hidden = Boolean(card);
  get('stage').classList.toggle('empty', !card);
  get('nothing').textContent = deck.cards.length ? 'No card matches the filter.' : 'There is no card yet.';
  if (!card) {
    return;
  }
  remember();
  tell('');
  let html;
  try {
    html = await sidesOf(card);
  } catch {
    return;  // the deck has moved on, and with it comes another call
  }
  if (turn === drawing) {
    // With one side at a time one page shows both, as the reviewer does.
    (view.both ? ['front', 'back'] : [view.side]).forEach((side) => {
      panes[view.both ? side : 'front'].show(asked(card, side, html[side]));
    });
    const next = visible[visible.indexOf(card) + 1];
    if (next) {
      sidesOf(next).catch(() => {});
    }
  }
}

// All that a frame needs to know to show a side.
function asked(card, side, html) {
  const one = client();
  const night = view.night && Boolean(one.night_body);
  const type = deck.types[card.type];
  return {
    key: card.key, side, client: one.name, longPage: one.long_page, night, scripts: view.scripts,
    variant: Math.min(view.variant, Math.max(0, card.variants - 1)),
    htmlClass: `${one.html_class} ${night ? one.night_html : ''}`.trim(),
    bodyClass: `${one.body_class} ${night ? one.night_body : ''}`.trim(),
    innerClass: one.inner_class, style: one.style, css: type.css, html: withMedia(html) + type[side],
  };
}

// A frame of no origin may load no file from a disk: without a server its pictures come as data.
function withMedia(html) {
  if (!embedded) {
    return html;
  }
  return html.replace(/(<img\b[^>]*?\bsrc=")([^"]*)/g, (whole, before, name) => (
    Object.hasOwn(embedded.media, name) ? before + embedded.media[name] : whole
  ));
}

function drawControls(card) {
  document.documentElement.classList.toggle('night', view.night);
  get('stage').classList.toggle('both', view.both);
  get('stage').style.setProperty('--width', view.width === '0' ? '100%' : `${view.width}px`);
  get('flip').textContent = view.side === 'front' ? 'Show answer' : 'Show question';
  get('flip').disabled = view.both;
  for (const name of ['both', 'night', 'scripts']) {
    get(name).setAttribute('aria-pressed', String(view[name]));
  }
  get('client').value = view.client;
  get('width').value = view.width;
  const alwaysLight = Boolean(client() && !client().night_body && view.night);
  get('night').title = alwaysLight ? 'AnkiWeb shows cards light at all times' : 'Light or dark (d)';
  const count = card ? card.variants : 0;
  get('variants').hidden = count < 2 || !view.scripts;
  if (get('variant').length !== count) {
    get('variant').replaceChildren(...Array.from({length: count}, (_, place) => new Option(`${place + 1} of ${count}`, place)));
  }
  get('variant').value = String(Math.min(view.variant, count - 1));
}

function drawSelected() {
  for (const link of get('cards').querySelectorAll('a')) {
    const selected = link.dataset.key === view.key;
    if (selected !== link.hasAttribute('aria-current')) {
      link.toggleAttribute('aria-current', selected);
    }
    if (selected) {
      link.setAttribute('aria-current', 'true');
      link.scrollIntoView({block: 'nearest'});
    }
  }
}

// ── findings ───────────────────────────────────────────────────────────────────────────────────────────────────────

function drawFindings(card) {
  const place = get('findings');
  const content = [];
  if (card) {
    const head = element('p', 'source');
    head.append(element('span', `chip ${card.kind}`, card.kind), element('code', '', `${card.file}:${card.line}`), element('span', 'key', card.key));
    content.push(head);
    if (card.old) {
      content.push(element('p', 'keeps', 'This is the card as it last was: its source has an error now.'));
    }
    content.push(...card.findings.map(finding));
  }
  if (deck.findings.length) {
    const rest = element('details', 'rest');
    const errors = deck.findings.filter((one) => one.severity === 'error').length;
    const said = errors ? counted(errors, 'error') : counted(deck.findings.length, 'finding');
    rest.open = errors > 0 || wasOpen();
    rest.append(element('summary', errors ? 'error' : '', `${said} outside of these cards`), ...deck.findings.map(finding));
    content.push(rest);
  }
  place.replaceChildren(...content);
}

function wasOpen() {
  const rest = get('findings').querySelector('.rest');
  return Boolean(rest && rest.open);
}

function finding(one) {
  const article = element('article', `finding ${one.severity}`);
  const head = element('p', 'what');
  head.append(element('span', 'severity', one.severity), element('span', 'code', one.code), document.createTextNode(one.message));
  article.append(head, element('p', 'where', one.place));
  if (one.excerpt) {
    article.append(element('pre', 'excerpt', one.excerpt));
  }
  one.related.forEach((text) => article.append(element('p', 'related', text)));
  if (one.help) {
    article.append(element('p', 'mend', one.help));
  }
  if (one.asked && deck.token) {
    article.append(decision(one.asked));
  }
  return article;
}

// The buttons by which a question in doubt becomes the note that it was, or a new one.
function decision(asked) {
  const choices = element('div', 'decision');
  const add = (text, same) => {
    const button = element('button', '', text);
    button.type = 'button';
    button.addEventListener('click', () => decide(choices, {doubt: asked.doubt, same}));
    choices.append(button);
  };
  asked.notes.forEach((note) => {
    choices.append(element('p', 'before', `Before: ${note.text} (${note.section})`));
    add('Same note, reworded', note.key);
  });
  add('A new note', null);
  return choices;
}

async function decide(choices, wanted) {
  const buttons = choices.querySelectorAll('button');
  buttons.forEach((button) => { button.disabled = true; });
  const answer = await fetch('decide', {
    method: 'POST',
    headers: {'content-type': 'application/json', 'x-deckbuilder-token': deck.token},
    body: JSON.stringify(wanted),
  }).catch(() => null);
  if (!answer || !answer.ok) {
    tell(answer ? await answer.text() : 'The preview has ended. Start it again to go on.', 'error');
    buttons.forEach((button) => { button.disabled = false; });
  }
}

function tell(text, severity) {
  const notice = get('notice');
  notice.hidden = !text;
  notice.textContent = text;
  notice.className = `notice ${severity || ''}`;
}

// ── what a reader can do ───────────────────────────────────────────────────────────────────────────────────────────

function change(what) {
  Object.assign(view, what);
  draw();
}

function open(key, side) {
  change({key, side: side || view.side, variant: key === view.key ? view.variant : 0});
}

// A new card begins with its question, as in a review.
function step(by) {
  const place = visible.findIndex((card) => card.key === view.key);
  const card = visible[Math.max(0, Math.min(visible.length - 1, place + by))];
  if (card && card.key !== view.key) {
    open(card.key, 'front');
  }
}

function turn(values, value, by) {
  return values[(values.indexOf(value) + by + values.length) % values.length];
}

function otherVariant(by) {
  const count = current() ? current().variants : 0;
  if (count > 1) {
    change({variant: (Math.min(view.variant, count - 1) + by + count) % count});
  }
}

const flip = () => view.both || change({side: view.side === 'front' ? 'back' : 'front'});

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  ' ': flip,
  b: () => change({both: !view.both}),
  d: () => change({night: !view.night}),
  w: () => change({width: turn(WIDTHS, view.width, 1)}),
  c: () => change({client: turn(deck.clients.map((one) => one.name), view.client, 1)}),
  s: () => change({scripts: !view.scripts}),
  v: () => otherVariant(1),
  V: () => otherVariant(-1),
  n: () => panes[view.both ? 'back' : 'front'].key('n'),
  '/': () => get('text').focus(),
  '?': () => get('help').open ? get('help').close() : get('help').showModal(),
};

function press(key) {
  if (Object.hasOwn(KEYS, key) && (!get('help').open || key === '?')) {
    KEYS[key]();
    return true;
  }
  return false;
}

function pressed(event) {
  const target = event.target;
  const typing = target.closest && target.closest('input:not([type=checkbox]), textarea, select');
  const pressing = event.key === ' ' && target.closest && target.closest('button, input, summary, a');
  if (event.key === 'Escape' && target === get('text')) {
    target.value = '';
    target.blur();
    filter();
  } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !typing && !pressing && press(event.key)) {
    event.preventDefault();
  }
}

function click(id, act) {
  get(id).addEventListener('click', (event) => {
    act();
    // The keyboard is the page's again, so that the space bar turns the card and does not press the button once more.
    if (event.detail) {
      event.currentTarget.blur();
    }
  });
}

document.addEventListener('keydown', pressed);
click('next', KEYS.j);
click('previous', KEYS.k);
click('flip', flip);
click('both', KEYS.b);
click('night', KEYS.d);
click('scripts', KEYS.s);
click('help-button', KEYS['?']);
click('variant-before', KEYS.V);
click('variant-after', KEYS.v);
for (const [id, name] of [['client', 'client'], ['width', 'width']]) {
  get(id).addEventListener('change', (event) => change({[name]: event.target.value}));
}
get('variant').addEventListener('change', (event) => change({variant: Number(event.target.value)}));
get('filter').addEventListener('input', filter);
get('filter').addEventListener('submit', (event) => event.preventDefault());
get('cards').addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(link.dataset.key, 'front');
    link.blur();
  }
});
window.addEventListener('hashchange', () => {
  const {key, side} = addressed();
  if (deck.cards.some((card) => card.key === key)) {
    open(key, side);
  }
});

// ── from a server, or from the page itself ─────────────────────────────────────────────────────────────────────────

async function follow() {
  const news = new EventSource('events');
  let asking = Promise.resolve();
  news.addEventListener('message', () => {
    asking = asking.then(async () => {
      const answer = await fetch('deck.json');
      take(await answer.json());
      tell('');
    }).catch(() => tell('The deck could not be read from the preview.', 'error'));
  });
  news.addEventListener('error', () => tell('The preview has ended. Start it again to go on.', 'error'));
}

if (embedded) {
  take(embedded.index);
} else {
  follow();
}
})();
