import { describe, expect, it } from 'vitest';
import type { Engine, Feeds } from '../../src/engine/engine.js';
import { mlp } from '../../src/network/mlp.js';
import { Programs } from '../../src/objective/programs.js';

const network = mlp([2], 2, { hidden: [3], activation: 'tanh', batchNorm: false, dropout: 0 });
const running = { kind: 'running' } as const;

/** An engine whose runs end when they are told to, and that notes what happens. */
function fake() {
  const events: string[] = [];
  const ends: (() => void)[] = [];
  let failing = false;
  let compiled = 0;
  const engine: Engine = {
    name: 'fake',
    version: '',
    threads: 1,
    compile: async () => {
      if (failing) throw new Error('out of memory');
      const id = ++compiled;
      return {
        run: async (): Promise<Feeds> => {
          events.push(`run ${id}`);
          await new Promise<void>((end) => ends.push(end));
          events.push(`end ${id}`);
          return {};
        },
        release: async () => void events.push(`release ${id}`),
      };
    },
  };
  return {
    engine,
    events,
    ends,
    get compiled() {
      return compiled;
    },
    fail: (value: boolean) => void (failing = value),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('Programs', () => {
  it('compiles once for each batch size and mode, also when asked twice at the same time', async () => {
    const found = fake();
    const programs = new Programs(network, found.engine);
    const [a, b] = await Promise.all([programs.forward(4, running), programs.forward(4, running)]);
    expect(a).toBe(b);
    expect(await programs.forward(4, running)).toBe(a);
    expect(await programs.forward(5, running)).not.toBe(a);
    expect(await programs.forward(4, { kind: 'batch', chunk: 2 })).not.toBe(a);
    expect(await programs.forward(4, { kind: 'batch', chunk: 4 })).not.toBe(a);
    expect(found.compiled).toBe(4);
  });

  it('tries again after a compilation that failed', async () => {
    const found = fake();
    const programs = new Programs(network, found.engine);
    found.fail(true);
    await expect(programs.gradient(4, running)).rejects.toThrow('out of memory');
    await expect(programs.get('own', () => { throw new Error('untraceable'); })).rejects.toThrow('untraceable'); // prettier-ignore
    await programs.release();
    found.fail(false);
    await programs.gradient(4, running);
    expect(found.compiled).toBe(1);
  });

  it('frees the least recently used of more than a dozen', async () => {
    const found = fake();
    const programs = new Programs(network, found.engine);
    for (let batch = 1; batch <= 12; batch++) await programs.forward(batch, running);
    await programs.forward(1, running);
    await programs.forward(13, running);
    expect(found.events).toEqual(['release 2']);
    await programs.forward(2, running);
    expect(found.compiled).toBe(14);
    expect(found.events).toEqual(['release 2', 'release 3']);
  });

  it('waits for the end of a run before it frees, and runs one after the other', async () => {
    const found = fake();
    const programs = new Programs(network, found.engine);
    const first = await programs.forward(1, running);
    const runs = Promise.all([first.run({}), first.run({})]);
    const freed = programs.release();
    await settled();
    expect(found.events).toEqual(['run 1']);
    found.ends[0]();
    await settled();
    expect(found.events).toEqual(['run 1', 'end 1', 'run 1']);
    found.ends[1]();
    await Promise.all([runs, freed]);
    expect(found.events).toEqual(['run 1', 'end 1', 'run 1', 'end 1', 'release 1']);
  });

  it('goes on after a run that failed', async () => {
    let runs = 0;
    const engine: Engine = {
      ...fake().engine,
      compile: async () => ({
        run: async () => {
          if (runs++ === 0) throw new Error('no');
          return {};
        },
        release: async () => {},
      }),
    };
    const executable = await new Programs(network, engine).forward(1, running);
    await expect(executable.run({})).rejects.toThrow('no');
    expect(await executable.run({})).toEqual({});
  });
});
