"use strict";
const tools = document.querySelector(".tools");
tools.hidden = false;
for (const button of tools.querySelectorAll("button")) {
  button.addEventListener("click", () => {
    for (const details of document.querySelectorAll("main details")) details.open = button.dataset.open === "yes";
  });
}
