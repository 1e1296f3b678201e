import { Command, Option } from 'commander';
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
import { explainFirst } from '../study/load.js';
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

/** Options as commander has them: `true` for one without a value, a list where it may have several. */
type Given = Record<string, string | string[] | true | undefined>;

/** `basin measure`: one measure at the final weights of runs that exist. */
export function measureCommand(): Command {
  const command = new Command('measure')
    .description(
      'measure trained runs; options of the measure are given as --key value, as in a study file',
    )
    .usage('[options] <folder>')
    .argument('[folder]', 'a run folder (runs/<study>/<run>), or a study folder for all its runs')
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
    .action(async (_: unknown, { measure, samples, subsetSeed, json }: Options) => {
      const name = knownNames(measure, command.opts(), command.args);
      const folder = onlyFolder(command.args);
      const resolved = resolveMeasure(name, command.opts());
      const { measureFolder } = await import('../study/measureFolder.js');
      const progress = progressObserver();
      const measured = await measureFolder(folder, resolved, {
        samples,
        subsetSeed,
        observer: progress,
        signal: interruptSignal(),
      }).finally(() => progress.close());
      console.log(json ? JSON.stringify(measured, null, 2) : `\n${measuredTable(measured)}`);
    });
  const flags = measureNames.flatMap((name) =>
    Object.keys(measures[name].schema.shape).map((key) =>
      Object.hasOwn(measures[name].title, key)
        ? `${flag(key)} [values...]`
        : `${flag(key)} [value]`,
    ),
  );
  // The help lists them by measure.
  for (const one of new Set(flags)) command.addOption(new Option(one).hideHelp());
  return command;
}

/** The option that sets a key of a study file: `--batch-norm` for `batchNorm`. */
function flag(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function onlyFolder([folder, unexpected]: readonly string[]): string {
  if (folder === undefined) {
    throw new InputError(
      'no folder is named, expected it before the options that take a list: basin measure <folder> --measure keskar --epsilon 1e-3 5e-4.',
    );
  }
  if (unexpected === undefined) return folder;
  throw new InputError(`${unexpected}: expected one folder and one value an option, found more.`);
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

/** The measure's name, where it and all options given are known; `words` are those that no option took. */
function knownNames(name: string, given: Given, words: readonly string[]): MeasureName {
  if (!Object.hasOwn(measures, name)) {
    const hint = suggestion(name, measureNames) || `, expected one of: ${measureNames.join(', ')}.`;
    throw new InputError(`--measure: unknown measure "${name}"${hint}`);
  }
  const known = Object.keys(measures[name as MeasureName].schema.shape);
  const others = measureNames.flatMap((other) => Object.keys(measures[other].schema.shape));
  const foreign = others.find((key) => !known.includes(key) && given[key] !== undefined);
  const unknown = foreign ? flag(foreign) : words.find((word) => word.startsWith('-'));
  if (unknown !== undefined) {
    const flags = known.map(flag);
    const hint = suggestion(unknown, flags) || `, expected one of: ${flags.join(', ')}.`;
    throw new InputError(`${unknown}: unknown option of the measure ${name}${hint}`);
  }
  return name as MeasureName;
}

/** The measure with options as they were given. */
function resolveMeasure(name: MeasureName, given: Given): ResolvedMeasure[] {
  const { schema } = measures[name];
  const options: Record<string, unknown> = {};
  for (const key of Object.keys(schema.shape)) {
    const words = given[key];
    if (words === undefined) continue;
    if (words === true) throw new InputError(`${flag(key)}: expected a value.`);
    const values = [words].flat().map((word) => value(flag(key), word));
    options[key] = values.length === 1 ? values[0] : values;
  }
  const checked = schema.safeParse(options);
  if (!checked.success) {
    const { path, text } = explainFirst(checked.error, options);
    throw new InputError(`${flag(String(path[0]))}: ${text}`);
  }
  return expandMeasure(name, options);
}

/** A word as a study file would have it. */
function value(option: string, word: string): unknown {
  try {
    return parse(word);
  } catch {
    throw new InputError(`${option}: expected a value as in a study file, found "${word}".`);
  }
}

function measureHelp(): string {
  const lines = measureNames.flatMap((name) => {
    const shape: Record<string, ZodType> = measures[name].schema.shape;
    const options = Object.entries(shape).map(([key, schema]) => {
      const byDefault = [schema.parse(undefined)].flat().join(' ');
      const shown = byDefault === '' ? '' : ` Default: ${byDefault}.`;
      return `    ${flag(key).padEnd(16)} ${schema.description ?? ''}${shown}`;
    });
    return [`  ${name}:`, ...options];
  });
  const example =
    'Example: basin measure runs/quickstart --measure keskar --epsilon 1e-3 5e-4 --space full';
  const kept =
    "Results go to the run's folder and to the terminal; reports show what the study file lists.";
  return ['Options of the measures:', ...lines, '', kept, '', example].join('\n');
}
