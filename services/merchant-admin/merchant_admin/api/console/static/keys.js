// The keyboard: `/` looks something up, j and k go down and up a list, Enter opens, Esc leaves.
const rows = () => [...document.querySelectorAll("main tbody tr")].filter((row) => row.querySelector("a[href]"));
let at = -1;

function go(step) {
  const all = rows();
  if (!all.length) return;
  all[at]?.classList.remove("at");
  at = Math.min(Math.max(at + step, 0), all.length - 1);
  all[at].classList.add("at");
  all[at].querySelector("a[href]").focus();
  all[at].scrollIntoView({ block: "nearest" });
}

// The menu is longer than a small screen: where one is stands in sight.
document.querySelector("nav.ways [aria-current]")?.scrollIntoView({ block: "nearest" });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.closest("input, select, textarea, dialog");
  if (event.key === "Escape" && event.target.matches("#find")) event.target.blur();
  if (isTyping) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("#find")?.select();
    document.querySelector("#find")?.focus();
  } else if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
});
