// Drift of the kept cells from what a model learnt, on demand: it reads many cells.
"use strict";
(() => {
  const { headers, show, problemOf, element } = window.seicast;

  function table(rows) {
    const made = element("table");
    const head = made.createTHead().insertRow();
    for (const [name, kind] of [["descriptor", ""], ["moved", "n"], ["learnt, median", "n"], ["of late, median", "n"]]) {
      const cell = element("th", name, kind);
      cell.scope = "col";
      head.append(cell);
    }
    const body = made.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      const name = element("th", row.descriptor);
      name.scope = "row";
      line.append(name);
      for (const value of [row.moved_fraction, row.learnt[1], row.recent[1]]) {
        line.append(element("td", Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : "–", "n"));
      }
    }
    return made;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-drift] > button");
    if (!button) return;
    const box = button.parentElement;
    const said = box.querySelector("[data-said]");
    button.disabled = true;
    said.textContent = "looking …";
    const reply = await fetch(box.dataset.drift, { headers: headers() });
    button.disabled = false;
    if (!reply.ok) return show(said, await problemOf(reply));
    const found = await reply.json();
    // Too few cells are counted in the note itself.
    const told = found.descriptors.length ? `${found.n_cells} kept cells: ${found.note}` : found.note;
    said.replaceChildren(element("p", told));
    if (found.descriptors.length) said.append(table(found.descriptors.slice(0, 10)));
  });
})();
