"use strict";
(() => {
  const cards = document.querySelectorAll("[data-card]");
  const rows = document.querySelectorAll("[data-row]");
  if (rows.length < 2) return;
  const choose = (number) => {
    cards.forEach((card) => { card.hidden = card.dataset.card !== number; });
    rows.forEach((row) => {
      const chosen = row.dataset.row === number;
      row.classList.toggle("chosen", chosen);
      row.querySelector("button").setAttribute("aria-pressed", String(chosen));
    });
  };
  rows.forEach((row) => {
    const name = row.querySelector("th span");
    const button = document.createElement("button");
    button.type = "button";
    button.title = name.title;
    button.textContent = name.textContent;
    button.setAttribute("aria-pressed", String(row.classList.contains("chosen")));
    name.replaceWith(button);
    row.addEventListener("click", () => choose(row.dataset.row));
  });
  document.getElementById("hint").hidden = false;
  document.body.classList.add("live");
  const open = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
