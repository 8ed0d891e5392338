// Size of a file in French, as hfcourse/text/typography.py formats it.
const number = new Intl.NumberFormat("fr", { maximumFractionDigits: 1 });

export function formatSize(bytes) {
  if (bytes < 1e3) return `${number.format(bytes)}\u00a0${bytes > 1 ? "octets" : "octet"}`;
  const [divisor, unit] = bytes < 1e6 ? [1e3, "ko"] : [1e6, "Mo"];
  return `${number.format(bytes / divisor)}\u00a0${unit}`;
}
