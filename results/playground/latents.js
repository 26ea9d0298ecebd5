"use strict";
/* Latents of a seed: the same in every browser, apart for every picture, and drawn again where they are too far out. */

/* 32 bits that look like chance (the last step of MurmurHash3). */
function scrambled(bits) {
  bits = Math.imul(bits ^ bits >>> 16, 0x85ebca6b);
  bits = Math.imul(bits ^ bits >>> 13, 0xc2b2ae35);
  return (bits ^ bits >>> 16) >>> 0;
}

/* Between 0 and 1, neither included; a function of the whole numbers given. */
const uniform = (...keys) => (keys.reduce((bits, key) => scrambled(Math.imul(bits, 5) + key + 0x9e3779b9 | 0), 0) + 0.5) / 2 ** 32;

/* From N(0, 1), by Box and Muller. */
const normal = (...keys) => Math.sqrt(-2 * Math.log(uniform(...keys, 0))) * Math.cos(2 * Math.PI * uniform(...keys, 1));

/* z ~ N(0, I). What lies beyond +-limit is drawn again until it does not, as in BigGAN (1809.11096); the others stay. */
function latent(seed, picture, size, limit = Infinity) {
  return Array.from({length: size}, (_, index) => {
    for (let draw = 0; draw < 1000; draw++) {
      const value = normal(seed, picture, index, draw);
      if (Math.abs(value) <= limit) return value;
    }
    return 0;
  });
}

/* A part t of the way from a to b along the sphere, near which latents lie (1609.04468). */
function slerp(a, b, t) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(a, b) / Math.max(Math.sqrt(dot(a, a) * dot(b, b)), 1e-300))));
  if (Math.sin(angle) < 1e-6) return a.map((value, i) => (1 - t) * value + t * b[i]); // there is no one arc
  return a.map((value, i) => (Math.sin((1 - t) * angle) * value + Math.sin(t * angle) * b[i]) / Math.sin(angle));
}

/* The class code between two classes; of a generator without classes it is empty. */
const classCode = (classes, first, second, share) =>
  Array.from({length: classes}, (_, label) => (label === first ? 1 - share : 0) + (label === second ? share : 0));
