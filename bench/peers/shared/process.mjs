// A peer is told by its environment what to do, says in one line that it is ready, and ends when its input is closed.
import { performance } from 'node:perf_hooks';

/** Unix milliseconds, with fractions. */
export const now = () => performance.timeOrigin + performance.now();

/** Tells the parent that this process is ready, and ends with it. */
export function announce(line) {
  console.log(line);
  process.stdin.on('end', () => process.exit(0)).resume();
}
