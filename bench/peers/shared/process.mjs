// A peer is told by its environment what to do, says in one line that it is ready, and ends when its input is closed.
import { performance } from 'node:perf_hooks';

/** Whether jobs of one key are to be done one after another, as well as the peer can. */
export const isOrdered = process.env.PEER_ORDERED === '1';

// What peers without ordering by key use instead: a few queues, each in order, and all jobs of a key in one of them.
const SHARDS = 16;

/** The names of the queues. */
export const shards = Array.from({ length: SHARDS }, (_, i) => `shard-${i}`);

/** The queue of a key such as cus_00042. */
export const shardOf = (key) => shards[Number(key.slice(4)) % SHARDS];

/** Unix milliseconds, with fractions. */
export const now = () => performance.timeOrigin + performance.now();

/** Tells the parent that this process is ready, and ends with it. */
export function announce(line) {
  console.log(line);
  process.stdin.on('end', () => process.exit(0)).resume();
}
