// A keypad of large keys for the amount, where people touch the screen; the field works without it.
"use strict";

function amountsOf({ decimals, whole }) {
  const fraction = decimals === "0" ? "" : `([.][0-9]{0,${decimals}})?`;
  return new RegExp(`^(0|[1-9][0-9]{0,${whole - 1}})${fraction}$`);
}

function pressed(value, key, amounts) {
  if (key === "back") return value.slice(0, -1);
  const next = (value === "0" && key !== "." ? "" : value) + key;
  const whole = next.startsWith(".") ? `0${next}` : next;
  return amounts.test(whole) ? whole : value;
}

function addKeypad() {
  const amount = document.getElementById("amount");
  const keys = document.getElementById("keypad");
  if (!amount || !keys || !matchMedia("(pointer: coarse)").matches) return;
  amount.inputMode = "none"; // else the phone's own keyboard covers half of the page
  const amounts = amountsOf(amount.dataset);
  const pad = keys.content.firstElementChild.cloneNode(true);
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key) amount.value = pressed(amount.value, key, amounts);
  });
  (document.getElementById("range") ?? amount.closest("p")).after(pad);
}

addKeypad();
const form = document.querySelector("form.entry");
// An order is begun once, however often the button is tapped.
form?.addEventListener("submit", () => {
  setTimeout(() => form.querySelectorAll("button").forEach((one) => (one.disabled = true)));
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
});

// Another language is another page: what was typed goes along.
const TYPED = ["amount", "note"];
const fieldOf = (name) => document.querySelector(`input#${name}`);
for (const name of TYPED) {
  const typed = sessionStorage.getItem(`typed ${name}`);
  if (typed && fieldOf(name) && !fieldOf(name).value) fieldOf(name).value = typed;
  sessionStorage.removeItem(`typed ${name}`);
}
document.querySelector("footer a")?.addEventListener("click", () => {
  for (const name of TYPED) sessionStorage.setItem(`typed ${name}`, fieldOf(name)?.value ?? "");
});
