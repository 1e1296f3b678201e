import path from 'node:path';
import { Command } from 'commander';
import { summaryTable, textTable } from '../report/table.js';
import { interruptSignal } from './interrupt.js';
import { samplesOption, threadsOption } from './options.js';
import { progressObserver } from './progress.js';

interface Options {
  samples?: 'all' | number;
  runs: string;
  threads?: number;
  json?: boolean;
}

/** `basin run`: train, measure, report; what is there already is not done again. */
export function runCommand(): Command {
  return new Command('run')
    .description(
      'train the models of a study, measure them and write the report; goes on where it was stopped',
    )
    .argument('<study>', 'study file (YAML)')
    .option(
      '--samples <n>',
      'training samples to measure on: a number or "all" (default: as the study says)',
      samplesOption,
    )
    .option('--runs <folder>', 'folder that holds a folder for each study', 'runs')
    .option('--threads <n>', 'threads of the engine (default: physical cores)', threadsOption)
    .option('--json', 'print the results as JSON instead of the table')
    .action(async (file: string, { samples, runs, threads, json }: Options) => {
      // What computes and what draws is loaded when its turn comes: help and mistakes are quick.
      const { runStudy } = await import('../study/runStudy.js');
      const progress = progressObserver();
      const { results, folder } = await runStudy(file, progress, {
        root: runs,
        samples,
        threads,
        argv: process.argv.slice(2),
        signal: interruptSignal(),
      }).finally(() => progress.close());
      const { writeReport } = await import('../report/write.js');
      const written = await writeReport(results, path.join(folder, 'report'));
      const page = path.resolve(written.find((name) => name.endsWith('index.html'))!);
      if (json) console.log(JSON.stringify({ ...results, report: page }, null, 2));
      else console.log(`\n${textTable(summaryTable(results))}\n\nReport: ${page}`);
    });
}
