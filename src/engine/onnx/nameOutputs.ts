import type { GraphProto } from './schema.js';

/**
 * Gives values the names of the ports that they leave by, so that nodes write into the caller's arrays:
 * otherwise each output is copied once by its own `Identity`. A copy stays where an input or a constant
 * is an output, and where one value leaves by several ports.
 */
export function nameOutputs(graph: GraphProto): GraphProto {
  const ports = new Set(graph.output.map(({ name }) => name));
  const made = new Set(graph.node.flatMap(({ output }) => output));
  const renamed = new Map<string, string>();
  const nodes = graph.node.filter(({ opType, input: [source], output: [port] }) => {
    const copy = opType === 'Identity' && ports.has(port);
    if (!copy || !made.has(source) || ports.has(source) || renamed.has(source)) return true;
    renamed.set(source, port);
    return false;
  });
  const current = (name: string) => renamed.get(name) ?? name;
  return {
    ...graph,
    node: nodes.map((node) => ({
      ...node,
      input: node.input.map(current),
      output: node.output.map(current),
    })),
  };
}
