"use strict";
// Rows are sorted and left out in place; all that they say is in the page.
(() => {
  const box = document.querySelector("#find");
  const only = document.querySelector("#only");
  const count = document.querySelector("#count");
  const rows = [...document.querySelectorAll("tbody tr")];
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = words.every((word) => texts.get(row).includes(word));
      row.hidden = !(fits && (!only.checked || row.dataset.look !== "no"));
      shown += !row.hidden;
    }
    count.textContent = words.length || only.checked ? `${shown} of ${rows.length} rows` : `${rows.length} rows`;
  };

  const key = (row, column) => {
    const cell = row.cells[column];
    const stated = cell.dataset.sort ?? cell.textContent.trim();
    return stated !== "" && !Number.isNaN(Number(stated)) ? Number(stated) : stated.toLowerCase();
  };

  const sort = (head) => {
    const table = head.closest("table");
    const column = [...head.parentElement.cells].indexOf(head);
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sorted = [...table.tBodies[0].rows].sort((one, other) => {
      const [a, b] = [key(one, column), key(other, column)];
      return (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1);
    });
    table.tBodies[0].append(...sorted);
  };

  box.addEventListener("input", filter);
  only.addEventListener("change", filter);
  for (const button of document.querySelectorAll("th button")) {
    button.addEventListener("click", () => sort(button.closest("th")));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== box) {
      event.preventDefault();
      box.focus();
    } else if (event.key === "Escape" && document.activeElement === box) {
      box.value = "";
      filter();
    }
  });
  filter();
})();
