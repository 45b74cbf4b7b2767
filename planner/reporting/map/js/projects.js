// The projects of the programme as switches with their prices, and the money of each fund and year that they take.
import { make } from "./dom.js";
import { money } from "./formats.js";

/** @import { Session } from "./session.js" */

/** @param {Session} session */
export const prepareProjects = (session) => {
  const list = document.getElementById("projects");
  const { sets } = session.model;
  if (!list) return;
  const { say } = session;
  const boxes = sets.projects.list.map(({ name, kind, cost }, project) => {
    const box = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox", "data-project": project }));
    box.addEventListener("change", () => session.putProject(project, box.checked));
    const price = make("b", {}, money(cost));
    return {
      box,
      row: make("label", { title: kind }, box, make("span", {}, name), make("small", {}, kind), price),
    };
  });
  for (const [year, title] of sets.projects.years.entries()) {
    const ofYear = boxes.filter((_, project) => sets.projects.list[project].year === year).map(({ row }) => row);
    if (ofYear.length) list.append(make("fieldset", {}, make("legend", {}, title), ...ofYear));
  }
  const bars = prepareBudget(session);
  session.follow(() => {
    boxes.forEach(({ box }, project) => {
      box.checked = session.choice.done[project] === 1;
    });
    bars();
  });
  const title = /** @type {Element} */ (document.getElementById("further"));
  session.follow(() => {
    const further = session.figures.money?.further ?? null;
    title.textContent =
      further === 0 ? "" : say(further === null ? "further_unknown" : "further", { cost: money(further ?? 0) });
  });
};

/**
 * The money of each fund, year by year: what there is, and what the projects carried out take of it.
 * @param {Session} session
 */
const prepareBudget = (session) => {
  const { funds, years } = session.model.sets.projects;
  const table = /** @type {HTMLElement} */ (document.getElementById("budget"));
  const cells = funds.map(() => years.map(() => ({ bar: make("i"), text: make("span") })));
  const head = make("tr", {}, make("td"), ...years.map((year) => make("th", { scope: "col" }, year)));
  const rows = funds.map(({ name }, fund) => {
    const ofYears = cells[fund].map(({ bar, text }) => make("td", {}, make("i", { class: "bar" }, bar), text));
    return make("tr", {}, make("th", { scope: "row" }, name), ...ofYears);
  });
  table.append(head, ...rows);
  return () => {
    const paid = session.figures.money?.paid ?? [];
    funds.forEach(({ amounts, carries }, fund) => {
      let brought = 0;
      years.forEach((_, year) => {
        const { bar, text } = cells[fund][year];
        const [spent, given] = [paid[fund][year], amounts[year] + brought];
        bar.style.width = `${given > 0 ? Math.min((100 * spent) / given, 100).toFixed(1) : 0}%`;
        text.textContent = `${money(spent)} / ${money(given)}`;
        brought = carries ? Math.max(given - spent, 0) : 0;
      });
    });
  };
};
