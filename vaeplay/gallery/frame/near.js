// What is far from the screen costs nothing.

/**
 * Calls `make` once, when this part of the page comes near the screen.
 * @param {Element} part
 * @param {() => void} make
 */
export const whenNear = (part, make, margin = '400px') => {
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watcher.disconnect();
      make();
    },
    { rootMargin: margin },
  );
  watcher.observe(part);
};

/**
 * Says whether this part of the page is near the screen, now and whenever that changes.
 * @param {Element} part
 * @param {(near: boolean) => void} listener
 */
export const whileNear = (part, listener, margin = '0px') => {
  new IntersectionObserver(
    (entries) => listener(entries[entries.length - 1].isIntersecting), // the last one is how it is now
    { rootMargin: margin },
  ).observe(part);
};
