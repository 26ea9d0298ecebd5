"use strict";
/* A generator computed in plain JavaScript, from the text that `python results/export_js.py` writes. A map (H, W, C) is
   one Float32Array, row by row; convolutions are matrix products of patches and kernels. */

/* Weights: base64 of deflated bytes -> a Float32Array for each tensor. See results/playground/weights.py. */
async function decodeWeights(tensors, text) {
  const deflated = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const sizes = tensors.map(({shape}) => shape.reduce((a, b) => a * b, 1));
  const halves = tensors.reduce((sum, {half}, i) => sum + (half ? sizes[i] : 0), 0);
  const plain = new Float32Array(bytes.slice(2 * halves).buffer);
  let at = 0, next = 0;
  return tensors.map(({half}, i) => {
    if (!half) return plain.subarray(next, next += sizes[i]);
    const values = new Float32Array(sizes[i]);
    for (let j = 0; j < values.length; j++, at++) values[j] = float16(bytes[halves + at], bytes[at]);
    return values;
  });
}

/* IEEE 754: a sign, five bits of exponent, ten of the significand. */
function float16(high, low) {
  const exponent = high >> 2 & 31, fraction = (high & 3) * 256 + low;
  const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
  return high & 128 ? -size : size;
}

/* A matrix (depth, columns) in panels of four columns, as `multiply` reads it; what is missing of the last is 0. */
function panelled(depth, columns, at) {
  const panels = new Float32Array(4 * Math.ceil(columns / 4) * depth);
  for (let column = 0; column < columns; column++) {
    const start = (column >> 2) * 4 * depth + (column & 3);
    for (let k = 0; k < depth; k++) panels[start + 4 * k] = at(k, column);
  }
  return panels;
}

const even = (count) => count + (count & 1);

/* (rows, depth) times panels -> out (rows, columns rounded up to fours), rows even; eight sums at a time stay in registers. */
function multiply(matrix, rows, depth, panels, out) {
  const columns = depth ? panels.length / depth : 0;
  for (let column = 0; column < columns; column += 4) {
    for (let row = 0; row < rows; row += 2) {
      let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
      let p = column * depth, i = row * depth, j = i + depth;
      for (const end = j; i < end; i++, j++, p += 4) {
        const a = matrix[i], b = matrix[j], w0 = panels[p], w1 = panels[p + 1], w2 = panels[p + 2], w3 = panels[p + 3];
        a0 += a * w0; a1 += a * w1; a2 += a * w2; a3 += a * w3;
        b0 += b * w0; b1 += b * w1; b2 += b * w2; b3 += b * w3;
      }
      let o = row * columns + column;
      out[o] = a0; out[o + 1] = a1; out[o + 2] = a2; out[o + 3] = a3;
      o += columns;
      out[o] = b0; out[o + 1] = b1; out[o + 2] = b2; out[o + 3] = b3;
    }
  }
}

/* A convolution of stride s is one product. A transposed one is s x s of them, one for each place of an output within its
   s x s pixels, with the part of the kernel that falls on no inserted zeros. */
class Convolution {
  constructor(step, kernel) {
    Object.assign(this, {input: step.input, output: step.output});
    const [sy, sx] = step.strides, one = [1, 1];
    [this.every, this.hop] = step.transposed ? [[sy, sx], one] : [one, [sy, sx]]; // outputs of a phase; inputs for it
    this.phases = [];
    for (let y = 0; y < this.every[0]; y++) for (let x = 0; x < this.every[1]; x++) this.phases.push(this.phase(step, kernel, y, x));
  }
  phase(step, kernel, y, x) {
    const [height, width] = step.size, [channels, units] = [step.input[2], step.output[2]], taps = [];
    for (let ky = 0; ky < height; ky++) for (let kx = 0; kx < width; kx++) {
      const dy = step.transposed ? (y + step.pad[0] - ky) / step.strides[0] : ky - step.pad[0];
      const dx = step.transposed ? (x + step.pad[1] - kx) / step.strides[1] : kx - step.pad[1];
      if (Number.isInteger(dy) && Number.isInteger(dx)) taps.push({dy, dx, from: (ky * width + kx) * channels});
    }
    const depth = taps.length * channels;
    const at = (k, unit) => kernel[(taps[Math.floor(k / channels)].from + k % channels) * units + unit];
    return {y, x, taps, depth, panels: panelled(depth, units, at)};
  }
  run(map) {
    const made = new Float32Array(this.output[0] * this.output[1] * this.output[2]);
    for (const phase of this.phases) this.fill(phase, map, made);
    return made;
  }
  fill(phase, map, made) {
    const [height, width, units] = this.output, [down, across] = this.every;
    const rows = Math.ceil((height - phase.y) / down), columns = Math.ceil((width - phase.x) / across);
    const strip = Math.ceil(32 / columns), padded = 4 * Math.ceil(units / 4); // some rows at once: their patches stay in the cache
    const patches = new Float32Array(even(strip * columns) * phase.depth), sums = new Float32Array(even(strip * columns) * padded);
    for (let top = 0; top < rows; top += strip) {
      const bottom = Math.min(rows, top + strip);
      this.gather(phase, map, patches, top, bottom, columns);
      multiply(patches, even((bottom - top) * columns), phase.depth, phase.panels, sums);
      for (let row = top, from = 0; row < bottom; row++) for (let column = 0; column < columns; column++, from += padded) {
        const to = ((row * down + phase.y) * width + column * across + phase.x) * units;
        for (let unit = 0; unit < units; unit++) made[to + unit] = sums[from + unit];
      }
    }
  }
  gather({taps}, map, patches, top, bottom, columns) {
    const [height, width, channels] = this.input;
    let to = 0;
    for (let row = top; row < bottom; row++) for (let column = 0; column < columns; column++) for (const {dy, dx} of taps) {
      const y = row * this.hop[0] + dy, x = column * this.hop[1] + dx, from = (y * width + x) * channels;
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      for (let channel = 0; channel < channels; channel++) patches[to++] = inside ? map[from + channel] : 0;
    }
  }
}

const scaled = (x, scale, shift) => x.map((value, i) => value * scale[i % scale.length] + shift[i % scale.length]);

/* A vector for the code from a table (classes, channels): of one class its row, of a mix what lies between. */
function looked(code, table) {
  const channels = table.length / code.length, row = new Float32Array(channels);
  code.forEach((share, label) => { if (share) for (let i = 0; i < channels; i++) row[i] += share * table[label * channels + i]; });
  return row;
}

function softmaxRows(scores, rows, stride, columns) {
  for (let start = 0; start < rows * stride; start += stride) {
    let most = -Infinity, sum = 0;
    for (let i = start; i < start + columns; i++) most = Math.max(most, scores[i]);
    for (let i = start; i < start + columns; i++) sum += scores[i] = Math.exp(scores[i] - most);
    for (let i = start; i < start + columns; i++) scores[i] /= sum;
  }
}

/* gamma * the mean of the values, weighted by the softmax of query . key, + the input. */
function attend(step, [input, keys, queries, values]) {
  const [depth, channels] = step.channels, rows = queries.length / depth, places = keys.length / depth;
  const stride = 4 * Math.ceil(places / 4), width = 4 * Math.ceil(channels / 4);
  const ask = new Float32Array(even(rows) * depth), scores = new Float32Array(even(rows) * stride), seen = new Float32Array(even(rows) * width);
  ask.set(queries);
  multiply(ask, even(rows), depth, panelled(depth, places, (k, place) => keys[place * depth + k]), scores);
  softmaxRows(scores, rows, stride, places);
  multiply(scores, even(rows), stride, panelled(stride, channels, (k, i) => k < places ? values[k * channels + i] : 0), seen);
  return input.map((value, i) => value + step.gamma * seen[Math.floor(i / channels) * width + i % channels]);
}

/* Every output pixel of a map (H, W, C) from some input pixel. */
function remapped([height, width], channels, at) {
  const made = new Float32Array(height * width * channels);
  for (let y = 0, to = 0; y < height; y++) for (let x = 0; x < width; x++)
    for (let channel = 0; channel < channels; channel++) made[to++] = at(y, x, channel);
  return made;
}

const STEPS = {
  convolution: (step, [x]) => step.made.run(x),
  affine: (step, [x], arrays) => scaled(x, arrays[step.scale], arrays[step.shift]),
  by_class: (step, [x, code], arrays) => scaled(x, looked(code, arrays[step.scale]), looked(code, arrays[step.shift])),
  leaky_relu: ({slope}, [x]) => x.map((value) => value < 0 ? slope * value : value),
  tanh: (step, [x]) => x.map(Math.tanh),
  sigmoid: (step, [x]) => x.map((value) => 1 / (1 + Math.exp(-value))),
  add: (step, [first, ...others]) => first.map((value, i) => others.reduce((sum, other) => sum + other[i], value)),
  attend,
  concatenate: ({channels}, parts) => {
    const places = parts[0].length / channels[0], made = [];
    for (let place = 0; place < places; place++)
      parts.forEach((part, i) => made.push(...part.subarray(place * channels[i], (place + 1) * channels[i])));
    return Float32Array.from(made);
  },
  upsample: ({input: [height, width, channels], size: [tall, wide]}, [x]) => remapped([height * tall, width * wide], channels,
    (row, column, channel) => x[(Math.floor(row / tall) * width + Math.floor(column / wide)) * channels + channel]),
  max_pool: ({input: [height, width, channels]}, [x]) => remapped([height / 2, width / 2], channels, (row, column, channel) => {
    const at = (2 * row * width + 2 * column) * channels + channel;
    return Math.max(x[at], x[at + channels], x[at + width * channels], x[at + (width + 1) * channels]);
  }),
};

class Generator {
  /* From the text's object; the promise is kept when the weights are there. */
  static async read(text) {
    const made = new Generator();
    made.arrays = await decodeWeights(text.tensors, text.weights);
    made.steps = text.steps.map((step) =>
      step.step === "convolution" ? {...step, made: new Convolution(step, made.arrays[step.kernel])} : step);
    return made;
  }
  /* z (latent_dim numbers) and the class code (one number a class, of a sum of 1) -> the picture, (H, W, 3) in [-1, 1]. */
  image(z, code = []) {
    const values = [Float32Array.from(z), Float32Array.from(code)];
    for (const step of this.steps) values.push(STEPS[step.step](step, step.from.map((place) => values[place]), this.arrays));
    return values.at(-1);
  }
  /* The same as bytes of red, green, blue and 255, rounded as a file's are. */
  pixels(z, code) {
    const image = this.image(z, code), made = new Uint8ClampedArray(image.length / 3 * 4);
    for (let from = 0, to = 0; from < image.length; from += 3, to += 4) {
      for (let i = 0; i < 3; i++) made[to + i] = (image[from + i] + 1) * 127.5;
      made[to + 3] = 255;
    }
    return made;
  }
}
