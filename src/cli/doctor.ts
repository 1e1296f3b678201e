import { Command } from 'commander';
import { diagnose } from '../engine/doctor.js';
import { renderDiagnosis } from '../engine/renderDiagnosis.js';

/** `basin doctor`: which engines run here, and what is missing for the others. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'list engines, versions and devices, and for each that is missing why and how to get it',
    )
    .option('--json', 'print as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const diagnosis = await diagnose();
      console.log(json ? JSON.stringify(diagnosis, null, 2) : renderDiagnosis(diagnosis));
    });
}
