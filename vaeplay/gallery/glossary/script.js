// Keys: j and k step through the cells, c compares those that are ticked, / goes to the search, ? to the glossary.
import { step } from '../cells/script.js';
import { closest, find } from '../frame/dom.js';

document.addEventListener('keydown', (event) => {
  const typing = closest(event, 'input:not([type=checkbox]), select, textarea');
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'j') step(1);
  else if (event.key === 'k') step(-1);
  else if (event.key === 'c') find(document, '#tray [data-compare]').click();
  else if (event.key === '/' && !document.querySelector('dialog[open]')) find(document, '#filters [name=q]').focus();
  else if (event.key === '?') find(document, 'nav a[href="#glossary"]').click();
  else return;
  event.preventDefault();
});
