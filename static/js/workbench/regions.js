// Regions of the page of a Space that are replaced in place: what they hold after a navigation comes from its URL.
export const FORM_REGIONS = ["alertes", "formulaire", "code"];
const REGIONS = [...FORM_REGIONS, "reponse", "derniers-essais"];
// The server lets the browser store what is sent with this header: a page whose script receives a `no-store` response is
// not kept for the back button.
export const HEADERS = { "X-Fragment": "espace" };

export const parsePage = (text) => new DOMParser().parseFromString(text, "text/html");

export function replaceRegions(page, ids = REGIONS) {
  for (const id of ids) {
    const current = document.getElementById(id);
    const fresh = page.getElementById(id);
    if (!current || !fresh) continue;
    current.replaceWith(document.adoptNode(fresh));
    fresh.dispatchEvent(new CustomEvent("content:inserted", { bubbles: true }));
  }
}

export class SiteUnreachable extends Error {}

// Fetch the page of a Space with its form. Rejects with SiteUnreachable, or with an AbortError.
export async function fetchPage(url, signal) {
  const options = { cache: "no-store", headers: HEADERS, signal };
  const response = await fetch(url, options).catch((error) => {
    throw signal.aborted ? error : new SiteUnreachable(url);
  });
  const page = parsePage(await response.text());
  if (!page.getElementById("formulaire")) throw new Error(`${response.status} ${response.url}`);
  return page;
}
