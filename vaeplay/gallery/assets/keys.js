// Keys: j and k step through the cells, c compares those that are ticked, / goes to the search, ? to the glossary.
'use strict';
(() => {
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input:not([type=checkbox]), select, textarea');
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'j') gallery.step(1);
    else if (event.key === 'k') gallery.step(-1);
    else if (event.key === 'c') document.querySelector('#tray [data-compare]').click();
    else if (event.key === '/' && !document.querySelector('dialog[open]')) document.querySelector('#filters [name=q]').focus();
    else if (event.key === '?') document.querySelector('nav a[href="#glossary"]').click();
    else return;
    event.preventDefault();
  });
})();
