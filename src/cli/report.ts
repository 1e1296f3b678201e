import path from 'node:path';
import { Command } from 'commander';
import { readResults } from '../report/readResults.js';
import { summaryTable, textTable } from '../report/table.js';

/** `basin report`: draws a study's report anew from its results. */
export function reportCommand(): Command {
  return new Command('report')
    .description("draw a study's report anew from its results.json")
    .argument('<folder>', 'folder of a study (runs/<name>) or of its report')
    .option('--out <folder>', "where the report goes (default: the study's report folder)")
    .option('--json', 'print the paths of the files as JSON instead of the table')
    .action(async (folder: string, { out, json }: { out?: string; json?: boolean }) => {
      const { results, file } = await readResults(folder);
      const { writeReport } = await import('../report/write.js');
      const written = await writeReport(results, out ?? path.dirname(file));
      if (json)
        console.log(
          JSON.stringify(
            written.map((name) => path.resolve(name)),
            null,
            2,
          ),
        );
      else {
        const page = written.find((name) => name.endsWith('index.html'))!;
        console.log(`${textTable(summaryTable(results))}\n\nReport: ${path.resolve(page)}`);
      }
    });
}
