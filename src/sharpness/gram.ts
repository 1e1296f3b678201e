/** Rows of a block that go through `addGram` at once: 32 rows of 100 columns stay in a 32 KiB cache. */
export const GRAM_ROWS = 32;

/** Row length of blocks for `addGram`: `columns` rounded up to whole tiles. */
export function gramStride(columns: number): number {
  return 4 * Math.ceil(columns / 4);
}

/**
 * gram += block^T block in float64, for the lower triangle of 4 x 4 tiles. `block` holds `rows` rows of
 * `stride` numbers, `gram` is stride x stride; `stride` is a multiple of four, padded with zeros.
 *
 * Sixteen sums at a time: each number loaded serves four products.
 */
export function addGram(
  block: Float64Array,
  rows: number,
  stride: number,
  gram: Float64Array,
): void {
  for (let i = 0; i < stride; i += 4) {
    for (let j = 0; j <= i; j += 4) addTile(block, rows * stride, stride, i, j, gram);
  }
}

function addTile(
  block: Float64Array,
  end: number,
  stride: number,
  i: number,
  j: number,
  gram: Float64Array,
): void {
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  let [s20, s21, s22, s23] = [0, 0, 0, 0];
  let [s30, s31, s32, s33] = [0, 0, 0, 0];
  for (let row = 0; row < end; row += stride) {
    const b0 = block[row + j];
    const b1 = block[row + j + 1];
    const b2 = block[row + j + 2];
    const b3 = block[row + j + 3];
    const a0 = block[row + i];
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    const a1 = block[row + i + 1];
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    const a2 = block[row + i + 2];
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    const a3 = block[row + i + 3];
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  const sums = [s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33];
  for (let k = 0; k < 16; k++) gram[(i + (k >> 2)) * stride + j + (k & 3)] += sums[k];
}
