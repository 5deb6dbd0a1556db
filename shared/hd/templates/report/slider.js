// A slider over the thresholds of the chart of coverage. The page has, hidden for those without scripts,
//   <p class="slider" hidden><label for="threshold">…</label> <input type="range" id="threshold"> <output for="threshold"></output></p>
// and the chart's data in <script type="application/json" id="thresholds">.
(() => {
  const data = document.getElementById("thresholds");
  const input = document.getElementById("threshold");
  const mark = document.querySelector("#coverage .stroke-mark");
  if (!data || !input) return;
  const output = document.querySelector('output[for="threshold"]');
  const { images, begin, steps } = JSON.parse(data.textContent);
  const percent = share => (100 * share).toFixed(1) + " %";

  const words = step => {
    const decided = `${step.n} of ${images} answers (${percent(step.n / images)}) have a score over ${step.threshold.toFixed(2)}`;
    if (!step.n) return `${decided}.`;
    const [low, high] = step.accuracy_interval;
    return `${decided}; ${step.right} of these are right: ${percent(step.accuracy)} (${percent(low)} to ${percent(high)}).`;
  };

  const show = () => {
    const step = steps[input.value];
    output.textContent = words(step);
    input.setAttribute("aria-valuetext", `${step.threshold.toFixed(2)}: ${output.textContent}`);
    if (!mark) return;
    mark.toggleAttribute("hidden", !step.at);
    mark.style.display = step.at ? "" : "none";
    if (step.at) {
      mark.setAttribute("cx", step.at[0]);
      mark.setAttribute("cy", step.at[1]);
    }
  };

  input.min = 0;
  input.max = steps.length - 1;
  input.value = Math.max(0, steps.findIndex(step => step.threshold >= begin));
  input.addEventListener("input", show);
  input.closest(".slider").hidden = false;
  show();
})();
