// npm run dev: compiles on every change and restarts the demo; the page is built anew as well.
import { spawn } from 'node:child_process';
import path from 'node:path';

const bin = (name) => path.join('node_modules', '.bin', name);
const children = [
  spawn(bin('tsc'), ['-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'], { stdio: 'inherit' }),
  spawn(bin('vite'), ['build', '--watch', '--logLevel', 'warn'], { stdio: 'inherit' }),
  spawn(
    process.execPath,
    ['--watch', '--watch-preserve-output', 'dist/cli/main.js', 'demo', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
    },
  ),
];
const stop = () => children.forEach((child) => child.kill());
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
for (const child of children) child.on('close', stop);
