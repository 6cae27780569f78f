// Every id has a button that copies it.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("copied");
  button.textContent = "✓";
  setTimeout(() => {
    button.classList.remove("copied");
    button.textContent = "⧉";
  }, 1500);
});
