// Keys for lists and choices. Everything works without them.
(() => {
  "use strict";
  const stops = () => [...document.querySelectorAll("[data-keys] > li")].map((line) => line.querySelector("a, button, summary")).filter(Boolean);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio]), textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { j: 1, k: -1 }[event.key];
    if (step) {
      const all = stops();
      const here = all.findIndex((stop) => stop.closest("li").contains(document.activeElement));
      const next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step];
      if (next) next.focus();
      return;
    }
    const choices = document.querySelectorAll("input[name=choice]");
    const choice = choices[Number(event.key) - 1];
    if (choice) {
      choice.checked = true;
      document.getElementById("reason").focus();
      event.preventDefault();
    }
  });
})();
