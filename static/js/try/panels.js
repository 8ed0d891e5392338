// Open try-it panels of a lesson, saved in the session for back navigation and reload.
import { loadStyles } from "../style_sheets.js";
import { TryPanel } from "./panel.js";

const STORAGE_KEY = `panels ${location.pathname}`; // lesson.js looks for it
const panels = new Map(); // the id of a block's title -> its panel

const getTitleId = (block) => block.querySelector("h3").id;

function createPanel(block) {
  const panel = new TryPanel(block, getTitleId(block), savePanels);
  panels.set(getTitleId(block), panel);
  return panel;
}

function savePanels() {
  const open = [...panels].filter(([, panel]) => panel.url && !panel.isFolded);
  const states = open.map(([title, panel]) => [title, panel.getState()]);
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(states));
  } catch {
    // Storage is disabled or its quota exceeded: the blocks are closed after navigation.
  }
}
addEventListener("pagehide", savePanels);

// Wait for the style sheets of forms and outputs before they are shown.
const loadTryStyles = () =>
  loadStyles(document.querySelector("script[data-try-styles]").dataset.tryStyles);

export async function openPanel(block) {
  await loadTryStyles();
  const panel = panels.get(getTitleId(block)) ?? createPanel(block);
  await panel.open();
}

export async function reopenPanels() {
  await loadTryStyles();
  for (const [title, state] of JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "[]")) {
    const block = document.getElementById(title)?.closest(".try-it");
    if (block && !panels.has(title)) createPanel(block).restore(state);
  }
}
