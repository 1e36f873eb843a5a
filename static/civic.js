// What makes reporting and the officers' desk quicker where scripts run. Without it both work by forms alone.
"use strict";

// The report form: fill in the point where the phone is, once its owner asks for it.
const locate = document.querySelector("[data-locate]");
if (locate && "geolocation" in navigator) {
  const form = locate.form;
  locate.hidden = false;
  locate.addEventListener("click", () => {
    locate.setAttribute("aria-busy", "true");
    const done = () => locate.removeAttribute("aria-busy");
    navigator.geolocation.getCurrentPosition(
      (found) => {
        form.elements.lat.value = found.coords.latitude.toFixed(6);
        form.elements.lon.value = found.coords.longitude.toFixed(6);
        done();
      },
      done,
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
}

// The desk: j and k walk through the queue, x chooses, Enter opens.
const queue = document.querySelector("[data-queue]");
if (queue) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = [...queue.querySelectorAll("tbody th a")];
    const row = document.activeElement.closest("tr");
    const at = links.findIndex((link) => row && row.contains(link));
    if (event.key === "j") links[Math.min(at + 1, links.length - 1)]?.focus();
    else if (event.key === "k") links[Math.max(at - 1, 0)]?.focus();
    else if (event.key === "x" && row) row.querySelector("input[type=checkbox]")?.click();
    else return;
    event.preventDefault();
  });
}
