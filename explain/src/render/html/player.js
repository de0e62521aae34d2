// Time: a slider over the frames, and a button that moves it.

import { attribute, el } from "./dom.js";
import { choose, state, view, watch } from "./state.js";
import { milliseconds, say } from "./words.js";

/** Between two frames, in milliseconds of the reader. */
const BEAT = 450;

/** The slider and its buttons. */
export function player() {
  const slider = el("input", { type: "range", id: "time", min: 1, step: 1, oninput: () => show(Number(slider.value)) });
  const clock = el("output", { for: "time", class: "clock" });
  const play = el("button", { type: "button", onclick: press });
  // Who asked the system for less motion gets one frame at a time.
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let beat = null;

  function show(until) {
    choose({ until, space: { frame: until } });
  }

  function press() {
    if (beat !== null) {
      stop();
    } else if (still.matches) {
      next();
    } else {
      if (state.until >= view().frames.length) {
        show(1);
      }
      beat = setInterval(next, BEAT);
      dress();
    }
  }

  function next() {
    const count = view().frames.length;
    show(state.until >= count ? 1 : state.until + 1);
    if (beat !== null && state.until >= count) {
      stop();
    }
  }

  function stop() {
    clearInterval(beat);
    beat = null;
    dress();
  }

  function dress() {
    play.textContent = beat !== null ? say("pause") : still.matches ? say("next_frame") : say("play");
  }

  function update() {
    const { frames } = view();
    const time = say("until", {
      frame: state.until,
      count: frames.length,
      time: milliseconds(frames[state.until - 1]?.at ?? 0),
    });
    attribute(slider, "max", Math.max(1, frames.length));
    slider.value = String(state.until);
    attribute(slider, "aria-valuetext", time);
    clock.textContent = time;
  }

  still.addEventListener("change", stop);
  watch((changed) => {
    if (changed.has("view") && beat !== null) {
      stop();
    }
    update();
  });
  dress();
  update();
  return el("div", { class: "player" }, play, el("label", { for: "time", class: "heard" }, say("time_slider")), slider, clock);
}
