// npm run test:vectors [-- FAMILY/FILE …]: the product against files of vectors, of this checkout or of $VECTORS_DIR.
import path from 'node:path';
import { messageOf } from '../../../src/model/errors.ts';
import { isGood, linesOf, sumOf } from './report.ts';
import { runDirectory } from './run.ts';

const directory = path.resolve(process.env['VECTORS_DIR'] ?? path.join('test', 'vectors'));
try {
  const reports = await runDirectory(directory, process.argv.slice(2));
  const lines = [...reports.flatMap(linesOf), sumOf(reports)];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = isGood(reports) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${directory}: ${messageOf(error)}; set VECTORS_DIR to a folder of FAMILY/FILE.json\n`);
  process.exitCode = 1;
}
