/** State of a stream: four 32-bit words and the second normal of a pair, if one is waiting. */
export interface RandomState {
  words: [number, number, number, number];
  spare: number | null;
}

/**
 * A named stream of random numbers: xoshiro128** (Blackman & Vigna 2021), seeded by hashing
 * `seed` and `name` through splitmix32, so that drawing more from one stream never moves another.
 *
 * Equal seed and name give equal numbers on every platform.
 */
export class RandomStream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  private spare: number | null = null;

  constructor(seed: number, name: string) {
    let state = 0x9e3779b9 ^ (seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b);
    for (let i = 0; i < name.length; i++) state = mix(state ^ name.charCodeAt(i));
    const next = () => mix((state = (state + 0x9e3779b9) | 0));
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1; // the all-zero state is a fixed point
  }

  get state(): RandomState {
    return { words: [this.a, this.b, this.c, this.d], spare: this.spare };
  }

  set state({ words, spare }: RandomState) {
    [this.a, this.b, this.c, this.d] = words;
    this.spare = spare;
  }

  /** 32 uniform bits as an unsigned integer. */
  bits(): number {
    const product = Math.imul(this.b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** Uniform on [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.bits() * 2.3283064365386963e-10;
  }

  /** Uniform integer on 0 … n-1 without modulo bias, n <= 2^32. */
  integer(n: number): number {
    const limit = 4294967296 - (4294967296 % n);
    let bits = this.bits();
    while (bits >= limit) bits = this.bits();
    return bits % n;
  }

  /** Standard normal by the polar method (Marsaglia & Bray 1964). */
  normal(): number {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    let u: number, v: number, s: number;
    do {
      u = 2 * this.uniform() - 1;
      v = 2 * this.uniform() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    this.spare = v * factor;
    return u * factor;
  }

  /** Shuffles in place (Fisher & Yates). */
  shuffle<T extends { [index: number]: number; length: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
    return items;
  }
}

function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) | 0;
}
