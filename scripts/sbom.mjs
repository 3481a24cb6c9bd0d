// Prints what package-lock.json says is installed without development dependencies, as SPDX, by npm sbom: the same for the same packages, no time of the build, no random name.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

const printed = execFileSync('npm', ['sbom', '--package-lock-only', '--omit=dev', '--sbom-format=spdx'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const document = JSON.parse(printed);
const created = new Date(Number(process.env['SOURCE_DATE_EPOCH'] ?? 0) * 1000).toISOString().replace('.000Z', 'Z');
const contents = createHash('sha256').update(JSON.stringify(document.packages)).digest('hex').slice(0, 32);
document.creationInfo.created = created;
document.documentNamespace = `https://springtide.io/sbom/${document.name}-${contents}`;
process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
