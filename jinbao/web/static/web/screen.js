// Draws the dashboard from the series in the page; the same figures stand in the tables below the charts.
"use strict";
(() => {
  const holder = document.getElementById("series");
  const send = document.getElementById("fund");
  send?.addEventListener("change", () => send.form.requestSubmit());
  if (!holder || !window.echarts || !document.getElementById("people")) return;
  const data = JSON.parse(holder.textContent);
  const word = document.getElementById("words").dataset;
  const style = getComputedStyle(document.documentElement);
  const [blue, gold, green, red] = ["--a", "--b", "--c", "--d"].map((name) => style.getPropertyValue(name).trim());
  const soft = style.getPropertyValue("--soft").trim();
  const size = Math.max(12, parseFloat(style.fontSize) * 0.8);
  const base = (unit, times) => ({
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: { fontFamily: style.getPropertyValue("--sans"), fontSize: size },
    grid: { left: 8, right: 16, top: 42, bottom: 8, containLabel: true },
    legend: { top: 4, right: 0, textStyle: { color: soft, fontSize: size }, icon: "rect", itemHeight: 4, itemWidth: 18 },
    tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: "#06182f", borderColor: "#1d4470", textStyle: { color: "#eaf2ff", fontSize: size } },
    xAxis: { type: "category", data: times, axisLabel: { color: soft, fontSize: size }, axisLine: { lineStyle: { color: "#1d4470" } } },
    yAxis: { type: "value", name: unit, nameTextStyle: { color: soft, fontSize: size }, axisLabel: { color: soft, fontSize: size }, splitLine: { lineStyle: { color: "#163a63" } } },
  });
  const line = (name, values, color, more) => ({ name, type: "line", data: values, showSymbol: false, sampling: "lttb", lineStyle: { width: 2.5, color }, itemStyle: { color }, ...more });
  const bar = (name, values, color) => ({ name, type: "bar", data: values, itemStyle: { color }, barMaxWidth: 14 });
  const recent = -36;
  const charts = {
    people: { ...base(word.people, data.months), series: [line(word.contributors, data.contributors, blue), line(word.pensioners, data.pensioners, gold, { lineStyle: { width: 2.5, color: gold, type: "dashed" } })] },
    balance: { ...base(word.wan, data.fund_months), series: [line(word.balance, data.balance, gold, { areaStyle: { color: gold, opacity: 0.18 } })] },
    paid: { ...base(word.wan, data.months.slice(recent)), series: [bar(word.due, data.due.slice(recent), blue), bar(word.received, data.received.slice(recent), green)] },
    years: { ...base(word.wan, data.years), series: [bar(word.income, data.income, green), bar(word.expense, data.expense, red)] },
    benefits: { ...base(word.wan, data.months), series: [line(word.benefits, data.benefits, red, { areaStyle: { color: red, opacity: 0.15 } })] },
  };
  const drawn = Object.entries(charts).map(([id, option]) => {
    const chart = window.echarts.init(document.getElementById(id));
    chart.setOption(option);
    return chart;
  });
  window.addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
  const seconds = 60;
  window.setTimeout(() => { if (document.visibilityState === "visible" && !document.querySelector("details[open]")) window.location.reload(); }, seconds * 1000);
})();
