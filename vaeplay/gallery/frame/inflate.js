/**
 * The bytes that the page holds deflated, as base64.
 * @param {string} text
 * @returns {Promise<ArrayBuffer>}
 */
export const inflate = async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).arrayBuffer();
};
