import { readFileSync } from 'node:fs';
import { InputError } from '../error.js';

/** An array of unsigned bytes from an idx file, row-major. */
export interface Idx {
  dimensions: number[];
  values: Uint8Array;
  /** The whole file, header included. */
  bytes: Uint8Array;
}

/**
 * Reads an idx file of unsigned bytes with `rank` dimensions (LeCun, Cortes & Burges, "The MNIST
 * database", section on file formats): two zero bytes, the type 8, the rank, each dimension as a
 * big-endian 32-bit integer, the values.
 *
 * `values` is a view on the file's bytes, nothing is copied.
 *
 * @throws InputError where the file cannot be read, begins with another magic number, or has more or
 *   fewer bytes than its dimensions ask for.
 */
export function readIdx(file: string, rank: number): Idx {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new InputError(`${file}: this idx file ${reason}; put the data set's file there.`);
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new InputError(
      `${file}: expected an idx file with a header of ${start} bytes, found ${bytes.length} bytes; fetch the file again.`,
    );
  }
  const magic = bytes.readUInt32BE(0);
  const expectedMagic = 0x0800 | rank;
  if (magic !== expectedMagic) {
    throw new InputError(
      `${file}: expected the idx magic number ${hex(expectedMagic)} (unsigned bytes, ${rank} dimensions), found ${hex(magic)}; is this the right file, unpacked?`,
    );
  }
  const dimensions = Array.from({ length: rank }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const expected = start + dimensions.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    throw new InputError(
      `${file}: expected ${expected} bytes for dimensions ${dimensions.join(' x ')}, found ${bytes.length}; fetch the file again.`,
    );
  }
  return { dimensions, values: bytes.subarray(start), bytes };
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, '0')}`;
}
