// What is far from the screen costs nothing until somebody comes near it.

/**
 * Calls `make` once, when this part of the page comes near the screen.
 * @param {Element} part
 * @param {() => void} make
 */
export const whenNear = (part, make) => {
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watcher.disconnect();
      make();
    },
    { rootMargin: '400px' },
  );
  watcher.observe(part);
};
