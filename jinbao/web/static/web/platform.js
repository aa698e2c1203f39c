// Keeps the screen of the data platform up to date: asks for the same page every half minute and puts in what changed,
// so that nothing flickers, focus stays where it is, and open tables stay open. Without it the page is complete too.
"use strict";
(() => {
  const seconds = 30;
  const word = document.getElementById("words").dataset;
  const state = document.getElementById("state");
  const pause = document.getElementById("pause");
  const style = getComputedStyle(document.documentElement);
  const color = Object.fromEntries(["a", "b", "c", "d", "soft", "line"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const drawn = new Map();

  const option = (chart) => {
    const size = Math.max(12, parseFloat(style.fontSize) * 1.1);
    const text = { color: color.soft, fontSize: size };
    return {
      animation: !still, animationDuration: 300,
      textStyle: { fontFamily: style.getPropertyValue("--sans") },
      grid: { left: 4, right: 12, top: size * 2.2, bottom: 4, containLabel: true },
      legend: { show: chart.series.length > 1, top: 0, right: 0, textStyle: text, icon: "rect", itemHeight: 6, itemWidth: 18 },
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: "#06182f", borderColor: color.line, textStyle: { color: "#eaf2ff", fontSize: size } },
      xAxis: { type: "category", data: chart.labels, axisLabel: { ...text, hideOverlap: true }, axisLine: { lineStyle: { color: color.line } } },
      yAxis: { type: "value", min: Number(chart.least), minInterval: 1, splitNumber: 3, axisLabel: text, splitLine: { lineStyle: { color: "#163a63" } } },
      series: chart.series.map((one) => ({
        name: one.name, type: chart.kind, data: one.values, stack: chart.kind === "bar" ? "all" : undefined,
        itemStyle: { color: color[one.color] }, lineStyle: { width: 3, color: color[one.color] }, barMaxWidth: 28, symbolSize: 8,
        showSymbol: one.values.length < 3,
      })),
    };
  };

  const draw = (charts) => {
    if (!window.echarts) return;
    for (const [name, chart] of drawn) if (!chart.getDom().isConnected) { chart.dispose(); drawn.delete(name); }
    for (const [name, chart] of Object.entries(charts)) {
      const place = document.querySelector(`[data-chart="${name}"]`);
      if (!place) continue;
      if (!drawn.has(name)) drawn.set(name, window.echarts.init(place));
      drawn.get(name).setOption(option(chart));
    }
  };

  // Take over what differs. A panel that got or lost its chart is replaced whole, otherwise only its text is.
  const take = (fresh) => {
    const held = document.activeElement?.getAttribute("href");
    const opened = [...document.querySelectorAll("details[open]")].map((one) => one.id);
    for (const panel of fresh.querySelectorAll("section.panel")) {
      const here = document.getElementById(panel.id);
      if (here && here.className !== panel.className) here.replaceWith(document.adoptNode(panel));
    }
    for (const piece of fresh.querySelectorAll("[data-live]")) {
      const here = document.querySelector(`[data-live="${piece.dataset.live}"]`);
      for (const id of opened) { const table = piece.querySelector(`#${id}`); if (table) table.open = true; }
      if (!here || here.innerHTML === piece.innerHTML) continue;
      const inside = here.contains(document.activeElement);
      here.replaceChildren(...document.adoptNode(piece).childNodes);
      if (inside && held) [...here.querySelectorAll("a")].find((one) => one.getAttribute("href") === held)?.focus();
    }
    document.getElementById("made").replaceWith(document.adoptNode(fresh.getElementById("made")));
    draw(JSON.parse(fresh.getElementById("charts").textContent));
  };

  const say = (text) => { if (state.textContent !== text) state.textContent = text; document.body.classList.toggle("stale", Boolean(text)); };

  const refresh = async () => {
    if (document.visibilityState !== "visible" || pause.getAttribute("aria-pressed") === "true") return;
    try {
      const answer = await fetch(window.location.pathname, { redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect" || answer.status === 403) { say(word.out); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
      say("");
    } catch { say(word.lost); }
  };

  pause.hidden = false;
  pause.addEventListener("click", () => {
    const stop = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(stop));
    pause.textContent = stop ? word.resume : word.pause;
    say(stop ? word.paused : "");
    refresh();
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest('a[href^="#t-"]');
    const table = target && document.querySelector(target.getAttribute("href"));
    if (table) table.open = true;
  });
  draw(JSON.parse(document.getElementById("charts").textContent));
  window.addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
  document.addEventListener("visibilitychange", refresh);
  window.setInterval(refresh, seconds * 1000);
})();
