// Elements of the page.

/** @param {string} name */
export const byId = (name) => /** @type {HTMLElement} */ (document.getElementById(name));

/** @param {string} name */
export const inputById = (name) => /** @type {HTMLInputElement} */ (document.getElementById(name));

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} inside
 */
export const make = (tag, attributes = {}, ...inside) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...inside);
  return element;
};

/**
 * The text of HTML that the planner wrote.
 * @param {string} html
 */
export const plainText = (html) =>
  new DOMParser().parseFromString(html.replaceAll("<br>", ", "), "text/html").body.textContent.trim();

/** Whether the panel lies on the map instead of beside it: as in map.css. */
export const isNarrow = () => window.innerWidth <= 800;
