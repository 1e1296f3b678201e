import { sameShape } from '../../program/program.js';
import { attributeType, type GraphProto, type NodeProto } from './schema.js';

/**
 * Adds what follows a matrix product inside the product: `Add(Gemm(A, B), C)` becomes
 * `Gemm(A, B, C)` where nothing else reads the product, which saves a pass over it. Products that are
 * summed become a chain.
 */
export function fuseGemm(graph: GraphProto, shapes: ReadonlyMap<string, number[]>): GraphProto {
  const readers = new Map<string, number>();
  for (const { input } of graph.node)
    for (const name of input) readers.set(name, (readers.get(name) ?? 0) + 1);

  const producer = new Map<string, NodeProto>();
  const position = new Map<NodeProto, number>();
  graph.node.forEach((node, i) => {
    position.set(node, i);
    node.output.forEach((name) => producer.set(name, node));
  });
  const removed = new Set<NodeProto>();
  const open = (name: string, sum: string): NodeProto | undefined => {
    const node = producer.get(name);
    if (node?.opType !== 'Gemm' || node.input.length !== 2 || readers.get(name) !== 1)
      return undefined;
    const [own, wanted] = [shapes.get(name), shapes.get(sum)];
    return own && wanted && sameShape(own, wanted) ? node : undefined;
  };

  const nodes = graph.node.map((node) => {
    if (node.opType !== 'Add') return node;
    // The later product takes the earlier operand: then that is there when it runs.
    const candidates = [0, 1].filter((i) => open(node.input[i], node.output[0]));
    if (candidates.length === 0 || node.input[0] === node.input[1]) return node;
    const made = (i: number) => position.get(producer.get(node.input[i])!) ?? -1;
    const chosen = candidates.reduce((a, b) => (made(b) > made(a) ? b : a));
    const gemm = open(node.input[chosen], node.output[0])!;
    removed.add(gemm);
    const fused: NodeProto = {
      ...gemm,
      input: [...gemm.input, node.input[1 - chosen]],
      output: node.output,
      attribute: [...gemm.attribute, { name: 'beta', type: attributeType.float, f: 1 }],
    };
    producer.set(node.output[0], fused);
    position.set(fused, position.get(node)!);
    return fused;
  });
  return { ...graph, node: nodes.filter((node) => !removed.has(node)) };
}
