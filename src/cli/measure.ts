import { Command } from 'commander';
import { parse } from 'yaml';
import type { ZodType } from 'zod';
import { InputError, suggestion } from '../error.js';
import {
  expandMeasure,
  type MeasureName,
  measureNames,
  measures,
  type ResolvedMeasure,
} from '../study/measures.js';
import { measuredOn } from '../report/caption.js';
import { NOT_CONVERGED, NOT_CONVERGED_NOTE } from '../report/table.js';
import type { MeasureResult } from '../study/results.js';
import { interruptSignal } from './interrupt.js';
import { samplesOption, subsetSeedOption } from './options.js';
import { progressObserver } from './progress.js';

interface Options {
  measure: string;
  samples: 'all' | number;
  subsetSeed: number;
  json?: boolean;
}

/** `basin measure`: one measure at the final weights of runs that exist. */
export function measureCommand(): Command {
  return new Command('measure')
    .description(
      'measure trained runs; options of the measure are given as --key value, as in a study file',
    )
    .argument('<folder>', 'a run folder (runs/<study>/<run>), or a study folder for all its runs')
    .requiredOption('--measure <name>', `what to measure: ${measureNames.join(', ')}`)
    .option(
      '--samples <n>',
      'training samples to measure on: a number (a seeded subset) or "all"',
      samplesOption,
      'all',
    )
    .option('--subset-seed <n>', 'seed of the subset', subsetSeedOption, 1)
    .option('--json', 'print the results as JSON')
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', `\n${measureHelp()}`)
    .action(
      async (folder: string, { measure, samples, subsetSeed, json }: Options, command: Command) => {
        const resolved = resolveMeasure(measure, command.args.slice(1));
        const { measureFolder } = await import('../study/measureFolder.js');
        const progress = progressObserver();
        const measured = await measureFolder(folder, resolved, {
          samples,
          subsetSeed,
          observer: progress,
          signal: interruptSignal(),
        }).finally(() => progress.close());
        console.log(json ? JSON.stringify(measured, null, 2) : `\n${measuredTable(measured)}`);
      },
    );
}

/** A line a number, what there is to say about it below, and last what all were measured on. */
function measuredTable(measured: { run: string; result: MeasureResult }[]): string {
  const rows = measured.map(({ run, result: { label, value, converged } }) => [
    run,
    label,
    value.toPrecision(6) + (converged ? '' : NOT_CONVERGED),
  ]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column].length));
  const [first, second] = [width(0), width(1)];
  const lines = rows.flatMap(([run, label, value], i) => {
    const { note } = measured[i].result;
    const line = `${run.padEnd(first)}   ${label.padEnd(second)}   ${value}`;
    return note ? [line, `   ${note}`] : [line];
  });
  const samples = [...new Set(measured.map(({ result }) => `Measured on ${measuredOn(result)}.`))];
  const failed = measured.some(({ result }) => !result.converged);
  return [...lines, ...(failed ? [NOT_CONVERGED_NOTE] : []), ...samples].join('\n');
}

/** The measure with options from words such as `--epsilon 1e-3 5e-4 --batch-norm batch`. */
function resolveMeasure(name: string, words: string[]): ResolvedMeasure[] {
  if (!Object.hasOwn(measures, name)) {
    const hint = suggestion(name, measureNames) || `, expected one of: ${measureNames.join(', ')}.`;
    throw new InputError(`--measure: unknown measure "${name}"${hint}`);
  }
  const known = Object.keys(measures[name as MeasureName].schema.shape);
  const options: Record<string, unknown> = {};
  for (let i = 0; i < words.length;) {
    const key = words[i]
      .replace(/^--/, '')
      .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (key === 'debug') {
      i++;
      continue;
    }
    if (!words[i].startsWith('--') || !known.includes(key)) {
      const hint = suggestion(key, known) || `, expected one of: ${known.join(', ')}.`;
      throw new InputError(`${words[i]}: unknown option of the measure ${name}${hint}`);
    }
    const values: unknown[] = [];
    for (i++; i < words.length && !words[i].startsWith('--'); i++) values.push(parse(words[i]));
    if (values.length === 0) throw new InputError(`--${key}: expected a value.`);
    options[key] = values.length === 1 ? values[0] : values;
  }
  const checked = measures[name as MeasureName].schema.safeParse(options);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new InputError(`--${issue.path.join('.')}: ${issue.message}.`);
  }
  return expandMeasure(name as MeasureName, options);
}

function measureHelp(): string {
  const lines = measureNames.flatMap((name) => {
    const shape: Record<string, ZodType> = measures[name].schema.shape;
    const options = Object.entries(shape).map(([key, schema]) => {
      const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      const byDefault = [schema.parse(undefined)].flat().join(' ');
      const shown = byDefault === '' ? '' : ` Default: ${byDefault}.`;
      return `    ${flag.padEnd(16)} ${schema.description ?? ''}${shown}`;
    });
    return [`  ${name}:`, ...options];
  });
  const example =
    'Example: basin measure runs/quickstart --measure keskar --epsilon 1e-3 5e-4 --space full';
  return ['Options of the measures:', ...lines, '', example].join('\n');
}
