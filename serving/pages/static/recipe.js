// The form of a recipe: rows that come and go, fractions that must sum, molecules that are known.
"use strict";
(() => {
  const KEPT = "seicast-recipe";

  function sum(form) {
    const shown = form.querySelector("[data-sum]");
    const rows = [...form.querySelectorAll(".row.phase")].filter((row) => row.querySelector("[name=phase_name]").value.trim());
    if (!shown) return;
    const total = rows.reduce((all, row) => all + (parseFloat(row.querySelector("[name=phase_fraction]").value) || 0), 0);
    const isRight = Math.abs(total - 1) <= 0.01;
    shown.textContent = rows.length ? `sum ${total.toFixed(3)}${isRight ? "" : ": must be 1"}` : "";
    shown.className = isRight ? "right" : "wrong";
  }

  function coated(form) {
    const kind = form.querySelector("[name=coating]:checked")?.value;
    const box = form.querySelector("[data-coated]");
    box.hidden = kind !== "coated";
  }

  const key = (name) => name.toLowerCase().replace(/[\s-]/g, "");
  let known;
  function isKnown(name) {
    known ??= new Set([...document.querySelectorAll("#molecules option")].flatMap(
      (option) => [option.value, ...option.label.split(", ")].map(key)));
    return !name.trim() || known.has(key(name));
  }

  function molecules(form) {
    for (const field of form.querySelectorAll("[data-molecule]")) {
      field.closest(".row").querySelector(".unknown").hidden = isKnown(field.value);
    }
  }

  function update(form) {
    sum(form);
    coated(form);
    molecules(form);
  }

  function addRow(form, kind, after) {
    const row = form.querySelector(`template[data-of="${kind}"]`).content.firstElementChild.cloneNode(true);
    after.append(row);
    return row;
  }

  // --------------------------------------------------------------- kept for the Cells page
  const entries = (form) => [...new FormData(form)];

  function fill(form, kept) {
    for (const kind of ["phase", "salt", "solvent", "additive"]) {
      const wanted = kept.filter(([name]) => name === `${kind}_name`).length || 1;
      const holder = form.querySelector(`.row.${kind}`).parentElement;
      while (holder.children.length < wanted) addRow(form, kind, holder);
      while (holder.children.length > wanted) holder.lastElementChild.remove();
    }
    const seen = {};
    for (const [name, value] of kept) {
      const fields = form.querySelectorAll(`[name="${CSS.escape(name)}"]`);
      if (!fields.length) continue;
      if (fields[0].type === "radio") {
        for (const field of fields) field.checked = field.value === value;
        continue;
      }
      const row = seen[name] = (seen[name] ?? -1) + 1;
      if (fields[row]) fields[row].value = value;
    }
    update(form);
  }

  for (const form of document.querySelectorAll("form[data-recipe]")) {
    form.addEventListener("input", () => update(form));
    form.addEventListener("click", (event) => {
      const kind = event.target.dataset?.add;
      if (kind) {
        const holder = event.target.closest(".under").previousElementSibling;
        addRow(form, kind, holder).querySelector("input").focus();
        update(form);
      }
      const remove = event.target.closest("[data-remove]");
      if (!remove) return;
      const row = remove.closest(".row");
      const holder = row.parentElement;
      const next = row.nextElementSibling || row.previousElementSibling;
      if (holder.children.length > 1) row.remove();
      else for (const field of row.querySelectorAll("input")) field.value = "";
      (next || holder).querySelector("input")?.focus();
      update(form);
    });
    update(form);
  }

  const asked = document.getElementById("recipe");
  asked?.addEventListener("submit", () => sessionStorage.setItem(KEPT, JSON.stringify(entries(asked))));

  const sweep = document.querySelector("#sweep [name=swept]");
  sweep?.addEventListener("change", () => {
    const { from, to } = sweep.selectedOptions[0].dataset;
    document.querySelector("[name=swept_from]").value = from;
    document.querySelector("[name=swept_to]").value = to;
  });

  window.seicastRecipe = {
    entries,
    kept: () => JSON.parse(sessionStorage.getItem(KEPT) || "null"),
    fill,
  };
})();
