/* Draws the charts and keeps the page fresh. Specifications stand in the page as JSON; colors written as
   "@role" are taken from the style sheet. Expressions are interpreted (ast: true), never compiled, so that
   the content security policy needs no unsafe-eval. */
"use strict";
(() => {
  const EVERY = 10000; // milliseconds between two looks at the server
  const role = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  const painted = (value) => {
    if (typeof value === "string") return value.startsWith("@") ? role(value.slice(1)) || value : value;
    if (Array.isArray(value)) return value.map(painted);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === "values" ? v : painted(v)]));
    }
    return value;
  };

  const look = () => ({
    background: null,
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: {
      labelColor: role("quiet"), titleColor: role("quiet"), domainColor: role("line"), tickColor: role("line"),
      gridColor: role("line"), gridOpacity: 0.7, titleFontWeight: "normal", labelFontSize: 11, titleFontSize: 11,
    },
    legend: { labelColor: role("ink"), titleColor: role("quiet"), labelFontSize: 12 },
    text: { color: role("ink") },
  });

  const draw = (root) => {
    for (const spec of root.querySelectorAll("script.spec")) {
      const place = spec.parentElement.querySelector(".canvas");
      const chart = painted(JSON.parse(spec.textContent));
      vegaEmbed(place, chart, {
        mode: "vega-lite", ast: true, actions: false, renderer: "svg", defaultStyle: false,
        tooltip: { disableDefaultStyle: true }, config: look(),
      }).catch((error) => {
        place.textContent = "This chart could not be drawn.";
        console.error(error);
      });
    }
  };

  const refresh = async () => {
    if (document.hidden) return;
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    document.documentElement.classList.toggle("stale", !answer || !answer.ok);
    if (!answer || !answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [now, then] = [document.querySelector("main"), next.querySelector("main")];
    if (!then || then.innerHTML === shown) return;
    shown = then.innerHTML;
    const open = [...now.querySelectorAll("details[open]")].map((d) => d.id);
    now.replaceWith(then);
    document.querySelector("header.top").replaceWith(next.querySelector("header.top"));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    draw(then);
  };

  let shown = document.querySelector("main").innerHTML;
  draw(document);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(document));
  if (location.protocol.startsWith("http")) setInterval(refresh, EVERY);
})();
