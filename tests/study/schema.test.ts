import { describe, expect, it } from 'vitest';
import { activations as implemented } from '../../src/network/activations.js';
import { activations, studyJsonSchema } from '../../src/study/schema.js';

interface Node {
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  additionalProperties?: boolean | Node;
}

describe('studyJsonSchema', () => {
  const schema = studyJsonSchema() as Node & { required?: string[] };

  it('demands only what has no default', () => {
    expect(schema.required).toEqual(['name', 'data', 'network', 'regimes']);
    expect(schema.additionalProperties).toBe(false);
  });

  it('describes every key of the file', () => {
    for (const [key, { description }] of Object.entries(schema.properties!)) {
      expect(description, key).toMatch(/\.$/);
    }
  });

  it('knows every activation function', () => {
    expect([...activations].sort()).toEqual(Object.keys(implemented).sort());
  });

  it('holds the defaults of the measures', () => {
    const keskar = schema.properties!.measures.items!.anyOf![1].properties!.keskar.properties!;
    expect(keskar.epsilon.default).toEqual([1e-3, 5e-4]);
    expect(keskar.space.default).toEqual(['full', 100]);
    for (const option of Object.values(keskar)) expect(option.description).toBeDefined();
  });
});
