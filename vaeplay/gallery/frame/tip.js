// A small note beside what is pointed at or has the focus.
import { element } from './dom.js';

const note = element('div', { className: 'tip', hidden: true });
note.setAttribute('role', 'status');
document.body.append(note);

/** Hides the note. */
export const hideTip = () => {
  note.hidden = true;
};

/**
 * Shows the lines of a note at (x, y) of the window.
 * @param {number} x
 * @param {number} y
 * @param {string[]} lines
 */
export const showTip = (x, y, lines) => {
  const text = lines.join('\n');
  if (note.innerText !== text) note.replaceChildren(...lines.map((line) => element('div', { textContent: line })));
  note.hidden = false;
  const { offsetWidth, offsetHeight } = note;
  note.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - offsetWidth - 4))}px`;
  note.style.top = `${Math.max(4, y + 14 + offsetHeight > window.innerHeight ? y - offsetHeight - 10 : y + 14)}px`;
};
