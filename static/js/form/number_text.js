// Numbers as text, as range inputs and number fields exchange them.

// A range input formats 0.0000001 as 1e-7.
export function expandExponent(text) {
  const [mantissa, exponent] = text.split("e");
  if (!exponent) return text;
  const digits = Math.max(0, (mantissa.split(".")[1] ?? "").length - Number(exponent));
  return digits ? Number(text).toFixed(Math.min(digits, 100)) : BigInt(Number(text)).toString();
}
