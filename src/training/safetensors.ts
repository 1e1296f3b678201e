import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { writeAtomically } from '../atomicFile.js';
import { InputError } from '../error.js';

/** A named array in a safetensors file; the kind of typed array is its dtype. */
export interface StoredTensor {
  shape: number[];
  data: StoredData;
}

export type StoredData = Float32Array | Float64Array | Int32Array | Uint32Array | BigInt64Array;

export interface Safetensors {
  tensors: Map<string, StoredTensor>;
  /** The header's `__metadata__`, without the digest. */
  metadata: Record<string, string>;
}

const arrays = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I64: BigInt64Array,
};
type Dtype = keyof typeof arrays;

/** The digest's key in `__metadata__`, and what stands there while the digest is computed. */
const digestKey = 'basin.sha256';
const noDigest = '0'.repeat(64);

/** The format's own limit on the header, in bytes. */
const longestHeader = 100_000_000;

/**
 * Writes a safetensors file (Hugging Face, format of version 0.3 and later): the header's length as a
 * little-endian 64-bit integer, a JSON header padded with spaces to a multiple of 8, the tensors'
 * bytes without gaps, widest numbers first so that all are aligned.
 *
 * `__metadata__["basin.sha256"]` is the SHA-256 over the whole file with 64 zeros in its own place, so
 * that any flipped bit is found on reading. The file appears under its name only when it is complete.
 *
 * @throws InputError where the file cannot be written.
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sorted = [...tensors].sort(
    ([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT,
  );
  const entries: [string, unknown][] = [['__metadata__', { ...metadata, [digestKey]: noDigest }]];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of sorted) {
    if (product(shape) !== data.length) {
      throw new RangeError(
        `tensor ${name}: shape [${shape.join(', ')}] holds not ${data.length} numbers`,
      );
    }
    const end = offset + data.byteLength;
    entries.push([name, { dtype: dtypeOf(data), shape, data_offsets: [offset, end] }]);
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const head = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  head.writeBigUInt64LE(BigInt(head.length - 8));
  json.copy(head, 8);
  const digest = sha256([head, ...parts]);
  head.write(digest, head.indexOf(`"${digestKey}":"${noDigest}"`) + digestKey.length + 4);
  await writeAtomically(file, [head, ...parts]);
}

/**
 * Reads a safetensors file into arrays of its own. Files without basin's digest are accepted, with a
 * wrong one refused. `finite` also refuses tensors that hold NaN or infinity.
 *
 * @throws InputError that names the file, and the tensor where one is to blame.
 */
export async function readSafetensors(
  file: string,
  { finite = false }: { finite?: boolean } = {},
): Promise<Safetensors> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unreadable(file, error);
  }
  const start = headerEnd(file, bytes, bytes.length);
  const { entries, metadata, digest } = parseHeader(file, bytes.subarray(8, start));
  checkDigest(file, bytes, start, digest);
  const tensors = new Map<string, StoredTensor>();
  let covered = 0;
  for (const entry of entries.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const { name, begin, end, dtype, shape } = entry;
    if (end > bytes.length - start) {
      throw new InputError(
        `${file}: tensor "${name}" ends at byte ${end} of the data, which has ${bytes.length - start}: the file is truncated or damaged.`,
      );
    }
    if (begin !== covered) {
      throw new InputError(
        `${file}: tensor "${name}" ${begin < covered ? 'overlaps the one before it' : 'leaves a gap before it'} (begins at byte ${begin}, expected ${covered}): the file is damaged.`,
      );
    }
    covered = end;
    const buffer = new Uint8Array(bytes.subarray(start + begin, start + end)).buffer;
    const data = new arrays[dtype](buffer);
    if (finite) checkFinite(file, name, data);
    tensors.set(name, { shape, data });
  }
  if (covered !== bytes.length - start) {
    throw new InputError(
      `${file}: expected ${covered} bytes of data, found ${bytes.length - start}: the file is damaged.`,
    );
  }
  return { tensors, metadata };
}

/**
 * Reads the metadata alone (without the digest), which costs a few kilobytes however large the file.
 * The data is not checked.
 *
 * @throws InputError for a missing file or a damaged header.
 */
export async function readSafetensorsMetadata(file: string): Promise<Record<string, string>> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    const { size } = await handle.stat();
    const length = Buffer.alloc(8);
    const { bytesRead } = await handle.read(length, 0, 8, 0);
    const header = Buffer.alloc(headerEnd(file, length.subarray(0, bytesRead), size) - 8);
    await handle.read(header, 0, header.length, 8);
    return parseHeader(file, header).metadata;
  } finally {
    await handle.close();
  }
}

interface Entry {
  name: string;
  dtype: Dtype;
  shape: number[];
  begin: number;
  end: number;
}

/** Where the header ends and the data begins. */
function headerEnd(file: string, bytes: Buffer, size: number): number {
  if (bytes.length < 8) {
    throw new InputError(
      `${file}: expected a safetensors file, found ${bytes.length} bytes: the file is truncated.`,
    );
  }
  const length = bytes.readBigUInt64LE(0);
  if (length > BigInt(Math.min(longestHeader, size - 8))) {
    throw new InputError(
      `${file}: the header is ${length} bytes long by its own account, the file has ${size}: it is truncated or not a safetensors file.`,
    );
  }
  return 8 + Number(length);
}

function parseHeader(file: string, bytes: Buffer) {
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString());
  } catch {
    header = undefined;
  }
  if (!isObject(header)) {
    throw new InputError(
      `${file}: the header is not a JSON object: the file is damaged or not a safetensors file.`,
    );
  }
  const { __metadata__: given = {}, ...rest } = header;
  if (!isObject(given) || Object.values(given).some((value) => typeof value !== 'string')) {
    throw new InputError(`${file}: __metadata__ is not a map from strings to strings.`);
  }
  const { [digestKey]: digest, ...metadata } = given as Record<string, string>;
  return {
    metadata,
    digest: digest as string | undefined,
    entries: Object.entries(rest).map(([name, entry]) => parseEntry(file, name, entry)),
  };
}

function parseEntry(file: string, name: string, entry: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw new InputError(
      `${file}: tensor "${name}" has no valid dtype, shape and data_offsets in the header.`,
    );
  }
  if (!isDtype(dtype)) {
    throw new InputError(
      `${file}: tensor "${name}" has dtype ${dtype}, expected one of ${Object.keys(arrays).join(', ')}.`,
    );
  }
  const [begin, end] = offsets;
  const expected = product(shape) * arrays[dtype].BYTES_PER_ELEMENT;
  if (end - begin !== expected) {
    throw new InputError(
      `${file}: tensor "${name}" of shape [${shape.join(', ')}] and dtype ${dtype} needs ${expected} bytes, its offsets hold ${end - begin}.`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function checkDigest(file: string, bytes: Buffer, start: number, digest: string | undefined): void {
  if (digest === undefined) return;
  const head = Buffer.from(bytes.subarray(0, start));
  const place = head.indexOf(digest);
  if (place !== -1) head.write(noDigest, place);
  if (sha256([head, bytes.subarray(start)]) !== digest) {
    throw new InputError(
      `${file}: the SHA-256 in the file does not match its content: the file is damaged or was changed.`,
    );
  }
}

function checkFinite(file: string, name: string, data: StoredData): void {
  if (data instanceof BigInt64Array) return;
  const bad = data.findIndex((value: number) => !Number.isFinite(value));
  if (bad !== -1) {
    throw new InputError(`${file}: tensor "${name}" holds ${data[bad]} at index ${bad}.`);
  }
}

function unreadable(file: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new InputError(
    `${file}: this safetensors file ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}.`,
  );
}

function sha256(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

function dtypeOf(data: StoredData): Dtype {
  const [dtype] = Object.entries(arrays).find(([, array]) => data instanceof array)!;
  return dtype as Dtype;
}

function isDtype(dtype: string): dtype is Dtype {
  return Object.hasOwn(arrays, dtype);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
