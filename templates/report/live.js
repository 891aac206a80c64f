
const connection = document.querySelector("#live");
const SCROLLING = "main .picture, main .scroll, main pre[tabindex]";
let wanted = document.body.dataset.revision;
let isAsking = false;

function say(state, text) {
  connection.dataset.state = state;
  if (connection.textContent !== text) connection.textContent = text;
}

/* Where an element stands, so that its like is found on a newer page: the nearest id above it, and the way from there. */
function placeOf(element) {
  const way = [];
  let at = element;
  for (; !at.id && at.parentElement; at = at.parentElement) way.unshift([signOf(at), alike(at).indexOf(at)]);
  return { id: at.id, way };
}
const signOf = (element) => `${element.tagName} ${element.dataset.part ?? ""}`;
const alike = (element) => [...element.parentElement.children].filter((other) => signOf(other) === signOf(element));

function elementAt(page, place) {
  let at = place.id ? page.getElementById(place.id) : page.documentElement;
  for (const [sign, number] of place.way) {
    at = at && [...at.children].filter((child) => signOf(child) === sign)[number];
  }
  return at ?? null;
}

/* Carry over what the reader did: what is open, and which picture is fitted. */
function keepAsItWas(page) {
  for (const details of document.querySelectorAll("main details")) {
    const now = elementAt(page, placeOf(details));
    if (now) now.open = details.open;
  }
  for (const picture of document.querySelectorAll(".picture.fitted")) {
    const now = elementAt(page, placeOf(picture));
    now?.classList.add("fitted");
    now?.closest("figure").querySelector("button.fit")?.setAttribute("aria-pressed", "true");
  }
}

/* Replace what differs, and leave alone what does not: a section as a whole, the parts of a longer one each by itself. */
function renew(old, now) {
  if (old.isEqualNode(now)) return;
  const before = [...old.children], after = [...now.children];
  const isAlike = before.length === after.length && before.every((child, number) => child.id === after[number].id);
  if (isAlike && old.matches("main, #nodes")) before.forEach((child, number) => renew(child, after[number]));
  else old.replaceWith(document.adoptNode(now));
}

/* The id of the first thing that begins on the screen, or of what began last above it: it stays where it is. */
function whatIsRead() {
  const named = [...document.querySelectorAll("main :is(section, article, h3)[id]")].map((part) => [part.id, part.getBoundingClientRect().top]);
  const seen = named.find(([, top]) => top >= 0 && top < innerHeight) ?? named.filter(([, top]) => top < 0).pop();
  return seen?.[0];
}

function show(page) {
  const scrolled = [...document.querySelectorAll(SCROLLING)].filter((element) => element.scrollTop || element.scrollLeft);
  const places = scrolled.map((element) => [placeOf(element), element.scrollTop, element.scrollLeft]);
  const focused = document.activeElement?.closest("main, header") ? placeOf(document.activeElement) : null;
  const anchor = whatIsRead();
  const topOf = () => (anchor && document.getElementById(anchor)?.getBoundingClientRect().top) || 0;
  const top = topOf();
  keepAsItWas(page);
  for (const part of ["header.top", "main"]) renew(document.querySelector(part), page.querySelector(part));
  document.title = page.title;
  document.body.dataset.revision = page.body.dataset.revision;
  offerToFit();
  for (const [place, fromTop, fromLeft] of places) {
    elementAt(document, place)?.scrollTo({ top: fromTop, left: fromLeft, behavior: "instant" });
  }
  if (anchor) scrollBy({ top: topOf() - top, behavior: "instant" });
  if (focused && document.activeElement === document.body) elementAt(document, focused)?.focus({ preventScroll: true });
}

async function refresh() {
  if (isAsking || wanted === document.body.dataset.revision) return;
  isAsking = true;
  const asked = wanted;
  try {
    const answer = await fetch("/", { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.body.dataset.page !== document.body.dataset.page) location.reload();
    else show(page);
    say("live", "Live");
  } catch (error) {
    say("lost", "What is new could not be shown; reload the page");
    console.warn(String(error));
  }
  isAsking = false;
  if (wanted !== asked) refresh();
}

function listen() {
  const events = new EventSource("/events");
  events.onopen = () => say("live", "Live");
  events.onmessage = (event) => {
    wanted = event.data;
    refresh();
  };
  events.onerror = () => {
    const since = new Date().toLocaleTimeString();
    if (connection.dataset.state !== "lost") say("lost", `Connection lost at ${since}: run 'director ui' again`);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}
say("opening", "Connecting");
listen();
