// "Copy link": the address of what is shown, which opens at the part of the page that it was copied from. Any button
// with `data-copy-link` copies it.
import { closest, element } from './dom.js';

/** @type {(text: string) => Promise<boolean>} */
const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element('textarea', { value: text }); // a page opened from disk may not reach the clipboard otherwise
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
};

/** @type {(button: Element) => string} */
export const linkOf = (button) => {
  const section = button.closest('main > section')?.id;
  const entries = new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
  if (section) entries.set('to', section);
  return `${location.href.split('#')[0]}#${entries}`;
};

/**
 * Copies the link to what is shown where the button stands, and says so on the button.
 * @param {HTMLElement} button
 */
export const copyLink = async (button) => {
  const text = button.textContent;
  button.textContent = (await copied(linkOf(button))) ? 'Copied' : 'Copying is not allowed here';
  button.focus();
  setTimeout(() => {
    button.textContent = text;
  }, 1500);
};

document.addEventListener('click', (event) => {
  const button = closest(event, 'button[data-copy-link]');
  if (button && button.textContent === 'Copy link') copyLink(button);
});
