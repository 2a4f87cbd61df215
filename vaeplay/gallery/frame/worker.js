// A worker made from the text of a script, since a page that opens from disk may load none from a file. Where the
// browser allows none, what is asked of it is done here.

/**
 * @template Found
 * @typedef {{ found: (answer: Found) => void, here: () => Found }} Waiting
 */

/**
 * The script answers a message with a `ticket` by one with the same `ticket` and what it has `found`.
 * @template Found
 * @param {string} text
 */
export const makeWorker = (text) => {
  /** @type {Worker | false | null} */
  let worker = null;
  let tickets = 0;
  /** @type {Map<number, Waiting<Found>>} */
  const waiting = new Map();
  // A worker that may not start says so by an event: what was asked of it is then done here.
  const dismiss = () => {
    worker = false;
    for (const { found, here } of waiting.values()) found(here());
    waiting.clear();
  };
  const hire = () => {
    if (worker !== null) return worker || null;
    try {
      worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
      worker.onmessage = ({ data }) => {
        waiting.get(data.ticket)?.found(data.found);
        waiting.delete(data.ticket);
      };
      worker.onerror = dismiss;
    } catch {
      worker = false;
    }
    return worker || null;
  };
  return {
    /** Whether there is a worker, or may be one. */
    hire: () => hire() !== null,
    isHired: () => worker instanceof Worker,
    /** @param {object} message */
    tell: (message) => hire()?.postMessage(message),
    /** @type {(message: object, here: () => Found) => Promise<Found>} */
    ask: (message, here) =>
      new Promise((found) => {
        const hired = hire();
        if (!hired) return found(here());
        waiting.set(++tickets, { found, here });
        hired.postMessage({ ticket: tickets, ...message });
      }),
  };
};
