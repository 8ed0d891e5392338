// Reduction of a photo before it is sent, if the reader asks for it: fewer pixels, as JPEG.
const MIN_BYTES = 1e6; // a lighter photo is sent soon enough
const MAX_SIDE_PIXELS = 1_600;
const JPEG_QUALITY = 0.85;
const reduced = new WeakSet(); // files that cannot be reduced any more

export const isShrinkable = (file) =>
  /^image\/(jpeg|webp)$/.test(file.type) && file.size > MIN_BYTES && !reduced.has(file);

// `createImageBitmap` applies the orientation that a camera notes beside the pixels.
async function drawReduced(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, MAX_SIDE_PIXELS / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
}

// Resolves to the file itself if it cannot be read as an image, or would not become lighter.
export async function shrinkPhoto(file) {
  const blob = await drawReduced(file).catch(() => null);
  const isLighter = blob !== null && blob.size < file.size;
  const name = `${file.name.replace(/\.\w+$/, "")}.jpg`;
  const result = isLighter ? new File([blob], name, { type: blob.type }) : file;
  reduced.add(result);
  return result;
}
