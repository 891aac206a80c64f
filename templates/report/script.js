"use strict";
const tools = document.querySelector(".tools");
tools.hidden = false;
for (const button of tools.querySelectorAll("button")) {
  button.addEventListener("click", () => {
    for (const details of document.querySelectorAll("main details")) details.open = button.dataset.open === "yes";
  });
}
for (const button of document.querySelectorAll("button.fit")) {
  const picture = button.closest("figure").querySelector(".picture");
  button.hidden = picture.scrollWidth <= picture.clientWidth && picture.scrollHeight <= picture.clientHeight;
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(picture.classList.toggle("fitted")));
  });
}
