// A cell with its files: the recipe is checked first, then all goes up with its progress shown.
"use strict";
(() => {
  const form = document.getElementById("upload");
  const field = document.getElementById("files");
  const drop = document.getElementById("drop");
  const said = document.getElementById("upload-said");
  const bar = document.getElementById("sent");
  const { headers, show, problemOf, parsedProblem, element } = window.seicast;
  let files = [];

  function choose(list) {
    files = [...files, ...list].filter((file, row, all) => all.findIndex((other) => other.name === file.name) === row);
    const shown = document.getElementById("chosen");
    shown.replaceChildren(...files.map((file) => {
      const item = element("li", `${file.name}, ${file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} kB` : `${(file.size / 1e6).toFixed(1)} MB`} `);
      const remove = element("button", "×");
      remove.type = "button";
      remove.setAttribute("aria-label", `Leave ${file.name} out`);
      remove.addEventListener("click", () => { files = files.filter((other) => other !== file); choose([]); });
      item.append(remove);
      return item;
    }));
    const id = form.elements.cell_id;
    if (files.length && !id.value) id.value = files[0].name.replace(/(\.columns)?\.[^.]*$/, "").replace(/[^\w.-]+/g, "_").replace(/^[^A-Za-z0-9]+/, "");
  }

  field.addEventListener("change", () => { choose(field.files); field.value = ""; });
  for (const name of ["dragover", "dragenter"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    choose(event.dataTransfer.files);
  });

  document.getElementById("take-over").addEventListener("click", () => {
    const kept = window.seicastRecipe.kept();
    const told = document.getElementById("taken");
    if (!kept) { told.textContent = "Nothing was asked on the Predict page in this tab."; return; }
    window.seicastRecipe.fill(form, kept);
    told.textContent = "Taken over; check it.";
  });

  function send(body) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/v1/cells");
      for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
      request.addEventListener("load", () => resolve(request));
      request.addEventListener("error", reject);
      request.send(body);
    });
  }

  async function keep() {
    const fields = window.seicastRecipe.entries(form).filter(([, value]) => typeof value === "string");
    const checked = await fetch("/pages/recipes", { method: "POST", headers: headers(), body: new URLSearchParams(fields) });
    if (!checked.ok) return show(said, await problemOf(checked));
    const facts = await checked.json();
    const control = form.elements.control_id.value.trim();
    if (control) facts.control_id = control;
    const body = new FormData();
    body.append("cell", new Blob([JSON.stringify(facts)], { type: "application/json" }));
    for (const file of files) body.append("file", file, file.name);
    bar.hidden = false;
    const reply = await send(body);
    if (reply.status >= 400) return show(said, parsedProblem(reply.responseText, reply.status));
    kept(JSON.parse(reply.responseText), reply.status === 200);
  }

  const counted = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

  async function tellDoubts(id, box) {
    const at = `/cells/${encodeURIComponent(id)}`;
    const reply = await fetch(`/pages${at}/doubts`, { headers: headers() });
    if (!reply.ok) return;
    const { doubts } = await reply.json();
    if (!doubts.length) return;
    const list = element("ul", "", "notes");
    list.append(...doubts.map((doubt) => element("li", doubt)));
    const correct = element("a", "Correct it");
    correct.href = `${at}#correct`;
    box.append(element("h3", "To be doubted"), list, correct);
    box.className = "notice";
  }

  function kept(cell, wasThere) {
    const box = element("div", "", "notice plain");
    box.append(element("h3", wasThere ? `${cell.cell_id} was kept already` : `${cell.cell_id} is kept`));
    box.append(element("p", `${counted(cell.n_rows, "row")} of cycling, ${counted(cell.n_spectra, "spectrum", "spectra")}.`));
    const doubted = element("div", "");
    box.append(doubted);
    tellDoubts(cell.cell_id, doubted);
    if (cell.notes.length) {
      const list = element("ul", "", "notes");
      list.append(...cell.notes.map((note) => element("li", note)));
      box.append(list);
    }
    const link = element("a", `See what it says: ${cell.cell_id}`);
    link.href = `/cells/${encodeURIComponent(cell.cell_id)}`;
    box.append(link);
    said.replaceChildren(box);
    link.focus();
    files = [];
    choose([]);
    document.body.dispatchEvent(new Event("refresh"));
  }

  const noArea = document.getElementById("no-area");
  const lookAtArea = () => { noArea.hidden = Boolean(form.elements.area_cm2.value); };
  for (const name of ["input", "change"]) form.addEventListener(name, lookAtArea);
  document.getElementById("take-over").addEventListener("click", lookAtArea);
  lookAtArea();

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!form.elements.cell_id.value.trim()) {
      form.elements.cell_id.focus();
      return show(said, { title: "The cell needs an id", detail: "Write the name that stands on the cell." });
    }
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    bar.value = 0;
    said.replaceChildren(element("p", "sending and reading …", "quiet"));
    try {
      await keep();
    } catch {
      show(said, { title: "The service does not answer", detail: "Nothing was kept. Try again." });
    } finally {
      button.disabled = false;
      bar.hidden = true;
    }
  });
})();
