// Charts of cycling, drawn by uPlot from the columns that the service sends.
"use strict";
(() => {
  const counted = (n) => `${n} cycle${n === 1 ? "" : "s"}`;
  const { headers, show, problemOf, element } = window.seicast;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const ramp = (share) => `hsl(${212 - 190 * share} ${dark.matches ? "75% 68%" : "70% 42%"})`;

  // Nobody finishes half a cycle.
  const WHOLE = [1, 2, 5].flatMap((digit) => [1, 10, 100, 1000, 10000].map((power) => digit * power)).sort((a, b) => a - b);

  function axes(xName, yName, more = {}) {
    const common = { stroke: css("--ink"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line") }, font: "12px system-ui", labelFont: "12px system-ui", labelSize: 20 };
    return [{ ...common, label: xName, size: 36, ...(xName === "cycle" ? { incrs: WHOLE } : {}) }, { ...common, label: yName, size: 58, ...more }];
  }

  function chart(box, options, data) {
    const made = new uPlot({ height: 300, width: Math.max(280, box.clientWidth), cursor: { drag: { x: true, y: true } }, ...options }, data, box);
    new ResizeObserver(() => made.setSize({ width: Math.max(280, box.clientWidth), height: 300 })).observe(box);
    return made;
  }

  function holder(parent, title, words) {
    const part = element("div");
    part.append(element("h3", title));
    const box = element("div", "", "curves");
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", `${title}. ${words}`);
    part.append(box);
    parent.append(part);
    return box;
  }

  function drawProfiles(parent, found) {
    const names = found.series.map((each) => each.name);
    const box = holder(parent, "Voltage profiles", `${found.y_name} against ${found.x_name} for ${names.join(", ")}`);
    const data = [found.x];
    const series = [{ label: found.x_name }];
    found.series.forEach((each, row) => {
      const stroke = ramp(found.series.length > 1 ? row / (found.series.length - 1) : 0);
      data.push(each.out);
      series.push({ label: each.name, stroke, width: 1.6, points: { show: false } });
      if (!each.back) return;
      data.push(each.back);
      series.push({ label: `${found.halves[1]}`, stroke, width: 1.6, dash: [6, 3], points: { show: false } });
    });
    // A cycle's two halves come and go together, under one entry of the legend.
    const together = (plot, row, change) => {
      if (row % 2 === 1 && "show" in change && found.series[0].back) plot.setSeries(row + 1, change);
    };
    const made = chart(box, { axes: axes(found.x_name, found.y_name), series, legend: { live: false }, scales: { x: { time: false } }, hooks: { setSeries: [together] } }, data);
    if (!found.series[0].back) return;
    [...made.root.querySelectorAll(".u-legend .u-series")].forEach((entry, row) => { entry.hidden = row % 2 === 1; });
    box.after(element("p", `Lines: ${found.halves[0]}; dashes: ${found.halves[1]}.`, "quiet"));
  }

  function drawColumn(parent, found, name, title, yName, factor) {
    const values = found.columns[name].map((value) => (value === null ? null : value * factor));
    const flagged = new Set(found.flags.map((flag) => flag.cycle));
    const known = values.filter((value) => value !== null);
    const words = known.length ? `from ${known[0].toPrecision(4)} to ${known.at(-1).toPrecision(4)} over ${counted(found.cycle.length)}; ${counted(flagged.size)} flagged` : "nothing measured";
    const box = holder(parent, title, words);
    const marks = values.map((value, row) => (flagged.has(found.cycle[row]) ? value : null));
    const series = [
      { label: "cycle" },
      { label: yName, stroke: css("--accent"), width: 1.2, points: { show: found.cycle.length < 400, size: 5, fill: css("--accent") } },
      { label: "flagged", stroke: css("--warn"), width: 0, paths: () => null, points: { show: true, size: 10, stroke: css("--warn"), width: 2, fill: "transparent" } },
    ];
    if (!flagged.size) series.pop();
    const [low, high] = span(known);
    chart(box, { axes: axes("cycle", yName), series, scales: { x: { time: false }, y: { range: (plot, min, max) => (min === null ? [low, high] : uPlot.rangeNum(min, max, 0.1, true)) } } }, [found.cycle, values, marks].slice(0, series.length));
  }

  const span = (known) => (known.length ? [Math.min(...known), Math.max(...known)] : [0, 1]);

  function drawFlags(parent, found) {
    if (!found.flags.length) return;
    const part = element("details");
    part.append(element("summary", `${found.flags.length} flagged cycle${found.flags.length > 1 ? "s" : ""} in words`));
    const list = element("ul", "", "notes");
    for (const flag of found.flags.slice(0, 60)) list.append(element("li", `cycle ${flag.cycle}: ${flag.words.join("; ")}`));
    if (found.flags.length > 60) list.append(element("li", `and ${found.flags.length - 60} more`));
    part.append(list);
    parent.append(part);
  }

  async function draw(box) {
    const reply = await fetch(box.dataset.curves, { headers: headers() });
    if (!reply.ok) return show(box, await problemOf(reply));
    const found = await reply.json();
    box.replaceChildren();
    const pair = element("div", "", "pair");
    box.append(pair);
    if (found.profiles) drawProfiles(pair, found.profiles);
    if (found.cycles) {
      const { columns } = found.cycles;
      if (columns.ce) drawColumn(pair, found.cycles, "ce", "Coulombic efficiency", "CE / %", 100);
      if (columns.hysteresis_mV) drawColumn(pair, found.cycles, "hysteresis_mV", "Hysteresis", "hysteresis / mV", 1);
      if (columns.capacity) drawColumn(pair, found.cycles, "capacity", "Capacity given back", `capacity / ${found.cycles.capacity_name}`, 1);
      drawFlags(box, found.cycles);
      for (const reason of found.cycles.unseen) box.append(element("p", `No flag does not mean no short: ${reason}.`, "quiet"));
      if (found.cycles.is_thinned) box.append(element("p", "Some cycles are left out of the drawing; the download has all.", "quiet"));
    }
    for (const why of found.why) box.append(element("p", `Not drawn: ${why}.`, "quiet"));
  }

  const boxes = document.querySelectorAll("[data-curves]");
  const all = () => boxes.forEach((box) => draw(box).catch(() => show(box, { title: "The service does not answer", detail: "Load the page again." })));
  const parts = document.getElementById("parts");
  document.body.addEventListener("known", all);
  // A link from elsewhere may name a part that comes only now, or one that is folded.
  function openNamed() {
    const named = document.getElementById(location.hash.slice(1));
    if (named?.tagName !== "DETAILS") return;
    named.open = true;
    named.scrollIntoView();
  }
  window.addEventListener("hashchange", openNamed);
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "facts") return;
    const isFirst = parts.hidden;
    parts.hidden = false;
    if (isFirst) openNamed();
    document.body.dispatchEvent(new Event("known"));
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.target.id === "facts") parts.hidden = true;
  });
  dark.addEventListener("change", () => { if (!parts.hidden) all(); });

  document.addEventListener("change", (event) => {
    const wanted = event.target.dataset?.hide;
    if (wanted) for (const row of event.target.closest("div[hx-get]").querySelectorAll(wanted)) row.hidden = event.target.checked;
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-send-outcome]");
    if (!form) return;
    event.preventDefault();
    const said = form.querySelector("[data-said]");
    const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    const { reason, ...outcome } = given;
    for (const name of ["ce_fraction", "cycle_life_cycles"]) if (name in outcome) outcome[name] = Number(outcome[name]);
    if ("is_censored" in outcome) outcome.is_censored = outcome.is_censored === "true";
    const body = reason ? { outcome, reason } : { outcome };
    const reply = await fetch(form.dataset.sendOutcome, { method: "PUT", headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body) });
    if (!reply.ok) return show(said, await problemOf(reply));
    said.textContent = "Entered.";
    document.body.dispatchEvent(new Event("refresh"));
  });
})();
