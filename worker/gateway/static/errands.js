// Pages that test something: a test is asked for without leaving the page, and its steps appear as they come. Needs app.js.
"use strict";

let watched = null;

function watch() {
  const errand = $("[data-errand]")?.dataset.errand;
  if (!errand || watched) return;
  disconnect("live"); // one stream per page
  watched = new EventSource(`/api/v1/errands/${errand}/events`);
  watched.addEventListener("step", () => refresh());
  watched.addEventListener("end", leave);
  watched.onerror = () => { if (watched?.readyState === EventSource.CLOSED) leave(); };
}

async function leave() {
  watched?.close();
  watched = null;
  await refresh();
  connect();
  setTimeout(watch, 3000); // a stream that broke left its errand unfinished
}

document.addEventListener("submit", async (event) => {
  if (!event.target.matches("form.test")) return;
  event.preventDefault();
  const body = new URLSearchParams([...new FormData(event.target), ["live", "yes"]]);
  const answer = await fetch(event.target.action, { method: "POST", body }).catch(() => null);
  if (!answer) return say("reconnecting");
  if (!answer.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return $("main").replaceWith($("main", page));
  }
  history.replaceState(null, "", answer.url);
  watched?.close();
  watched = null;
  await refresh();
  watch();
});

watch();
