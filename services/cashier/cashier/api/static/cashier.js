// Keeps the page true: server-sent events say when it must be drawn anew, and the server draws it.
// Calls the wallet's bridge where the page is inside a wallet. Everything else works without this.
"use strict";

const POLL_MS = 5000;
const MAX_POLL_MS = 60000; // the most that a refusal slows it down
const LISTEN_MS = 30000; // after a refused stream, up to twice as long
const BRIDGE_MS = 5000;
const ASK_MS = 12000; // until then a channel may get the attempt yet, and no other is opened
const main = () => document.getElementById("checkout");
let polling = null; // the round of polls that goes on
let redrawing = null;

// All pages that met the same moment would meet the next one, too.
const about = (ms) => ms * (0.8 + 0.4 * Math.random());
const pause = (ms) => new Promise((over) => setTimeout(over, about(ms)));
const retryAfter = (answer) => 1000 * (Number(answer.headers.get("Retry-After")) || 0);

async function redraw(answer) {
  try {
    answer ??= await fetch(location.pathname + place(), { cache: "no-store" });
    if (answer.status === 404) return; // the link is not ours, and never will be
    if (!answer.ok) return redrawLater(retryAfter(answer));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.getElementById("checkout");
    if (!next || isSame(next.dataset, main().dataset)) return;
    // Frames of the bridge need the policy that only the whole page carries.
    if (next.dataset.stage === "bridge") return location.replace(location.pathname + place());
    const hadFocus = main().contains(document.activeElement);
    main().replaceWith(document.adoptNode(next));
    document.getElementById("announced").textContent = next.querySelector("h1")?.textContent ?? "";
    if (hadFocus) focusOn(next); // else who presses keys would begin at the top of the page
    wire();
  } catch {
    redrawLater(0);
  }
}

// Who comes back from a channel's page finds another stage of the same payment.
const isSame = (next, here) => next.mark === here.mark && next.stage === here.stage;

// What was not drawn, by a busy server or on a bad network, may be the last news for long: nobody
// would ask again.
function redrawLater(wait) {
  redrawing ??= setTimeout(() => {
    redrawing = null;
    redraw();
  }, about(Math.max(POLL_MS, wait)));
}

function focusOn(part) {
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
}

// What the payer chose as device stays, a refusal does not.
function place() {
  const chosen = new URLSearchParams(location.search).get("place");
  return chosen ? `?place=${encodeURIComponent(chosen)}` : "";
}

function follow(status) {
  if (status.mark !== main().dataset.mark) redraw();
}

async function poll() {
  if (polling) return;
  const round = (polling = {});
  let wait = POLL_MS;
  while (polling === round) {
    await pause(wait);
    if (polling === round) wait = await ask(wait);
  }
}

// Answers how long to wait before the next.
async function ask(waited) {
  try {
    const answer = await fetch(main().dataset.status + place(), { cache: "no-store" });
    if (!answer.ok) return Math.min(MAX_POLL_MS, Math.max(2 * waited, retryAfter(answer)));
    follow(await answer.json());
  } catch {
    // As above.
  }
  return POLL_MS;
}

function listen() {
  if (!window.EventSource) return poll();
  const events = new EventSource(main().dataset.events + place());
  let hasEvents = false;
  events.addEventListener("status", (event) => {
    hasEvents = true;
    polling = null;
    follow(JSON.parse(event.data));
  });
  events.addEventListener("error", () => {
    // A refusal (too many streams, a busy server) is not tried again by the browser.
    if (events.readyState !== EventSource.CLOSED) return;
    poll();
    setTimeout(listen, LISTEN_MS * (1 + Math.random()));
  });
  // A proxy that keeps the stream to itself looks like silence.
  setTimeout(() => hasEvents || poll(), POLL_MS);
}

async function check() {
  try {
    await redraw(await fetch(main().dataset.check, { method: "POST", redirect: "follow" }));
  } catch {
    redraw();
  }
}

// The wallet's own bridge. What it answers is no proof of anything: the channel is asked.
function bridgeOf(name) {
  return new Promise((found, away) => {
    if (window[name]) return found(window[name]);
    document.addEventListener(`${name}Ready`, () => found(window[name]), { once: true });
    setTimeout(away, BRIDGE_MS);
  });
}

async function callBridge(box) {
  const call = JSON.parse(box.dataset.bridge);
  const show = (name) => {
    for (const line of box.querySelectorAll("[class^=bridge-]")) line.hidden = true;
    if (name) box.querySelector(name).hidden = false;
  };
  show("");
  try {
    const bridge = await bridgeOf(call.object);
    const answered = (answer) => {
      if (answer?.err_msg === "pre_verify_jsapi:ok") return;
      show(".bridge-asked");
      check().finally(() => show(""));
    };
    bridge[call.method](call.function, call.params, answered);
  } catch {
    show(".bridge-away");
  }
}

function wireBridge() {
  const box = document.querySelector("[data-bridge]");
  if (!box) return;
  box.querySelector("[data-call]").addEventListener("click", () => callBridge(box));
  // By itself only once for each attempt: a page that is opened again waits for the payer.
  const called = `called ${box.dataset.payment}`;
  if (sessionStorage.getItem(called)) return;
  sessionStorage.setItem(called, "1");
  callBridge(box);
}

function wireHelpers() {
  const copy = document.querySelector("[data-copy]");
  if (copy) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const link = document.getElementById("link");
      link.select();
      try {
        await navigator.clipboard.writeText(link.value);
      } catch {
        document.execCommand("copy");
      }
      copy.textContent = copy.dataset.copy;
    });
  }
  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  // A choice is sent once. The button's own value must still be sent, so it is locked afterwards.
  for (const form of document.forms) {
    form.addEventListener("submit", () => {
      setTimeout(() => form.querySelectorAll("button").forEach((one) => (one.disabled = true)));
    });
  }
}

// A form is sent by the payer, so only the browser knows that it was: whoever comes back may have
// paid, and is not shown the way to pay before all else.
function wireForm() {
  const form = document.querySelector("[data-leads-away]");
  if (!form) return;
  const sent = `sent ${form.dataset.leadsAway}`;
  form.addEventListener("submit", () => sessionStorage.setItem(sent, "1"));
  if (main().dataset.stage === "submit" && sessionStorage.getItem(sent)) check();
}

// Of what the channel left unanswered the payer learns soon, and may choose another way.
function askOnce() {
  const form = document.querySelector("[data-ask-once]");
  if (form) setTimeout(() => form.isConnected && form.submit(), ASK_MS);
}

let ticking = null;

function countDown() {
  clearInterval(ticking);
  const shown = document.querySelector("[data-countdown]");
  if (!shown) return;
  // Seconds left by the server's clock: the payer's own may be wrong.
  const endsAt = performance.now() + Number(shown.dataset.countdown) * 1000;
  const DAY_S = 86400;
  const days = (left) =>
    shown.dataset.days
      .replace("{days}", Math.floor(left / DAY_S))
      .replace("{hours}", Math.floor((left % DAY_S) / 3600));
  const two = (number) => String(number).padStart(2, "0");
  const tick = () => {
    const left = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
    const hours = Math.floor(left / 3600);
    const rest = `${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    const clock = hours ? `${hours}:${rest}` : rest;
    shown.querySelector("b").textContent = left > DAY_S ? days(left) : clock;
    if (left === 0) {
      clearInterval(ticking);
      redraw();
    }
  };
  shown.hidden = false;
  tick();
  ticking = setInterval(tick, 1000);
}

function wire() {
  wireBridge();
  wireForm();
  wireHelpers();
  askOnce();
  countDown();
}

wire();
listen();
// Back from a wallet: the page may be an old picture of itself.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
  check();
});
