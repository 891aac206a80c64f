"use strict";
const tools = document.querySelector(".tools");
if (tools) tools.hidden = false;
for (const button of document.querySelectorAll(".tools button")) {
  button.addEventListener("click", () => {
    for (const details of document.querySelectorAll("main details")) details.open = button.dataset.open === "yes";
  });
}
function offerToFit() {
  for (const button of document.querySelectorAll("button.fit")) {
    const picture = button.closest("figure").querySelector(".picture");
    const isWhole = picture.scrollWidth <= picture.clientWidth && picture.scrollHeight <= picture.clientHeight;
    button.hidden = isWhole && !picture.classList.contains("fitted");
    button.onclick = () => button.setAttribute("aria-pressed", String(picture.classList.toggle("fitted")));
  }
}
offerToFit();
