// Finds parameters in the form, and draws the charts of a simulation; the same figures stand in the tables below them.
"use strict";
(() => {
  const find = document.querySelector("[data-find]");
  find?.addEventListener("input", () => {
    const wanted = find.value.trim();
    document.querySelectorAll(find.dataset.find).forEach((field) => { field.hidden = !field.textContent.includes(wanted); });
  });
  const holder = document.getElementById("series");
  if (!holder || !window.echarts) return;
  const data = JSON.parse(holder.textContent);
  const word = document.getElementById("words").dataset;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const size = Math.max(12, parseFloat(style.fontSize) * 0.8);
  const axis = { axisLabel: { color: colour("--muted"), fontSize: size } };
  const base = (unit, labels) => ({
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: { fontFamily: colour("--sans"), fontSize: size },
    grid: { left: 8, right: 24, top: 44, bottom: 8, containLabel: true },
    legend: { top: 4, right: 0, textStyle: { fontSize: size } },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: labels, ...axis },
    yAxis: { type: "value", name: unit, scale: unit === word.wan, ...axis },
  });
  const wan = (values) => values.map((value) => (value === null ? null : value / 10000));
  const line = (name, values, color, type) => ({ name, type: "line", data: wan(values), showSymbol: values.length < 25, connectNulls: true, lineStyle: { width: 2.5, color, type }, itemStyle: { color } });
  const bar = (name, values, color) => ({ name, type: "bar", stack: "change", data: values, itemStyle: { color }, barMaxWidth: 36 });
  const months = [line(word.before, data.before, colour("--muted"), "dashed"), line(word.after, data.after, colour("--blue"), "solid")];
  if (data.beside.length) months.push(line(word.beside, data.beside, colour("--warn"), "solid"));
  const charts = { months: { ...base(word.wan, data.months), series: months } };
  Object.entries(data.groups).forEach(([slug, group]) => {
    const less = group.losers.map((count) => (count === null ? null : -count));
    const series = slug === "change" ? [bar(word.persons, group.persons, colour("--blue"))] : [bar(word.winners, group.winners, colour("--ok")), bar(word.losers, less, colour("--bad"))];
    const labels = { ...axis.axisLabel, interval: 0, width: 92, overflow: "break", lineHeight: size * 1.3 };
    const plain = base(word.people, group.labels);
    charts[slug] = { ...plain, xAxis: { ...plain.xAxis, axisLabel: labels }, series };
  });
  const drawn = Object.entries(charts).map(([slug, option]) => {
    const place = document.getElementById(`chart-${slug}`);
    place.hidden = false;
    const chart = window.echarts.init(place);
    chart.setOption(option);
    return chart;
  });
  window.addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
})();
