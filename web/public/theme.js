// Before the first paint, so that nobody who chose dark sees a white flash. A file and not a line in the page: the policy allows no inline scripts.
(function () {
  try {
    var chosen = localStorage.getItem('adit.theme');
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
  } catch {
    // A browser that keeps nothing gets the theme of its system.
  }
})();
