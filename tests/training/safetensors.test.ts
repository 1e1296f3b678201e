import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/error.js';
import {
  type StoredTensor,
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
} from '../../src/training/safetensors.js';
import { temporaryFolder } from '../temporaryFolder.js';

const folder = temporaryFolder();
const oracle = path.join(import.meta.dirname, '../oracles/safetensors');
const tensors = new Map<string, StoredTensor>([
  ['dense/weights', { shape: [2, 2], data: Float32Array.of(1.5, -2, 0, 1e-3) }],
  ['loss', { shape: [], data: Float64Array.of(Math.PI) }],
  ['order', { shape: [3], data: Uint32Array.of(0, 1, 2 ** 32 - 1) }],
  ['labels', { shape: [1], data: Int32Array.of(-7) }],
  ['step', { shape: [1, 1], data: BigInt64Array.of(-(2n ** 60n)) }],
  ['nothing', { shape: [0, 5], data: new Float32Array(0) }],
]);

/** A file with this header, given as a value or as text, and this many bytes of data. */
function handmade(name: string, header: unknown, dataLength = 0, stated?: number): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(stated ?? text.length));
  const file = path.join(folder, name);
  writeFileSync(file, Buffer.concat([length, text, Buffer.alloc(dataLength)]));
  return file;
}

const f32 = (shape: number[], begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('reads what it wrote, of every dtype, with its metadata', async () => {
    const file = path.join(folder, 'all.safetensors');
    const metadata = { step: '12', final: 'true', odd: '"é\n' };
    await writeSafetensors(file, tensors, metadata);
    const read = await readSafetensors(file, { finite: true });
    expect(read.metadata).toEqual(metadata);
    expect(read.tensors.size).toBe(tensors.size);
    for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual(tensor);
    expect(await readSafetensorsMetadata(file)).toEqual(metadata);
  });

  it('leaves no temporary file, and replaces the file that was there', async () => {
    const file = path.join(folder, 'replaced', 'a.safetensors');
    mkdirSync(path.dirname(file));
    await writeSafetensors(file, tensors, { step: '1' });
    await writeSafetensors(file, tensors, { step: '2' });
    expect(readdirSync(path.dirname(file))).toEqual(['a.safetensors']);
    expect((await readSafetensors(file)).metadata.step).toBe('2');
  });

  it('writes a view of a larger array, not the whole of it', async () => {
    const file = path.join(folder, 'view.safetensors');
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    await writeSafetensors(file, new Map([['view', { shape: [2], data }]]));
    expect([...(await readSafetensors(file)).tensors.get('view')!.data]).toEqual([2, 3]);
  });

  it('reads a file that an independent Python script wrote', async () => {
    const read = await readSafetensors(path.join(oracle, 'fixture.safetensors'));
    expect(read.metadata).toEqual({ format: 'pt', note: 'é' });
    expect(Object.fromEntries(read.tensors)).toEqual({
      weights: {
        shape: [2, 3],
        data: Float32Array.of(0.5, -1.25, 3, 1e-3, -0, 65504),
      },
      moments: { shape: [2], data: Float64Array.of(3.141592653589793, -1e-300) },
      labels: { shape: [3], data: Int32Array.of(-1, 0, 2147483647) },
      random: { shape: [2, 2], data: Uint32Array.of(0, 1, 2147483648, 4294967295) },
      step: { shape: [], data: BigInt64Array.of(9007199254740993n) },
      empty: { shape: [0, 4], data: new Float32Array(0) },
    });
  });

  it('writes a file that the Python script reads, aligned and with a digest that holds', async () => {
    const file = path.join(folder, 'for-python.safetensors');
    await writeSafetensors(file, tensors, { note: 'é' });
    const output = execFileSync('python3', [path.join(oracle, 'safetensors.py'), 'read', file]);
    const read = JSON.parse(output.toString()) as Record<string, unknown>;
    expect(read.digest).toBe(true);
    expect(read.metadata).toEqual({ note: 'é' });
    expect(read.tensors).toMatchObject({
      'dense/weights': { dtype: 'F32', shape: [2, 2] },
      loss: { dtype: 'F64', shape: [], values: ['3.141592653589793'] },
      order: { dtype: 'U32', values: ['0', '1', '4294967295'] },
      labels: { dtype: 'I32', values: ['-7'] },
      step: { dtype: 'I64', shape: [1, 1], values: ['-1152921504606846976'] },
      nothing: { shape: [0, 5], values: [] },
    });
  });

  it('detects a flipped bit in any byte, but for the key that marks a digest', async () => {
    const file = path.join(folder, 'flipped.safetensors');
    await writeSafetensors(file, tensors, { step: '12' });
    const good = readFileSync(file);
    const key = good.indexOf('basin.sha256');
    for (let i = 0; i < good.length; i++) {
      if (i >= key && i < key + 12) continue;
      const bytes = Buffer.from(good);
      bytes[i] ^= 1 << (i % 8);
      writeFileSync(file, bytes);
      await expect(readSafetensors(file), `byte ${i}`).rejects.toThrow(InputError);
    }
  });

  it('detects truncation at any byte', async () => {
    const file = path.join(folder, 'cut.safetensors');
    await writeSafetensors(file, tensors);
    const good = readFileSync(file);
    for (let length = 0; length < good.length; length += 3) {
      writeFileSync(file, good.subarray(0, length));
      await expect(readSafetensors(file), `${length} bytes`).rejects.toThrow(InputError);
    }
  });

  it.each<[string, () => string, RegExp]>([
    ['a missing file', () => path.join(folder, 'none'), /none: .*does not exist/],
    ['a folder', () => folder, /cannot be read \(EISDIR\)/],
    ['five bytes', () => path.join(oracle, '../five'), /does not exist/],
    ['a header beyond the end', () => handmade('a', {}, 0, 1000), /header is 1000 bytes long/],
    [
      'a header of 2^63 bytes',
      () => handmade('b', {}, 0, 2 ** 63),
      /header is 9223372036854775808/,
    ],
    ['bad JSON', () => handmade('c', '{"a":'), /not a JSON object/],
    ['a JSON list', () => handmade('d', []), /not a JSON object/],
    [
      'metadata that is no string map',
      () => handmade('e', { __metadata__: { a: 1 } }),
      /strings to strings/,
    ],
    [
      'an entry without offsets',
      () => handmade('f', { w: { dtype: 'F32', shape: [1] } }),
      /tensor "w" has no valid/,
    ],
    ['a negative shape', () => handmade('g', { w: f32([-1], 0, 4) }, 4), /tensor "w" has no valid/],
    [
      'an unknown dtype',
      () => handmade('h', { w: { ...f32([1], 0, 2), dtype: 'BF16' } }, 2),
      /tensor "w" has dtype BF16, expected one of F32, F64, I32, U32, I64/,
    ],
    [
      'a shape that needs other bytes',
      () => handmade('i', { w: f32([3], 0, 8) }, 8),
      /"w" of shape \[3\].* needs 12 bytes, its offsets hold 8/,
    ],
    [
      'offsets beyond the end',
      () => handmade('j', { w: f32([2], 0, 8) }, 4),
      /"w" ends at byte 8 of the data, which has 4/,
    ],
    [
      'overlapping tensors',
      () => handmade('k', { v: f32([2], 0, 8), w: f32([2], 4, 12) }, 12),
      /"w" overlaps/,
    ],
    [
      'a gap',
      () => handmade('l', { v: f32([1], 0, 4), w: f32([1], 8, 12) }, 12),
      /"w" leaves a gap/,
    ],
    [
      'bytes that belong to no tensor',
      () => handmade('m', { w: f32([1], 0, 4) }, 8),
      /expected 4 bytes of data, found 8/,
    ],
  ])('refuses %s', async (_, make, message) => {
    const file = make();
    await expect(readSafetensors(file)).rejects.toThrow(InputError);
    await expect(readSafetensors(file)).rejects.toThrow(message);
    await expect(readSafetensors(file)).rejects.toThrow(file);
  });

  it('refuses NaN and infinity on request, naming tensor and index', async () => {
    const file = path.join(folder, 'infinite.safetensors');
    const data = Float32Array.of(0, 1, -Infinity);
    await writeSafetensors(file, new Map([['w', { shape: [3], data }]]));
    expect((await readSafetensors(file)).tensors.get('w')!.data).toEqual(data);
    await expect(readSafetensors(file, { finite: true })).rejects.toThrow(
      'tensor "w" holds -Infinity at index 2',
    );
  });

  it('refuses to write into a missing folder, or where a folder stands', async () => {
    await expect(writeSafetensors(path.join(folder, 'no', 'a'), tensors)).rejects.toThrow(
      /no\/a: cannot be written \(its folder does not exist or takes nothing new\)/,
    );
    await expect(writeSafetensors(folder, tensors)).rejects.toThrow(InputError);
  });

  it('refuses to write a shape that does not fit the numbers', async () => {
    const wrong = new Map([['w', { shape: [3], data: new Float32Array(2) }]]);
    await expect(writeSafetensors(path.join(folder, 'w'), wrong)).rejects.toThrow(RangeError);
  });
});
