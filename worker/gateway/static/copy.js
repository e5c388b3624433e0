// Copy buttons. `navigator.clipboard` exists only on https and on this machine, so the selection is the way back.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  const word = button.firstChild;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const place = document.getElementById(button.dataset.copy);
    word.nodeValue = (await copied(place)) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (word.nodeValue = "Copy"), 2000);
  });
}

async function copied(place) {
  try {
    await navigator.clipboard.writeText(place.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(place);
    return document.execCommand("copy");
  }
}
