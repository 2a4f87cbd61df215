// The theme: system, light or dark. Kept by the browser, since it is the reader's taste and no part of a link.
'use strict';
(() => {
  const root = document.documentElement;
  const themes = ['system', 'light', 'dark'];
  const recall = () => {
    try {
      return localStorage.getItem('vae-playground-theme');
    } catch {
      return null; // storage may be forbidden for pages opened from disk
    }
  };
  const keep = (theme) => {
    try {
      localStorage.setItem('vae-playground-theme', theme);
    } catch {
      // the choice then lasts as long as the page
    }
  };
  const apply = (theme) => {
    root.dataset.theme = themes.includes(theme) ? theme : 'system';
  };

  root.classList.add('js');
  apply(recall());
  document.addEventListener('DOMContentLoaded', () => {
    const select = document.getElementById('theme');
    if (!(select instanceof HTMLSelectElement)) return;
    select.value = root.dataset.theme ?? '';
    select.addEventListener('change', () => {
      apply(select.value);
      keep(select.value);
    });
  });
})();
