// Blocks rendering on purpose: a page must not flash in the other theme first.
document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
document.documentElement.classList.add("js");
