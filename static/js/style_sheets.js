// Style sheets of parts that a page receives later.
function loadStyle(href) {
  if (document.querySelector(`link[href="${href}"]`)) return null;
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href, onload: resolve, onerror: reject });
    document.head.append(link);
  });
}

// Load style sheets, URLs separated by spaces, and wait for them: a part is not shown without its styles.
export function loadStyles(urls = "") {
  return Promise.all(urls.split(" ").filter(Boolean).map(loadStyle));
}
