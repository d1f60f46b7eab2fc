"use strict";
// Looks rows up and hands them to Vega; every number comes from the facts that the engine has written into the page.
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const pairs = (flat, start) => {
    const found = [];
    for (let place = 0, at = start; place < flat.length; place += 2) found.push([(at += flat[place]), flat[place + 1]]);
    return found;
  };
  const utc = (second) => `${new Date(second * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const views = new Map();

  function themed(chart) {
    const [text, quiet, line] = ["--text", "--quiet", "--line"].map(style);
    const axis = { labelColor: quiet, titleColor: text, gridColor: line, domainColor: line, tickColor: line };
    const config = { background: style("--paper"), axis, legend: { labelColor: text, titleColor: text }, header: { labelColor: text, titleColor: text }, view: { stroke: line } };
    return { ...chart, config: { ...chart.config, ...config, view: { ...chart.config.view, stroke: line } } };
  }

  async function draw(place, rows) {
    const kind = place.dataset.chart;
    views.get(place)?.finalize();
    const chart = facts.charts[kind];
    const spec = { ...themed(chart), datasets: rows, description: place.dataset.label };
    // Vega-Lite cannot fit a width beside a height that it finds itself.
    if (chart.height.step) spec.height = chart.height.step * new Set(rows[kind].map((row) => row.who ?? row.others)).size;
    const tooltip = { disableDefaultStyle: true };
    const drawn = await vegaEmbed(place, spec, { ast: true, actions: false, defaultStyle: false, renderer: "canvas", tooltip, logLevel: 1 });
    views.set(place, drawn);
    place.dataset.drawn = "yes";
    const canvas = place.querySelector("canvas");
    canvas?.setAttribute("role", "img");
    canvas?.setAttribute("aria-label", place.dataset.label);
  }

  function calls(place) {
    const detection = facts.detections[place.closest(".detection").dataset.place];
    const told = detection.calls[place.closest(".episode").dataset.episode];
    return {
      calls: told.rows.map(([after, who, call, error]) => ({
        t: (told.start + after) * 1000, at: `${new Date((told.start + after) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`,
        who: told.who[who], call: told.call[call], error: told.error[error] || "none",
        failed: told.error[error] ? "refused or failed" : "succeeded",
      })),
    };
  }

  function metric(section) {
    const { choices } = facts.detections[section.dataset.place];
    const form = section.querySelector("form.controls");
    const place = section.querySelector('[data-chart="metric"]');
    const numbers = Object.fromEntries([...section.querySelectorAll("[data-number]")].map((one) => [one.dataset.number, one]));
    const original = Object.fromEntries(Object.entries(numbers).map(([name, one]) => [name, one.textContent]));
    const present = choices.settings[choices.present];
    const distinct = (pick) => [...new Map(choices.settings.map((one) => [String(pick(one)), pick(one)])).values()];
    const thresholds = distinct((one) => one[0]).sort((a, b) => a - b);
    const fill = (name, values, words, chosen) => {
      form.elements[name].replaceChildren(...values.map((value) => {
        const mark = String(value) === String(chosen);
        return new Option(words(value) + (mark ? " (present)" : ""), String(value), mark, mark);
      }));
    };
    fill("period", distinct((one) => one[1]), (value) => `${value} s`, present[1]);
    fill("datapoints", distinct((one) => [one[2], one[3]]), ([m, n]) => `${m} of ${n}`, [present[2], present[3]]);
    fill("window", distinct((one) => one[4]), (value) => (value ? "wall-clock" : "sliding"), present[4]);
    const slider = form.elements.threshold;
    slider.max = thresholds.length - 1;
    slider.defaultValue = thresholds.indexOf(present[0]);
    slider.value = slider.defaultValue;
    const lasted = (seconds) => {
      const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
      if (days) return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
      if (hours) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
      return minutes ? `${minutes} min` : `${seconds} s`;
    };

    function rows(chosen) {
      const [from, to] = (form.elements.zoom.value || `${choices.start},${choices.end}`).split(",").map(Number);
      const around = form.elements.zoom.value ? Math.max(3600, (to - from) / 2) : 0;
      const [low, high] = [Math.max(from - around, choices.start), Math.min(to + around, choices.end)];
      const line = choices.lines.find((one) => one.period === chosen[1] && one.window === chosen[4]);
      const band = choices.bands[chosen[11]];
      const runs = pairs(band.runs, choices.start);
      const ends = [...runs.slice(1).map((run) => run[0]), choices.end];
      const states = runs.map(([at, state], place) => ({
        t: Math.max(at, low) * 1000, until: Math.min(ends[place], high) * 1000, state: facts.states[state], at: utc(at),
      })).filter((row) => row.t < row.until);
      numbers.note.textContent = [
        line.step ? `The line has the most telling value of every ${lasted(line.step)}.` : "",
        band.step ? `The band has the worst state of every ${lasted(band.step)}.` : "",
      ].join(" ");
      return {
        points: pairs(line.points, choices.start).map(([at, v]) => ({ t: at * 1000, v, at: utc(at) }))
          .filter((row) => row.t >= low * 1000 && row.t <= high * 1000),
        band: [...states.filter((row) => row.state !== "ALARM"), ...states.filter((row) => row.state === "ALARM")],
        threshold: [{ v: chosen[0] }],
      };
    }

    function choose() {
      const threshold = thresholds[slider.value];
      const [m, n] = form.elements.datapoints.value.split(",").map(Number);
      const chosen = choices.settings.find((one) => one[0] === threshold && one[1] === Number(form.elements.period.value)
        && one[2] === m && one[3] === n && one[4] === Number(form.elements.window.value));
      slider.nextElementSibling.textContent = `${threshold.toLocaleString("en")}${threshold === present[0] ? " (present)" : ""}`;
      slider.setAttribute("aria-valuetext", slider.nextElementSibling.textContent);
      if (!chosen) {
        for (const name of ["pages", "weekly", "lasted", "found", "missed", "flaps"]) numbers[name].textContent = "-";
        numbers.which.textContent = "CloudWatch refuses it";
        return null;
      }
      const [, , , , , pages, weekly, seconds, found, missed, flaps] = chosen;
      const said = {
        pages: pages.toLocaleString("en"), found: found.toLocaleString("en"), missed: missed.toLocaleString("en"),
        flaps: flaps.toLocaleString("en"), lasted: lasted(seconds),
        weekly: weekly === null ? "-" : weekly.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
        which: chosen === present ? "present" : "another",
      };
      for (const [name, text] of Object.entries(chosen === present ? { ...said, ...original, note: numbers.note.textContent } : said)) numbers[name].textContent = text;
      return rows(chosen);
    }

    function update() {
      const data = choose();
      const drawn = views.get(place);
      if (!data || !drawn) return;
      for (const [name, values] of Object.entries(data)) drawn.view.data(name, values);
      drawn.view.runAsync();
    }

    form.addEventListener("input", update);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(update));
    choose();
    return choose;
  }

  const choosers = new Map();
  for (const one of document.querySelectorAll(".scripted")) one.hidden = false;
  for (const section of document.querySelectorAll(".detection")) {
    if (section.querySelector("form.controls")) choosers.set(section, metric(section));
  }
  function data(place) {
    if (place.dataset.rows) return facts.rows[place.dataset.rows];
    return place.dataset.chart === "calls" ? calls(place) : choosers.get(place.closest(".detection"))();
  }
  const show = (place) => { const rows = data(place); if (rows) draw(place, rows); };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      show(entry.target);
    }
  }, { rootMargin: "300px" });
  for (const place of document.querySelectorAll("[data-chart]")) seen.observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const place of views.keys()) show(place); });
  const opened = () => { const target = document.getElementById(decodeURIComponent(location.hash.slice(1))); if (target?.tagName === "DETAILS") target.open = true; };
  addEventListener("hashchange", opened);
  // Paper cannot be opened: closed episodes are printed as if they were open, and are closed again.
  addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details.episode:not([open])")) { one.open = true; one.dataset.printed = "yes"; } });
  addEventListener("afterprint", () => { for (const one of document.querySelectorAll("details[data-printed]")) { one.open = false; delete one.dataset.printed; } });
  opened();
})();
