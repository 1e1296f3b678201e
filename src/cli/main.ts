#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { InputError } from '../error.js';
import { version } from '../study/versions.js';
import { doctorCommand } from './doctor.js';
import { Interrupted } from './interrupt.js';
import { measureCommand } from './measure.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';

const program = new Command('basin')
  .description(
    'Measures how sharp the minima of small-batch and large-batch training are, and the generalization gap between them.',
  )
  .version(version)
  .option('--debug', 'print stack traces')
  .showHelpAfterError('(basin --help lists the commands)')
  .addHelpText(
    'after',
    `
Exit codes: 0 done (training that diverges is a result too), 2 a mistake in what
was given, 130 or 143 stopped by a signal, 1 anything else.`,
  );

for (const command of [runCommand(), measureCommand(), reportCommand(), doctorCommand()]) {
  program.addCommand(command);
}
const debug = process.argv.includes('--debug');
for (const command of [program, ...program.commands]) {
  command.exitOverride();
  command.configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, 'basin: ')),
  });
  if (command !== program) command.option('--debug', 'print stack traces');
}

// Whoever reads the output may stop before its end, as head does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCode(error);
}

/** 2 for a mistake in what was given, 128 + signal number after an interrupt, 1 for everything else. */
function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has printed its message
  if (debug) console.error(error);
  else console.error(`basin: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof InputError) return 2;
  if (error instanceof Interrupted) return error.exitCode;
  if (!debug)
    console.error('basin: this is not expected; run again with --debug for the stack trace');
  return 1;
}
