import { Worker } from 'bullmq';
import pg from 'pg';
import { book } from '../shared/effects.mjs';
import { announce, isOrdered } from '../shared/process.mjs';
import { connection, names } from './queue.mjs';

const pool = new pg.Pool({ max: 16 });
await Promise.all(names.map(async (name) => {
  const worker = new Worker(name, (job) => book(pool, job.data, job.attemptsMade + 1), { connection, concurrency: isOrdered ? 1 : 50 });
  worker.on('error', console.error);
  await worker.waitUntilReady();
}));
announce('ready');
